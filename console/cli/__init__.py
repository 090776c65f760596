"""The command line: one file per noun, imported when it is used. stdout is data, stderr is talk."""
