"""`python -m console` and the command `repay`."""

import sys

from console.cli.main import main as run


def main() -> None:
    """Run the program and end with its exit code."""
    sys.exit(run())


if __name__ == "__main__":
    main()
