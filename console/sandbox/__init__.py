"""The simulated third parties and borrowers: a process of its own, reached only over HTTP.

Gateways with their own ledgers, every misbehaviour that real ones show, and people who pay. Knows the
contract and the gateways' wire protocol, nothing else of the service.
"""
