"""The one way in which a command changes something: preview, guard, question, key, then the call.

The preview is always made and always shown; `--dry-run` ends there. What the profile's guard holds back
is held back here, whatever the service would allow. Each call carries an idempotency key that is told and
kept before anything is sent, so that repeating a command whose end nobody saw is safe.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeVar

from console.cli.arguments import span_text
from console.cli.failures import Exit, Failure, UsageError
from console.client.errors import ClientError, Conflict, Failed, TimedOut, Unreachable
from console.contract.language import t
from console.contract.text import shown

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from console.cli.arguments import Parser
    from console.cli.context import Context
    from console.cli.mutation_journal import Journal
    from console.client.changes import Call, Changes
    from console.client.service import Service
    from console.contract.board import Hello
    from console.contract.change import Change, Preview

T = TypeVar("T")

LONGEST_KEY: Final = 255
"""Characters of an idempotency key, at most."""


def add_flags(parser: Parser, *, expires: bool = True, stops: bool = False) -> None:
    """Add what every mutating verb takes; `expires` where it may return by itself, `stops` where it only
    stops something."""
    flag = parser.add_argument
    flag("--reason", metavar="TEXT", help=t("why; others will read it"))
    flag("--dry-run", action="store_true", help=t("print what it would do, and do nothing"))
    flag("--yes", action="store_true", help=t("answer the question with yes"))
    flag("--code", metavar="CODE", help=t("with --yes where a code has to be typed: that of the preview"))
    flag("--key", type=key, metavar="KEY", help=t("idempotency key; made and printed when absent"))
    if expires:
        flag("--expires", type=span_text, metavar="SPAN", help=t("return by itself after so long: 90s, 2h"))
    if stops:
        flag("--incident", metavar="ID", help=t("break the glass: 15 minutes, reviewed afterwards"))


def key(text: str) -> str:
    """Return an idempotency key as the service takes it."""
    import argparse

    if not text or len(text) > LONGEST_KEY or not (text.isascii() and text.isprintable()):
        raise argparse.ArgumentTypeError(t("write 1 to {count} printable characters", count=LONGEST_KEY))
    return text


@dataclass(frozen=True)
class Intent:
    """What a command wants done.

    `preview` asks what it would do; `body` goes to `path` once that was agreed to, with the preview's digest
    under the name `binds` (empty: it is not sent). `about` are labelled lines that the preview begins with,
    safe to show. `lasts` is for how long it was asked for, where that was decided before (empty: for good).
    """

    path: str
    body: Mapping[str, Any]
    preview: Callable[[Changes], Awaitable[Preview]]
    binds: str = "preview_digest"
    about: tuple[tuple[str, str], ...] = field(default=())
    needs_reason: bool = True
    lasts: str | None = None


def change(context: Context, kind: str, **fields: Any) -> int:
    """Carry out a change of a kind; fields that are None are left out. Returns the exit code."""
    given = {name: value for name, value in fields.items() if value is not None}
    return run(context, changing(context, kind, given))


def changing(context: Context, kind: str, fields: Mapping[str, Any]) -> Intent:
    """Return the intent of a change of a kind."""
    body = {"kind": kind, **fields}
    for name in ("expires", "incident"):
        if (value := getattr(context.options, name, None)) is not None:
            body[name] = value
    return Intent("/v1/changes", body, lambda changes: changes.preview(body))


def run(context: Context, intent: Intent) -> int:
    """Carry out an intent and return the exit code."""
    return asyncio.run(_run(context, intent))


def show(context: Context, intent: Intent) -> int:
    """Print what an intent would do, and do nothing; return the exit code."""
    return asyncio.run(_show(context, intent))


async def _show(context: Context, intent: Intent) -> int:
    from console.cli.change_text import print_preview

    async with context.service() as service:
        hello = await service.hello()
        return print_preview(context, hello, intent, await intent.preview(service.changes))


async def _run(context: Context, intent: Intent) -> int:
    async with context.service() as service:
        return await carry_out(context, service, intent)


async def carry_out(context: Context, service: Service, intent: Intent) -> int:
    """Carry out a change at a service and return the exit code."""
    from console.cli.change_text import print_change

    done = await obtain(context, service, intent, service.changes.send)
    if done is None:
        return Exit.DONE
    print_change(context, done)
    return ended(context, done)


async def obtain(
    context: Context, service: Service, intent: Intent, send: Callable[[Call, str], Awaitable[T]]
) -> T | None:
    """Return what the service answers to an intent, sent by `send`; None after a dry run.

    Raises Failure, UsageError, ClientError.
    """
    from console.cli.change_text import print_preview

    hello = await service.hello()
    if context.options.dry_run:
        print_preview(context, hello, intent, await intent.preview(service.changes))
        return None
    sending = Sending(context, service)
    again = sending.again(intent)
    if again is not None:
        context.output.talk(t("sent before with this key; the same is sent again"))
        return await sending.send(send, again)
    preview = await intent.preview(service.changes)
    agree(context, hello, intent, preview)
    try:
        return await sending.send(send, _call(context, intent, preview))
    except Conflict as error:
        if error.code == "changed_since_preview":
            await _tell_difference(context, service, intent, preview, error)
        raise


def agree(context: Context, hello: Hello, intent: Intent, preview: Preview) -> None:
    """Show the preview beside the data, and make sure that it is meant. Raises Failure, UsageError."""
    from console.cli.change_text import talk_preview
    from console.client.changes import code_of

    talk_preview(context, hello, intent, preview)
    if preview.refusal is not None:
        running = preview.conflict
        exit_code, code = (Exit.CONFLICT, "already_running") if running else (Exit.REFUSED, "guard")
        raise Failure(shown(preview.refusal), exit_code, code=code)
    if (held := held_back(context, preview.bounded_count)) is not None:
        raise held
    code = code_of(preview)
    if (given := context.options.code) is not None and given.lower() != code:
        raise Failure(
            t(
                "{given} is not the code of this preview, {code}: it moved since",
                given=shown(given),
                code=code,
            ),
            Exit.CONFLICT,
            code="changed_since_preview",
        )
    missing = _missing(context, intent, preview)
    way = _confirmation(context)
    terminal = sys.stdin.isatty() and sys.stderr.isatty()
    if way and not terminal:
        missing.append("--yes" if way == "yes" else f"--yes --code {code}")
    if missing:
        raise UsageError(t("add: {flags}", flags=" ".join(missing)))
    if way and not _asked(context, code if way == "type" else None):
        raise Failure(t("nothing was done"), Exit.REFUSED, code="not_confirmed")


def held_back(context: Context, count: int) -> Failure | None:
    """Return what the profile's guard says against a change of so many repayments that it may bound; what
    stops, or ends a stop, may be of any size."""
    guard = context.profile.guard
    name = context.profile.name
    if guard.read_only:
        return Failure(
            t("the profile {name} is read-only; use another one: --profile NAME", name=name),
            Exit.REFUSED,
            code="read_only",
        )
    if count > guard.max_items:
        return Failure(
            t(
                "it touches {count:,} repayments, the profile {name} allows {most:,} (guard.max_items):"
                " narrow the filter, or raise it in the profile",
                count=count,
                name=name,
                most=guard.max_items,
            ),
            Exit.REFUSED,
            code="max_items",
        )
    return None


def _missing(context: Context, intent: Intent, preview: Preview) -> list[str]:
    options = context.options
    missing = []
    if intent.needs_reason and preview.needs.reason and not options.reason:
        missing.append(f'--reason "{t("why")}"')
    if preview.needs.expiry == "required" and not getattr(options, "expires", "given"):
        missing.append("--expires 2h")
    return missing


def _confirmation(context: Context) -> str:
    """Return what is still needed to go on: nothing, `yes`, or `type` for the code."""
    options, confirm = context.options, context.profile.guard.confirm
    if confirm == "none" or (options.yes and (confirm == "yes" or options.code is not None)):
        return ""
    return confirm


def _asked(context: Context, code: str | None) -> bool:
    """Ask on the terminal and return whether the answer is yes; what was typed ahead does not count."""
    import termios

    question = t("go on? [y/N]") if code is None else t("type {code} to go on:", code=code)
    context.output.stdout.flush()
    termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # asyncio's would wait for the answer
    try:
        sys.stderr.write(f"{question} ")
        sys.stderr.flush()
        answer = sys.stdin.readline().strip().lower()
    finally:
        signal.signal(signal.SIGINT, before)
    return answer in ("y", "yes", "是") if code is None else answer == code


def _call(context: Context, intent: Intent, preview: Preview) -> Call:
    from console.client.changes import Call

    bound = {intent.binds: preview.digest} if intent.binds else {}
    return Call(intent.path, _body(context, intent) | bound)


def _body(context: Context, intent: Intent) -> dict[str, Any]:
    body = dict(intent.body)
    if reason := getattr(context.options, "reason", None):
        body["reason"] = reason
    return body


def sent_before(context: Context) -> Call | None:
    """Return what was sent before with the key that was given, None without one."""
    if context.options.key is None:
        return None
    journal = _journal(context)
    return None if journal is None else journal.find(context.options.key)


class Sending:
    """One mutation on its way: its key is told and kept before it goes."""

    def __init__(self, context: Context, service: Service) -> None:
        self._context = context
        self._service = service
        self._key: str | None = context.options.key
        self._journal = _journal(context)

    def again(self, intent: Intent) -> Call | None:
        """Return what was sent before under the key that was given, None when nothing was.

        Raises UsageError when that was something else.
        """
        if self._key is None or self._journal is None:
            return None
        found = self._journal.find(self._key)
        if found is None:
            return None
        same = {name: value for name, value in found.body.items() if name != intent.binds}
        if (found.path, same) != (intent.path, _body(self._context, intent)):
            raise UsageError(t("this key was used for something else; leave --key out for a new one"))
        return found

    async def send(self, send: Callable[[Call, str], Awaitable[T]], call: Call) -> T:
        """Return the answer. Raises ClientError, and Failure when nobody knows whether it was done."""
        from console.client.answers import new_key

        key = self._key or new_key()
        if self._key is None:
            self._context.output.talk(t("idempotency key: {key}", key=key))
        self._keep(key, call)
        try:
            return await self._sent(send, call, key)
        except (Unreachable, TimedOut) as error:
            raise Failure(f"{error}; {_repeat(key)}", Exit.UNREACHABLE, code="outcome_unknown") from error
        except Failed:
            self._context.output.talk(_repeat(key))
            raise
        except ClientError as error:
            if error.code != "in_flight" and self._journal is not None:
                self._journal.forget(key)
            raise
        except asyncio.CancelledError:
            self._context.output.talk(_repeat(key))
            raise

    def _keep(self, key: str, call: Call) -> None:
        """Keep key and call; where that cannot be, say so and go on: what stops something must not wait."""
        if self._journal is None:
            return
        try:
            self._journal.write(key, call)
        except OSError as error:
            _not_kept(self._context, error)

    async def _sent(self, send: Callable[[Call, str], Awaitable[T]], call: Call, key: str) -> T:
        """Send; when the embedded service went away meanwhile, start it and send the same again."""
        from console.client.embedded import ensure_running

        try:
            return await send(call, key)
        except Unreachable:
            if not self._service.endpoint.embedded:
                raise
            await ensure_running()
            return await send(call, key)


def _journal(context: Context) -> Journal | None:
    """Return the journal, None (having said so) where none can be kept."""
    from console.cli.mutation_journal import Journal
    from console.contract.places import PlaceError

    try:
        return Journal(context.profile)
    except (PlaceError, OSError) as error:
        _not_kept(context, error)
        return None


def _not_kept(context: Context, error: Exception) -> None:
    context.output.talk(t("the key cannot be kept, write it down: {problem}", problem=shown(str(error))))


def _repeat(key: str) -> str:
    return t("whether it was done is not known; repeating it is safe with: --key {key}", key=shown(key))


async def _tell_difference(
    context: Context, service: Service, intent: Intent, before: Preview, error: ClientError
) -> None:
    """Tell what is different now from what was previewed."""
    from console.cli.change_text import talk_difference

    try:
        now = await intent.preview(service.changes)
    except ClientError:
        return
    talk_difference(context, error.detail, before, now)


def ended(context: Context, done: Change) -> int:
    """Return the exit code for a change that was accepted, having said what follows."""
    from console.contract.change import ChangeState

    identity = shown(done.id)
    if done.state is ChangeState.AWAITING_APPROVAL:
        context.output.talk(
            t("another person has to agree within 30 minutes: repay change approve {id}", id=identity)
        )
        return Exit.WAITS
    if done.preview.revertible and done.state is ChangeState.APPLIED and done.revert_of is None:
        context.output.talk(t("undo it with: repay change revert {id}", id=identity))
    return Exit.DONE
