"""On-call console for a consumer-loan repayment platform, and the service behind it."""

__version__ = "0.1.0"
