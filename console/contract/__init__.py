"""What crosses the wire, and the words both sides share.

The lowest layer: imports nothing of this project. Modules that the `profile` verbs and `--help` need
(`text`, `money`, `clock`, `filter`, `language`) import no third-party package at module level.
"""
