"""Gateways held to their contract: indicators, error budget, the SLA ledger, breaker and reserve."""
