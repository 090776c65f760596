"""What a sandbox keeps of itself over restarts: its port and the secrets it shares with the lender."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import console
from console.contract.places import SANDBOX_CARD, PlaceError, read_private, write_private
from console.gateways.wire import ORDER_EXPIRED, Secret
from console.sandbox.habits import DECLINE_CODES
from console.sandbox.notices import RECEIVER
from console.sandbox.world import merchant_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from console.sandbox.world import World

IDENTITY_FILE: Final = "sandbox-identity.json"


@dataclass(frozen=True, slots=True)
class Identity:
    """Port (0: none yet) and secrets by gateway, and that of the receiver of notices."""

    port: int
    secrets: dict[str, str]

    def keys(self) -> dict[str, Secret]:
        """Return the secrets as bytes to sign with."""
        return {gateway: Secret(text.encode()) for gateway, text in self.secrets.items()}


def load(state_dir: Path, names: Sequence[str]) -> Identity:
    """Return what was kept; secrets that are missing are made. Raises PlaceError for an unusable file."""
    path = state_dir / IDENTITY_FILE
    content = read_private(path)
    try:
        kept = json.loads(content) if content else {}
        port, known = int(kept.get("port", 0)), dict(kept.get("secrets", {}))
    except (ValueError, TypeError, AttributeError) as error:
        raise PlaceError(f"{path} is not readable; move it away to get new secrets") from error
    return Identity(port, {name: known.get(name) or secrets.token_hex(32) for name in names})


def keep(state_dir: Path, identity: Identity) -> None:
    """Keep the identity over restarts."""
    body = {"port": identity.port, "secrets": identity.secrets}
    write_private(state_dir / IDENTITY_FILE, json.dumps(body, indent=1).encode())


def publish(runtime_dir: Path, world: World, identity: Identity) -> None:
    """Write the card by which the service finds the gateways."""
    card = {
        "pid": os.getpid(),
        "version": console.__version__,
        "gateways": [
            {
                "id": gateway,
                "kind": "rest",
                "base_url": world.base_url(gateway),
                "merchant": merchant_of(gateway),
                "secret": identity.secrets[gateway],
                "failure_codes": [*DECLINE_CODES, ORDER_EXPIRED],
            }
            for gateway in world.gateways
        ],
        "notices": {"url": world.base_url(RECEIVER), "secret": identity.secrets[RECEIVER]},
    }
    write_private(runtime_dir / SANDBOX_CARD, json.dumps(card, indent=1).encode())


def withdraw(runtime_dir: Path) -> None:
    """Remove the card."""
    (runtime_dir / SANDBOX_CARD).unlink(missing_ok=True)
