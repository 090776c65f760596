"""The seeded simulator: the real pipeline under a simulated clock, network, gateways and crashes."""
