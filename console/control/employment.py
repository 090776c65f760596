"""Putting workers on gateways: the one place that builds gateway clients and pipelines."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from console.care.carer import Carer
from console.care.postman import Postman
from console.care.settings import DEFAULTS, CareSettings
from console.contract.clock import Clock
from console.contract.said import Said
from console.control.workforce import Workforce
from console.gateways.config import GatewayConfig
from console.gateways.rest import RestGateway
from console.repayment.personal import Keys
from console.repayment.pipeline import Beside, Pipeline
from console.repayment.settings import PipelineSettings
from console.store.database import Store

if TYPE_CHECKING:
    from console.repayment.lane import Desk


def employ(
    store: Store,
    configs: Mapping[str, GatewayConfig],
    settings: PipelineSettings,
    clock: Clock,
    keys: Keys,
    notify_url: str,
    care: CareSettings = DEFAULTS,
    books_whole: Callable[[], bool] = lambda: True,
) -> Workforce:
    """Return a workforce for these gateways, not yet started; `notify_url` takes `/{gateway}` after it.

    Nothing is reconciled until `books_whole` says that no past is still to be loaded.

    Raises SecretError when the secret of care's receiver cannot be read.
    """
    secret = None if care.webhook is None else care.webhook.read_secret()
    silent = Said("no receiver is configured: messages wait") if care.webhook is None else None

    def beside(desk: Desk) -> Sequence[Beside]:
        return (
            Beside("care", Carer(desk, care), care.every),
            Beside("notices", Postman(desk, care, secret), care.every, silent),
        )

    def make() -> Pipeline:
        gateways = {
            name: RestGateway(config, notify_url=f"{notify_url}/{name}", clock=clock)
            for name, config in configs.items()
        }
        return Pipeline(store, gateways, configs, settings, clock, keys, beside, books_whole)

    return Workforce(make)
