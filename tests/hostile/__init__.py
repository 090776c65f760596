"""Hostile text, and everything it is sent through."""
