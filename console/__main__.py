"""`python -m console` and the command `repay`."""

import sys


def main() -> None:
    """Run the program and end with its exit code; an interruption while it loads is one, too."""
    try:
        from console.cli.main import main as run

        code = run()
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)


if __name__ == "__main__":
    main()
