"""What is wrong with an expression, and where."""

from __future__ import annotations


class ExpressionError(ValueError):
    """An expression that cannot be accepted. `column` counts from 1; `hint` may be empty.

    `message` and `hint` are ours, with placeholders already filled by text shown safely.
    """

    def __init__(self, column: int, message: str, hint: str = "") -> None:
        super().__init__(f"column {column}: {message}")
        self.column = column
        self.message = message
        self.hint = hint
