"""The console behind a real OpenSSH server, as the forced command of a key: nothing else is reached."""

from __future__ import annotations

import getpass
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.api.processes import wait_for
from tests.cli.conftest import Places, end_service
from tests.terminal.pty import ProgramInTerminal

if TYPE_CHECKING:
    from collections.abc import Iterator

SEARCHED = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
PROGRAMS = {name: shutil.which(name, path=SEARCHED) for name in ("sshd", "ssh", "ssh-keygen", "ssh-agent")}
MISSING = [name for name, path in PROGRAMS.items() if path is None]

pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"OpenSSH is not installed here: {', '.join(MISSING)}")

OPTIONS = 'restrict,pty,command="repay"'
"""What stands before an engineer's key in `authorized_keys`."""

PRIVILEGE_SEPARATION = Path("/run/sshd")


def program(name: str) -> str:
    path = PROGRAMS[name]
    assert path is not None
    return path


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def reachable(port: int) -> bool:
    with suppress(OSError):
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    return False


@dataclass
class Bastion:
    """A running OpenSSH server with one engineer's key."""

    directory: Path
    port: int
    places: Places

    def ssh(self, *words: str) -> list[str]:
        """Return the command of an ssh client with that key, whatever is configured here."""
        return [
            program("ssh"), "-F", "none", "-i", str(self.directory / "key"), "-p", str(self.port),
            "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=accept-new",
            "-o", f"UserKnownHostsFile={self.directory / 'known'}", *words,
        ]  # fmt: skip

    @property
    def host(self) -> str:
        """Who signs in where."""
        return f"{getpass.getuser()}@127.0.0.1"

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run ssh without a terminal and wait for its end."""
        return subprocess.run(
            self.ssh(*words), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
            check=False,
        )  # fmt: skip

    @property
    def log(self) -> str:
        """What the server has written down."""
        return (self.directory / "log").read_text(errors="replace")


@pytest.fixture(scope="module")
def bastion() -> Iterator[Bastion]:
    with tempfile.TemporaryDirectory(prefix="rp-") as short:
        directory = Path(short)
        for name in ("host", "key"):
            subprocess.run(
                [program("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-f", str(directory / name)],
                check=True,
            )  # fmt: skip
        key = (directory / "key.pub").read_text()
        (directory / "authorized").write_text(f"{OPTIONS} {key}")
        found = Bastion(directory, free_port(), Places(directory / "r", directory / "s"))
        environment = {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(directory / "home"),
            "XDG_CONFIG_HOME": str(directory / "config"),
            "REPAY_RUNTIME_DIR": str(found.places.runtime),
            "REPAY_STATE_DIR": str(found.places.state),
            "REPAY_PAST": "0",
            "REPAY_SANDBOX_OPTIONS": "--instant",
        }
        (directory / "config.sshd").write_text(
            f"""
            ListenAddress 127.0.0.1:{found.port}
            HostKey {directory / "host"}
            AuthorizedKeysFile {directory / "authorized"}
            PidFile none
            StrictModes no
            UsePAM no
            PasswordAuthentication no
            KbdInteractiveAuthentication no
            PermitRootLogin forced-commands-only
            Subsystem sftp internal-sftp
            LogLevel DEBUG
            SetEnv {" ".join(f"{name}={value}" for name, value in environment.items())}
            """
        )
        (directory / "home").mkdir()
        with separated():
            server = subprocess.Popen(
                [program("sshd"), "-D", "-f", str(directory / "config.sshd"), "-E", str(directory / "log")],
                stdin=subprocess.DEVNULL,
            )  # fmt: skip
            try:
                wait_for(lambda: reachable(found.port), "the server's port")
                yield found
            finally:
                server.terminate()
                server.wait(20)
                with suppress(FileNotFoundError):
                    end_service(found.places)


@contextmanager
def separated() -> Iterator[None]:
    """Give the directory that a server of root's needs, and remove it again if it was missing."""
    made = os.getuid() == 0 and not PRIVILEGE_SEPARATION.exists()
    if made:
        PRIVILEGE_SEPARATION.mkdir(mode=0o755)
    try:
        yield
    finally:
        if made:
            with suppress(OSError):
                PRIVILEGE_SEPARATION.rmdir()


def test_the_console_opens_over_ssh_and_ends_with_the_session(bastion: Bastion) -> None:
    with ProgramInTerminal(bastion.ssh("-tt", bastion.host), columns=100, lines=30) as one:
        one.wait_for("LIVE", 40)
        assert "SANDBOX" in one.text
        one.press("2")
        one.wait_for("dispatch")
        one.press("q")
        assert one.wait_exit(20) == 0


def test_a_command_that_is_asked_for_is_not_run(bastion: Bastion, tmp_path: Path) -> None:
    touched = tmp_path / "touched"
    for words in (("touch", str(touched)), ("bash", "-c", f"touch {touched}"), (f"; touch {touched}",)):
        ran = bastion.run(bastion.host, *words)
        assert ran.returncode == 0, ran.stderr
        assert ran.stdout.startswith("SANDBOX  ")
    with ProgramInTerminal(bastion.ssh("-tt", bastion.host, "bash", "-i"), columns=100, lines=30) as one:
        one.wait_for("LIVE", 40)
        one.send(f"touch {touched}\r\x1bq")
        one.hang_up()
        one.wait_exit(60)
    assert not touched.exists()


def test_files_are_not_transferred(bastion: Bastion) -> None:
    ran = bastion.run("-s", bastion.host, "sftp")
    assert ran.stdout.startswith("SANDBOX  ")


def test_no_port_is_forwarded_either_way(bastion: Bastion) -> None:
    heard: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as target:

        def accept() -> None:
            with suppress(OSError):
                heard.append(target.accept()[0])

        listener = threading.Thread(target=accept, daemon=True)
        listener.start()
        wanted, port = target.getsockname()[1], free_port()
        client = subprocess.Popen(
            bastion.ssh("-N", "-L", f"127.0.0.1:{port}:127.0.0.1:{wanted}", bastion.host),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            wait_for(lambda: reachable(port), "the client's end of the forwarding")
            through = socket.create_connection(("127.0.0.1", port), timeout=20)
            with through, suppress(ConnectionResetError):
                assert through.recv(1) == b""
        finally:
            client.kill()
            _, said = client.communicate(timeout=20)
        assert "administratively prohibited" in said
        assert heard == []
    back = bastion.run(
        "-N", "-o", "ExitOnForwardFailure=yes", "-R", f"{free_port()}:127.0.0.1:9", bastion.host
    )
    assert back.returncode == 255
    assert "remote port forwarding failed" in back.stderr


def test_the_agent_stays_at_home(bastion: Bastion) -> None:
    path = bastion.directory / "agent"
    agent = subprocess.Popen(
        [program("ssh-agent"), "-D", "-a", str(path)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_for(path.exists, "the agent's socket")
        ran = subprocess.run(
            bastion.ssh("-A", bastion.host), stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=60, check=False, env=os.environ | {"SSH_AUTH_SOCK": str(path)},
        )  # fmt: skip
        assert ran.stdout.startswith("SANDBOX  ")
    finally:
        agent.send_signal(signal.SIGTERM)
        agent.wait(20)
    assert "agent forwarding disabled" in bastion.log
    assert "SSH_AUTH_SOCK" not in bastion.log
