"""Where a secret is, as a configuration names it: never the secret itself."""

import os
from pathlib import Path

from pydantic import Field, model_validator

from console.contract.wire import StrictWire


class SecretError(Exception):
    """A secret cannot be read; the message says which and what to do."""


class SecretSource(StrictWire):
    """Where a secret is: an environment variable, or a file that only its owner can read."""

    env: str | None = Field(default=None, min_length=1)
    file: str | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _exactly_one(self) -> "SecretSource":
        if (self.env is None) == (self.file is None):
            raise ValueError('write either { env = "NAME" } or { file = "path" }')
        return self

    def read(self) -> bytes:
        """Return the secret. Raises SecretError."""
        if self.env is not None:
            value = os.environ.get(self.env, "")
            if not value:
                raise SecretError(f"the environment variable {self.env} is not set; set it to the secret")
            return value.encode()
        path = Path(self.file or "")
        try:
            mode = path.stat().st_mode
            content = path.read_bytes().strip()
        except OSError as error:
            raise SecretError(f"the secret in {path} cannot be read: {error.strerror}") from error
        if mode & 0o077:
            raise SecretError(f"others can read {path}; run: chmod 600 {path}")
        if not content:
            raise SecretError(f"{path} is empty; write the secret into it")
        return content
