"""Personal data: shown to few, one value at a time; found by hash; kept as long as it must be."""
