"""Replay: repayments that failed or are in doubt, brought to an outcome by a job that survives a kill."""
