"""What can go wrong with the store itself, each with what to do.

StoreError
├── StoreLocked       another process holds the SQLite file
├── SchemaNewer       the database was made by a newer program
├── StoreFull         the disk (or the quota) is full; nothing of the job was written
├── StoreUnreachable  the database server does not answer; nothing of the job was written
├── CommitUnknown     the connection broke while the commit was on its way: it may have been written
└── StoreClosed       the store was closed before the job ran

An error of a job itself (a guard, a unique key, its own exception) is raised as it is.
"""


class StoreError(Exception):
    """The store cannot do its work; `advice` says what to do."""

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice

    def __str__(self) -> str:
        return f"{self.message}; {self.advice}" if self.advice else self.message


class StoreLocked(StoreError):
    """Another process holds the SQLite file."""


class SchemaNewer(StoreError):
    """The database was made by a newer program."""


class StoreFull(StoreError):
    """There is no room; nothing of the job was written, it can be tried again when there is."""


class StoreUnreachable(StoreError):
    """The database server does not answer; nothing of the job was written."""


class CommitUnknown(StoreError):
    """The connection broke while the commit was on its way: the job may have been written or not.

    The caller looks at the database before it acts again, as with an order whose answer was lost.
    """


class StoreClosed(StoreError):
    """The store was closed before the job ran."""
