"""Importing the console cleans the environment of what drives Textual; the snapshot plugin, whose
controlling process tells the others through it where their reports go, gets its own back."""

import os

_DIRECTORY = os.environ.get("TEXTUAL_SNAPSHOT_TEMPDIR")

import console.tui  # noqa: E402, F401 - for what its import does

if _DIRECTORY is not None:
    os.environ["TEXTUAL_SNAPSHOT_TEMPDIR"] = _DIRECTORY
