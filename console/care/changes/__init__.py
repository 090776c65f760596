"""The kinds of change of care."""
