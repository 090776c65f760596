"""Kinds of change of maintenance windows."""
