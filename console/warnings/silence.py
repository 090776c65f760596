"""What declared windows silence: a warning is silenced where one of them explains every sign of it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from console.contract.vocabulary import Stage
from console.warnings.causes import OF_GATEWAY, OF_STRATEGY
from console.warnings.watcher import ALL, Sign

if TYPE_CHECKING:
    from console.warnings.reading import Declared
    from console.windows.scope import Scope


def silencing(signs: Sequence[Sign], windows: Sequence[Declared]) -> str | None:
    """Return the window that covers all of these signs; None where none does."""
    return next(
        (one.window for one in windows if signs and all(covers(one.scope, sign) for sign in signs)), None
    )


def covers(scope: Scope, sign: Sign) -> bool:
    """Tell whether what a window keeps back explains a sign.

    A gateway that nothing is sent to; a queue, or a strategy behind it, whose stage as a whole is held;
    repayments that stay away of a product, or all of them, while they are told to come later.
    """
    whole = not scope.gateways and not scope.products
    if sign.series in OF_GATEWAY:
        return scope.closes(sign.of)
    if sign.series == "oldest_age":
        return whole and sign.of == scope.stage.value
    if sign.series in OF_STRATEGY:
        return whole and scope.stage is Stage.SCREENING
    if sign.series == "volume" and not sign.up:
        return whole or (not scope.gateways and (sign.of != ALL and sign.of in scope.products))
    return False
