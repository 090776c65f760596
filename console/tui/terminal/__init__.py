"""Everything between the application and the terminal: what may be written, and how little of it.

`environment` must be used before Textual is imported; this package imports nothing by itself.
"""
