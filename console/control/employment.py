"""Putting workers on gateways: the one place that builds gateway clients and pipelines."""

from __future__ import annotations

from collections.abc import Mapping

from console.contract.clock import Clock
from console.control.workforce import Workforce
from console.gateways.config import GatewayConfig
from console.gateways.rest import RestGateway
from console.repayment.personal import Keys
from console.repayment.pipeline import Pipeline
from console.repayment.settings import PipelineSettings
from console.store.database import Store


def employ(
    store: Store,
    configs: Mapping[str, GatewayConfig],
    settings: PipelineSettings,
    clock: Clock,
    keys: Keys,
    notify_url: str,
) -> Workforce:
    """Return a workforce for these gateways, not yet started; `notify_url` takes `/{gateway}` after it."""

    def make() -> Pipeline:
        gateways = {
            name: RestGateway(config, notify_url=f"{notify_url}/{name}", clock=clock)
            for name, config in configs.items()
        }
        return Pipeline(store, gateways, configs, settings, clock, keys)

    return Workforce(make)
