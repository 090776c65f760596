"""The handover of an incident as Markdown, in the language in use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.contract.incident_words import happened
from console.contract.language import t
from console.contract.money import yuan
from console.contract.text import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

    from console.contract.incident import Amount, Report
    from console.contract.text import Untrusted


def markdown(report: Report, moment: Callable[[datetime], str]) -> str:
    """Return the report; text from outside cannot act as markup in it. `moment` writes an instant."""
    parts = (
        *_head(report, moment),
        *_figures(report),
        *_timeline(report, moment),
        *_told(report),
        *_credit(report),
        *_open(report),
    )
    return "\n".join(parts) + "\n"


def _plain(text: str | Untrusted) -> str:
    """Return text as one that Markdown leaves alone."""
    escaped = "".join(f"\\{one}" if one in "\\`*[]<>#|~" else one for one in shown(text))
    return escaped


def _table(names: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(names)} |"
    yield f"|{'---|' * len(names)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)
    yield ""


def _head(report: Report, moment: Callable[[datetime], str]) -> Iterator[str]:
    one = report.incident
    yield f"# {_plain(one.title)}"
    yield ""
    yield f"- {t('incident')}: {_plain(one.id)}"
    yield f"- {t('gateways')}: {', '.join(_plain(name) for name in one.gateways) or t('all')}"
    yield f"- {t('since')}: {moment(one.since)}"
    ended = t("not over yet") if one.closed_at is None else moment(one.closed_at)
    yield f"- {t('until')}: {ended}"
    yield f"- {t('opened by')}: {_plain(one.who)}"
    yield f"- {t('as of')}: {moment(report.as_of)}"
    yield ""


def _row(name: str, amount: Amount) -> tuple[str, str, str]:
    return name, f"{amount.count:,}", yuan(amount.sum_fen)


def _figures(report: Report) -> Iterator[str]:
    orders, affected = report.orders, report.affected
    yield f"## {t('Orders sent meanwhile')}"
    yield ""
    names = (t("what became of them"), t("how many"), t("money"))
    yield from _table(
        names,
        (
            _row(t("sent"), orders.sent),
            _row(t("settled"), orders.settled),
            _row(t("failed"), orders.failed),
            _row(t("closed or given back"), orders.given_back),
            _row(t("not decided yet"), orders.undecided),
        ),
    )
    yield f"## {t('Affected repayments')}"
    yield ""
    yield t("Those with an order that failed, was in doubt, or is not decided.")
    yield ""
    yield from _table(
        (t("where they are now"), t("how many"), t("money")),
        (
            _row(t("all"), affected.all),
            _row(t("settled"), affected.settled),
            _row(t("on the way"), affected.on_the_way),
            _row(t("in doubt"), affected.in_doubt),
            _row(t("ended without money"), affected.without_money),
        ),
    )


def _timeline(report: Report, moment: Callable[[datetime], str]) -> Iterator[str]:
    yield f"## {t('Timeline')}"
    yield ""
    rows = (
        (
            moment(line.at),
            _plain(line.who),
            happened(line.what),
            "" if line.ref is None else _plain(line.ref),
            _plain(line.text),
        )
        for line in report.timeline
    )
    yield from _table((t("when"), t("who"), t("what"), t("id"), t("text")), rows)


def _told(report: Report) -> Iterator[str]:
    yield f"## {t('Borrowers to be told')}"
    yield ""
    if not report.borrowers:
        yield t("none")
        yield ""
        return
    yield _listed(report.borrowers, len(report.to_be_told))
    yield ""
    rows = ((_plain(one.borrower), f"{one.repayments:,}", yuan(one.sum_fen)) for one in report.to_be_told)
    yield from _table((t("borrower"), t("repayments"), t("money")), rows)


def _credit(report: Report) -> Iterator[str]:
    yield f"## {t('Credit bureau: due and unpaid because of it')}"
    yield ""
    if not report.credit.count:
        yield t("none")
        yield ""
        return
    yield f"{_listed(report.credit.count, len(report.credit_impact))}  {yuan(report.credit.sum_fen)}"
    yield ""
    rows = (
        (
            _plain(one.repayment),
            _plain(one.borrower),
            str(one.due_on),
            "-" if one.grace_until is None else str(one.grace_until),
            _plain(one.due_state),
            yuan(one.amount_fen),
        )
        for one in report.credit_impact
    )
    names = (t("repayment"), t("borrower"), t("due"), t("grace until"), t("state"), t("money"))
    yield from _table(names, rows)


def _listed(count: int, listed: int) -> str:
    if count > listed:
        return t("{count:,}, of which {listed:,} are listed", count=count, listed=listed)
    return f"{count:,}"


def _open(report: Report) -> Iterator[str]:
    yield f"## {t('Still open')}"
    yield ""
    if not report.still_open:
        yield t("nothing")
    for one in report.still_open:
        ref = "" if one.ref is None else f" {_plain(one.ref)}"
        yield f"- {happened(one.what)}{ref}: {_plain(one.text)}"
