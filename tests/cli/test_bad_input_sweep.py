"""Bad input and broken surroundings, given to the real program: named in a line, in time, nothing lost."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from console.contract.clock import SystemClock
from console.store.database import Store
from tests.cli.conftest import Places, end_service

START_SECONDS = 3.0
"""What a busy machine may take to start the program itself."""


@dataclass(frozen=True)
class Ended:
    """How the program ended."""

    code: int
    out: str
    err: str
    seconds: float

    @property
    def line(self) -> str:
        """The one line it said."""
        lines = self.err.splitlines()
        assert len(lines) == 1, self.err
        return lines[0]


def repay(*words: str | Path, **settings: str) -> Ended:
    """Run the program."""
    begun = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "console", *map(str, words)],
        env={**os.environ, **settings}, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
        check=False,
    )  # fmt: skip
    return Ended(done.returncode, done.stdout, done.stderr, time.monotonic() - begun)


def profile(home: Path, name: str, text: str) -> None:
    """Write a profile."""
    directory = home / "config" / "repay" / "profiles"
    directory.mkdir(parents=True, exist_ok=True)
    (directory / f"{name}.toml").write_text(f'environment = "staging"\n[control]\n{text}\n')


def silent(peer: socket.socket) -> None:
    """Say nothing."""
    with suppress(OSError):
        while peer.recv(4096):
            pass


def trickling(peer: socket.socket) -> None:
    """Say a little, forever."""
    with suppress(OSError):
        peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{")
        while True:
            peer.sendall(b" ")
            time.sleep(0.05)


def another_protocol(peer: socket.socket) -> None:
    """Be something else."""
    with suppress(OSError):
        peer.sendall(b"SSH-2.0-OpenSSH_9.6\r\n\x1b]0;owned\x07")


def hanging_up(peer: socket.socket) -> None:
    """Be gone."""


def another_service(peer: socket.socket) -> None:
    """Be a web server of somebody else."""
    with suppress(OSError):
        peer.recv(4096)
        body = b"<html><title>\x1b]0;owned\x07Welcome</title></html>"
        peer.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(body) + body
        )


@contextmanager
def listening(behave: Callable[[socket.socket], None]) -> Iterator[int]:
    """Listen on a port and behave."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:

        def accept() -> None:
            with suppress(OSError):
                while True:
                    peer, _ = server.accept()
                    threading.Thread(target=serve, args=(peer,), daemon=True).start()

        def serve(peer: socket.socket) -> None:
            with peer:
                behave(peer)

        threading.Thread(target=accept, daemon=True).start()
        yield int(server.getsockname()[1])
        server.shutdown(socket.SHUT_RDWR)


@contextmanager
def full_backlog() -> Iterator[int]:
    """A port that does not even accept, as behind a firewall that drops."""
    with socket.socket() as server, ExitStack() as stack:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(server.getsockname())
        yield int(server.getsockname()[1])


VERBS: Final[tuple[list[str], ...]] = (
    ["status"],
    ["repayment", "list"],
    ["queue", "show", "failed"],
    ["repayment", "show", "x"],
    [],
)


@pytest.mark.parametrize("behave", [silent, trickling, another_protocol, hanging_up])
def test_a_service_that_is_none_is_said_within_the_deadline(
    home: Path, behave: Callable[[socket.socket], None]
) -> None:
    with listening(behave) as port:
        profile(home, "odd", f'url = "http://127.0.0.1:{port}"')
        for verb in VERBS:
            ran = repay("--profile", "odd", "--timeout", "1", *verb)
            assert (ran.code, ran.out) == (7, ""), (verb, ran)
            assert ran.line.isprintable()
            assert ran.seconds < 1 + START_SECONDS, verb


def test_a_web_server_of_somebody_else_is_said_in_a_line(home: Path) -> None:
    with listening(another_service) as port:
        profile(home, "odd", f'url = "http://127.0.0.1:{port}"')
        ran = repay("--profile", "odd", "--timeout", "1", "status")
    assert (ran.code, ran.out) == (1, "")
    assert "is not what this version understands" in ran.line
    assert ran.line.isprintable()


def test_a_service_behind_a_wall_is_said_within_the_deadline(home: Path) -> None:
    with full_backlog() as port:
        profile(home, "wall", f'url = "http://127.0.0.1:{port}"')
        ran = repay("--profile", "wall", "--timeout", "1", "status")
        assert (ran.code, ran.out) == (7, "")
        assert ran.seconds < 1 + START_SECONDS


def test_a_dead_socket_is_said(home: Path) -> None:
    path = home / "dead.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    profile(home, "dead", f'url = "unix://{path}"')
    ran = repay("--profile", "dead", "--timeout", "1", "status")
    assert (ran.code, "cannot be reached" in ran.line) == (7, True)


def test_a_token_that_others_can_read_is_refused_before_anything_is_sent(home: Path) -> None:
    token = home / "token"
    token.write_text("a-token-of-some-length")
    token.chmod(0o644)
    with listening(silent) as port:
        profile(home, "leak", f'url = "http://127.0.0.1:{port}"\ntoken = {{ file = "{token}" }}')
        ran = repay("--profile", "leak", "status")
    assert ran.code == 2
    assert f"chmod 600 {token}" in ran.line


def not_a_database(state: Path) -> str:
    (state / "control.db").write_bytes(b"this is a letter to my aunt\n" * 500)
    return "control.db"


def a_directory(state: Path) -> str:
    (state / "control.db").mkdir()
    return "control.db"


def of_a_newer_program(state: Path) -> str:
    from sqlalchemy import text

    path = state / "control.db"
    with Store.open(f"sqlite:///{path}", clock=SystemClock()) as store:
        store.write_now(
            lambda c: c.execute(text("UPDATE alembic_version SET version_num = '9999_future'")) and None
        )
    return "newer"


def broken_keys(state: Path) -> str:
    path = state / "keys.json"
    path.touch(0o600)
    path.write_text("{")
    return "keys.json"


@pytest.mark.parametrize("breaking", [not_a_database, a_directory, of_a_newer_program, broken_keys])
def test_a_state_that_cannot_be_used_is_named_and_left_as_it_is(
    home: Path, breaking: Callable[[Path], str]
) -> None:
    state = Path(os.environ["REPAY_STATE_DIR"])
    state.mkdir(mode=0o700)
    says = breaking(state)
    before = {
        path: path.read_bytes()
        for path in state.rglob("*")
        if path.is_file() and path.suffix in (".db", ".json")
    }
    ran = repay("status")
    assert ran.code in (1, 2, 7), ran
    assert says in ran.err, ran
    assert ran.seconds < 8, ran
    assert {path: path.read_bytes() for path in before} == before


@pytest.mark.skipif(os.getuid() != 0, reason="mounting needs root")
def test_a_full_disk_is_named_and_all_that_was_acknowledged_is_there_afterwards(tmp_path: Path) -> None:
    """The embedded service on a small disk that fills up while a file is imported."""
    state = Path(os.environ["REPAY_STATE_DIR"])
    state.mkdir(mode=0o700)
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96m,mode=0700", "tmpfs", state], check=False)
    if done.returncode:
        pytest.skip("this machine does not let us mount")
    settings = {"REPAY_PAST": "0", "REPAY_SANDBOX_OPTIONS": "--no-borrowers --instant", "REPAY_LINGER": "60"}
    try:
        assert repay("status", **settings).code == 0
        ballast = state / "ballast"
        file = tmp_path / "many.csv"
        _write_rows(file, 5_000)
        with ballast.open("wb", buffering=0) as out, suppress(OSError):
            while out.write(b"x" * 4096):
                pass
        ran = repay("repayment", "import", file, "--timeout", "5", **settings)
        assert ran.code not in (0, 8), ran
        assert "full" in ran.err or "space" in ran.err, ran
        ballast.unlink()
        again = repay("repayment", "import", file, "--json", **settings)
        assert again.code == 0, again
        listed = repay("repayment", "list", "product:full_disk", "--limit", "1", **settings)
        assert "1 of 5,000 shown" in listed.err
    finally:
        with suppress(Exception):
            end_service(Places(Path(os.environ["REPAY_RUNTIME_DIR"]), state))
        subprocess.run(["umount", "-l", state], check=True)


def _write_rows(file: Path, count: int) -> None:
    header = "external_id,borrower,name,mobile,id_number,card,amount_fen,product,instalment,due_on"
    rows = (
        f"f-{n},b-{n % 99},王小明,13800000000,990000199001010010,6225750000001496,{100 + n},"
        f"full_disk,i-{n},2026-11-30"
        for n in range(count)
    )
    file.write_text("\n".join((header, *rows)) + "\n")


def test_a_line_of_two_gigabytes_is_reported_in_little_memory(home: Path) -> None:
    header = "external_id,borrower,name,mobile,id_number,card,amount_fen,product,instalment,due_on"
    sound = "g-1,b,王小明,13800000000,990000199001010010,6225750000001496,100,x,i-1,2026-11-30"
    stream = (
        f"import sys; w = sys.stdout.buffer.write; w(('%s\\n%s\\n' % ({header!r}, {sound!r})).encode())\n"
        "block = b'a' * (1 << 20)\n"
        "for _ in range(2048): w(block)\n"
        f"w(b'\\n' + {sound.replace('g-1', 'g-2')!r}.encode() + b'\\n')\n"
    )
    limit = "import resource, sys; resource.setrlimit(resource.RLIMIT_AS, (600 << 20,) * 2); "
    program = limit + "from console.__main__ import main; sys.exit(main())"
    source = subprocess.Popen([sys.executable, "-c", stream], stdout=subprocess.PIPE)
    done = subprocess.run(
        [sys.executable, "-c", program, "repayment", "import", "-", "--dry-run"],
        stdin=source.stdout, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert source.stdout is not None
    source.stdout.close()
    assert source.wait(30) == 0
    assert done.returncode == 8, done.stderr
    assert done.stdout.startswith("stdin:3: the line is longer than")
    assert "2 accepted, 0 repeated, 1 rejected" in done.stdout
