"""The changes that write the incident log."""
