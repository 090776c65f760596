"""Gateways held to their SLA: indicators, blame, budget, ledger and weights. Pure; reads nothing itself."""
