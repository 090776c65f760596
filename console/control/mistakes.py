"""What a person who starts a service can put right; each message says how.

ConfigError   the configuration file is wrong
ListenError   the address or socket cannot be used
"""


class ConfigError(Exception):
    """The file cannot be used; one line per complaint."""


class ListenError(Exception):
    """The address cannot be used; the message says what to do."""
