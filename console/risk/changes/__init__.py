"""Kinds of change of strategies."""
