"""A file of repayments, read in constant memory: lines, rows, ids seen before, and the journal."""
