"""Reconciliation: a gateway's own list of a day against our books."""
