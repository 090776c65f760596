"""The detector of the early warning under the Numenta Anomaly Benchmark's published rules."""
