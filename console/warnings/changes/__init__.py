"""Kinds of change about warnings."""
