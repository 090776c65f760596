"""Kinds of change of gateways."""
