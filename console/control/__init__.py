"""The service's face: API, sign-in, board stream, configuration, and the life of its processes.

It reads and writes through `console.store` and `console.repayment`; it holds no SQL and decides nothing
about money.
"""
