"""Sockets and records are kept where nobody else can reach."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from console.contract.places import (
    InUseError,
    Lock,
    PlaceError,
    private_directory,
    read_private,
    runtime_dir,
    socket_path,
    state_dir,
    write_private,
)


def test_the_environment_decides_nearest_first() -> None:
    assert runtime_dir({"REPAY_RUNTIME_DIR": "/a", "XDG_RUNTIME_DIR": "/b"}) == Path("/a")
    assert runtime_dir({"XDG_RUNTIME_DIR": "/b"}) == Path("/b/repay")
    assert runtime_dir({}) == Path(f"/tmp/repay-{os.getuid()}")
    assert state_dir({"REPAY_STATE_DIR": "/a", "XDG_STATE_HOME": "/b", "HOME": "/h"}) == Path("/a")
    assert state_dir({"XDG_STATE_HOME": "/b", "HOME": "/h"}) == Path("/b/repay/sandbox")
    assert state_dir({"HOME": "/h"}) == Path("/h/.local/state/repay/sandbox")


def test_a_directory_is_made_private(tmp_path: Path) -> None:
    made = private_directory(tmp_path / "a" / "b")
    assert stat.S_IMODE(made.stat().st_mode) == 0o700
    assert private_directory(made) == made


def test_a_directory_open_to_others_is_refused_with_the_remedy(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)
    with pytest.raises(PlaceError, match="chmod 700"):
        private_directory(tmp_path)


def test_a_link_or_a_file_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (tmp_path / "file").write_text("")
    for name in ("link", "file", "file/below"):
        with pytest.raises(PlaceError):
            private_directory(tmp_path / name)


def test_another_owner_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: tmp_path.stat().st_uid + 1)
    with pytest.raises(PlaceError, match="another user"):
        private_directory(tmp_path)
    (tmp_path / "secret").write_text("")
    with pytest.raises(PlaceError, match="another user"):
        read_private(tmp_path / "secret")


def test_a_private_file_is_written_whole_and_read_back(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    assert read_private(path) is None
    write_private(path, b"one")
    write_private(path, b"two")
    assert read_private(path) == b"two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]
    path.chmod(0o644)
    with pytest.raises(PlaceError, match="chmod 600"):
        read_private(path)


def test_a_failed_write_leaves_the_old_file_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "secret"
    write_private(path, b"one")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_private(path, b"two")
    assert read_private(path) == b"one"
    assert list(tmp_path.iterdir()) == [path]


def test_a_socket_path_that_is_too_long_is_refused(tmp_path: Path) -> None:
    assert socket_path(Path("/run"), "x.sock") == Path("/run/x.sock")
    with pytest.raises(PlaceError, match="REPAY_RUNTIME_DIR"):
        socket_path(Path("/" + "x" * 120), "x.sock")


def test_a_lock_has_one_holder_and_names_it(tmp_path: Path) -> None:
    lock = Lock(tmp_path / "lock")
    with pytest.raises(InUseError, match=f"held by process {os.getpid()}"):
        Lock(tmp_path / "lock")
    lock.release()
    Lock(tmp_path / "lock").release()


def test_a_lock_ends_with_its_process(tmp_path: Path) -> None:
    program = (
        "import os, sys, pathlib; from console.contract.places import Lock;"
        "Lock(pathlib.Path(sys.argv[1])); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "lock")], check=False)
    Lock(tmp_path / "lock").release()
