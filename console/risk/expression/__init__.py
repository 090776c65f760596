"""Expressions of strategies: text → tree → checked → a Python function or a Polars expression.

Polars is imported only by `frames`, Lark only when something is parsed.
"""

from console.risk.expression.check import Expression, Shape, checked
from console.risk.expression.errors import ExpressionError

__all__ = ["Expression", "ExpressionError", "Shape", "checked"]
