"""Kinds of change of the pipeline."""
