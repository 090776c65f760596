"""What making or revoking a token would do: the service does not preview it, as it touches no repayment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

from console.client.answers import part
from console.client.changes import Call
from console.contract.change import Needs, Preview
from console.contract.language import t
from console.contract.text import Untrusted, shown

TOKENS: Final = "/v1/tokens"
"""Where a token is made."""


def revoking(identity: str) -> str:
    """Return the path by which a token is revoked."""
    return f"{TOKENS}/{part(identity)}/revoke"


def preview_making(body: Mapping[str, Any]) -> Preview:
    """Return what making the token of `person`, `role` and `expires` would do."""
    effect = t(
        "{who} may sign in as {role} for {span}",
        who=shown(str(body["person"])),
        role=shown(str(body["role"])),
        span=shown(str(body["expires"])),
    )
    return _preview(TOKENS, body, t("Make a token"), effect)


def preview_revoking(identity: str) -> Preview:
    """Return what revoking a token would do."""
    effect = t("whoever signs in with token {id} cannot any more", id=shown(identity))
    lost = t("a revoked token does not come back; make a new one")
    return _preview(revoking(identity), {}, t("Revoke a token"), effect, lost)


def _preview(path: str, body: Mapping[str, Any], title: str, effect: str, lost: str = "") -> Preview:
    return Preview(
        kind="token",
        title=Untrusted(title),
        count=0,
        sum_fen=0,
        effects=(Untrusted(effect),),
        warnings=(),
        irreversible=(Untrusted(lost),) if lost else (),
        refusal=None,
        digest=sha256(path.encode() + Call(path, body).content).hexdigest(),
        needs=Needs(role="admin", risk="low", approval=None, expiry="never", reason=False),
        revertible=True,
        as_of=datetime.now(UTC),
    )
