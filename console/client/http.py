"""httpx, imported without its own command line.

`import httpx` pulls in click, rich and pygments for `python -m httpx`, which doubles the time a command
takes to start (86 ms against 39 ms). An entry of None makes that import fail, which httpx allows for.
"""

import sys

if "httpx" not in sys.modules:
    sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]

import httpx

__all__ = ["httpx"]
