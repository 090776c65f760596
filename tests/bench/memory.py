"""The most memory that a process has had for itself.

Not `ru_maxrss`: that starts from what the process which spawned it held at the time, so that a small worker
of a large bench reports the bench.
"""

from __future__ import annotations

from pathlib import Path


def peak_mib() -> float:
    """Return the most that this process has had resident since its program began, mapped pages included."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise OSError("this system does not tell the peak of a process")
