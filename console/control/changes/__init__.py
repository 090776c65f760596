"""Kinds of change of the desk itself and of the service as a whole."""
