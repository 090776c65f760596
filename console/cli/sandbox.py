"""`repay sandbox`: run the simulated third parties, make them misbehave, read their own ledgers."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from console.cli.arguments import number, port, positive_number, share, span, whole_number
from console.cli.failures import Exit, UsageError
from console.cli.output import Column
from console.contract.care_words import MESSAGE_KINDS, word
from console.contract.faults import ALL_GATEWAYS, DESCRIPTIONS, UnknownFaultError, parse_fault
from console.contract.language import current_language, t
from console.contract.money import yuan
from console.contract.text import shown

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from console.cli.arguments import Parser
    from console.cli.context import Context
    from console.client.sandbox import SandboxAdmin


def add(parser: Parser) -> None:
    """Add the verbs."""
    verbs = parser.verbs("sandbox")
    _add_run(verbs.add("run", run))
    fault = verbs.add("fault", switch_fault)
    fault.add_argument("gateway", metavar="GATEWAY", help=t("a gateway's id, or {all}", all=ALL_GATEWAYS))
    fault.add_argument("mode", metavar="MODE", help=t("how it misbehaves: one of those below"))
    fault.add_argument(
        "--rate", type=share, default=1.0, metavar="R", help=t("how often, from 0 to 1; 0 ends it")
    )
    _add_for(fault)
    fault.epilog = "\n".join(f"  {mode.value:<22}  {t(about)}" for mode, about in DESCRIPTIONS.items())
    surge = verbs.add("surge", switch_surge)
    surge.add_argument("factor", type=positive_number, metavar="N", help=t("how many times the usual"))
    _add_for(surge)
    verbs.add("calm", calm)
    verbs.add("ledger", ledger)
    told = verbs.add("notices", notices)
    told.add_argument(
        "--limit", type=positive_number, default=20, metavar="N",
        help=t("how many to print; {count} without", count=20),
    )  # fmt: skip


def _add_for(parser: Parser) -> None:
    parser.add_argument(
        "--for",
        dest="seconds",
        type=span,
        metavar="SPAN",
        help=t("for how long: 90s, 10m, 2h; without: until calm"),
    )


def _add_run(parser: Parser) -> None:
    """Add the flags that the sandbox's own command line takes."""
    for flag, about in _RUN_VALUES.items():
        parser.add_argument(flag, type=_RUN_READ.get(flag, str), metavar="VALUE", help=t(about))
    for flag, about in _RUN_SWITCHES.items():
        parser.add_argument(flag, action="store_true", help=t(about))


_RUN_VALUES = {
    "--rate": "repayments a second, mean of the day",
    "--seed": "seed of the population and of the past",
    "--port": "loopback port of the gateways; without: the last one",
    "--control-url": "URL of the service, in place of the one on this machine",
    "--token-env": "variable that holds the token for that service",
    "--linger": "end after so many seconds without a service; 0: never",
}

_RUN_READ: Final[dict[str, Callable[[str], object]]] = {
    "--rate": number,
    "--seed": whole_number,
    "--port": port,
    "--linger": number,
}

_RUN_SWITCHES = {
    "--instant": "every order succeeds at once; no borrowers",
    "--no-borrowers": "nobody sends repayments",
}


def run(context: Context) -> int:
    """Become the sandbox."""
    from console.cli.processes import become
    from console.contract.places import runtime_dir, state_dir

    words = ["run", "--runtime-dir", str(runtime_dir()), "--state-dir", str(state_dir())]
    for flag in _RUN_VALUES:
        value = getattr(context.options, flag.removeprefix("--").replace("-", "_"))
        if value is not None:
            words += [f"{flag}={value}"]
    words += [
        flag for flag in _RUN_SWITCHES if getattr(context.options, flag.removeprefix("--").replace("-", "_"))
    ]
    return become("console.sandbox", words)


def switch_fault(context: Context) -> int:
    """Make a gateway misbehave."""
    options = context.options
    try:
        fault = parse_fault(options.mode)
    except UnknownFaultError as error:
        raise UsageError(str(error)) from error
    state = _asked(
        context, lambda admin: admin.fault(options.gateway, fault.value, options.rate, options.seconds)
    )
    if context.output.json:
        context.output.document(state)
        return Exit.DONE
    how_long = t("for {seconds} s", seconds=int(options.seconds)) if options.seconds else t("until calm")
    context.output.talk(
        t(
            "{gateway} {does}: {rate:.0%} of the time, {how_long}",
            gateway=shown(options.gateway),
            does=t(DESCRIPTIONS[fault]),
            rate=options.rate,
            how_long=how_long,
        )
    )
    return Exit.DONE


def switch_surge(context: Context) -> int:
    """Multiply the borrowers."""
    options = context.options
    state = _asked(context, lambda admin: admin.surge(float(options.factor), options.seconds))
    return _told(context, state, t("borrowers come {factor} times as often", factor=options.factor))


def calm(context: Context) -> int:
    """End every fault and surge."""
    state = _asked(context, lambda admin: admin.calm())
    return _told(context, state, t("every fault and surge has ended"))


def _told(context: Context, state: dict[str, Any], words: str) -> int:
    if context.output.json:
        context.output.document(state)
    else:
        context.output.talk(words)
    return Exit.DONE


def ledger(context: Context) -> int:
    """Print what the gateways' ledgers hold, and every double debit."""
    found = _asked(context, lambda admin: admin.ledger())
    doubles = found.get("double_debits") or []
    count = int(found.get("double_debit_count", len(doubles)))
    if context.output.json:
        context.output.document(found)
    else:
        _print_ledger(context, found, count)
    return Exit.UNEXPECTED if count else Exit.DONE


def _print_ledger(context: Context, found: dict[str, Any], count: int) -> None:
    output = context.output
    columns = [Column(t("gateway"))]
    columns += [Column(heading, right=True) for heading in (t("debits"), t("reversals"), t("net"))]
    rows = [
        (
            shown(str(total["gateway"])),
            f"{total['debits']:,}",
            f"{total['reversals']:,}",
            yuan(int(total["net_fen"])),
        )
        for total in found["gateways"]
    ]
    output.table(columns, rows)
    output.line()
    if not count:
        output.line(t("no double debit"))
        return
    output.line(t("{count:,} double debits:", count=count))
    for double in found["double_debits"]:
        orders = ", ".join(f"{order['gateway']} {order['order_no']}" for order in double["orders"])
        output.line(f"  {shown(double['repayment'])}  {yuan(int(double['net_fen']))}  {shown(orders)}")
    if count > len(found["double_debits"]):
        output.talk(t("{shown:,} of {count:,} shown", shown=len(found["double_debits"]), count=count))


def notices(context: Context) -> int:
    """Print what borrowers were told: what the receiver of notices got."""
    from console.cli.figures import moment, zone_of

    found = _asked(context, lambda admin: admin.notices(min(context.options.limit, 1000)))
    if context.output.json:
        context.output.document(found)
        return Exit.DONE
    zone = zone_of(context.profile.view.timezone)
    columns = [Column(t("time")), Column(t("message")), Column(t("repayment")), Column(t("text"))]
    rows = []
    for one in found["items"]:
        said = one["text"]
        rows.append(
            (
                moment(datetime.fromisoformat(one["received_at"]), zone),
                word(MESSAGE_KINDS, str(one["event"])),
                shown(str(one["repayment"])),
                shown(str(said.get(current_language(), said["en"]))),
            )
        )
    context.output.table(columns, rows)
    total = sum(found["received"].values())
    context.output.talk(t("{count:,} received, {refused:,} refused", count=total, refused=found["refused"]))
    return Exit.DONE


def _asked(context: Context, ask: Callable[[SandboxAdmin], Awaitable[dict[str, Any]]]) -> dict[str, Any]:
    """Return what the running sandbox answers."""
    from console.client.sandbox import SandboxAdmin

    async def _ask() -> dict[str, Any]:
        async with SandboxAdmin(context.timeout) as admin:
            return await ask(admin)

    return asyncio.run(_ask())
