"""The incident log: what happened, what was done about it, and the handover."""
