"""A token on its way: made or revoked like a change, but its secret is known for this one moment only.

The secret lives in the request and nowhere else; it is forgotten when the dialog is left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from console.client.token_preview import TOKENS, preview_making, preview_revoking, revoking
from console.contract.language import t
from console.contract.text import shown
from console.tui.change_request import ChangeRequest
from console.tui.change_text import labelled
from console.tui.change_words import role_name
from console.tui.intents import Intent, Question, read_span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from console.client.changes import Call
    from console.contract.change import Preview, TokenLine
    from console.tui.connection import Desk
    from console.tui.widgets.lines import Line

ROLES: Final = ("viewer", "operator", "approver", "admin", "auditor")


def make_token() -> Intent:
    """Make a token for a person; person, role and time are asked for."""
    return Intent(
        t("Make a token"),
        "",
        t("Make"),
        path=TOKENS,
        binds="",
        reason="optional",
        questions=(
            Question("person", t("person"), "", t("whose it is"), required=True),
            Question("role", t("role"), ROLES[0], choices=ROLES),
            Question("expires", t("good for"), "90d", t("a span: 12h, 90d"), required=True, read=read_span),
        ),
    )


def revoke_token(token: TokenLine) -> Intent:
    """Make a token good for nothing, at once."""
    return Intent(
        t("Revoke a token"),
        f"{shown(token.id)}  {shown(token.person)}",
        t("Revoke"),
        path=revoking(token.id),
        binds="",
        reason="optional",
        given=preview_revoking(token.id),
    )


class TokenRequest(ChangeRequest):
    """See the module."""

    token: TokenLine | None = None
    """The token, once something was done."""
    secret: str | None = None
    """What it is signed in with; None when that is not known here, or was forgotten."""

    @property
    def told(self) -> str:
        if self.is_open_ended or self.token is None:
            return super().told
        what = t("token revoked") if self.token.revoked_at else t("token made")
        return f"{what}: {shown(self.token.id)}  {shown(self.token.person)}"

    async def _asked(self, desk: Desk, body: dict[str, Any]) -> Preview:
        return self.intent.given or preview_making(body)

    async def _deliver(self, desk: Desk, call: Call) -> None:
        if call.path != TOKENS:
            self.token = await desk.revoke_token(call, self.key)
            return
        made = await desk.create_token(call, self.key)
        self.token, self.secret = made.token, made.secret

    def forget(self) -> None:
        """Nobody can read the secret here any more."""
        self.secret = None

    def outcome(self, zone: str, width: int) -> Sequence[Line]:
        """Return what became of it, with the secret this once."""
        token = self.token
        if token is None:
            return ()
        lines = labelled(t("done"), self.told, width, "dialog-good")
        if token.revoked_at is not None:
            return lines
        lines += labelled(t("role"), role_name(token.role), width)
        if self.secret is None:
            lost = t("its secret was shown when it was made, and nobody knows it now; make another one")
            return [*lines, *labelled(t("secret"), lost, width, "dialog-warn")]
        lines += labelled(t("secret"), shown(self.secret), width, "dialog-strong")
        once = t("y copies it; it is shown this once, and gone when this dialog is")
        return [*lines, *labelled("", once, width, "dialog-warn")]
