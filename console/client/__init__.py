"""The one way from a front to the service: deadlines, retries, the stream, typed errors."""
