"""`repay incident`: the incident log; opening one, writing into it, handing it over."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from console.cli import listing, mutation
from console.cli.arguments import span_text
from console.cli.failures import Exit
from console.contract.language import t
from console.contract.text import shown

if TYPE_CHECKING:
    from console.cli.arguments import Parser
    from console.cli.context import Context
    from console.contract.incident import Incident, IncidentLine, Report

ATTACHABLE = ("change", "run", "replay", "warning")
PREFIXES = {"chg_": "change", "run_": "run", "rpl_": "replay", "warn_": "warning"}
"""What an id is of, by how it begins."""


def add(parser: Parser) -> None:
    """Add the verbs."""
    verbs = parser.verbs("incident")
    listing.add_flags(verbs.add("list", list_incidents))
    _add_id(verbs.add("show", show))
    opening = verbs.add("open", open_incident)
    opening.add_argument("title", metavar="TITLE", help=t("what is wrong, in a few words"))
    opening.add_argument(
        "--gateway",
        action="append",
        default=[],
        metavar="ID",
        help=t("what it is about; without: all of them"),
    )
    opening.add_argument("--since", type=span_text, metavar="SPAN", help=t("how long ago it began: 30m, 2h"))
    mutation.add_flags(opening, expires=False)
    noting = verbs.add("note", note)
    _add_id(noting)
    noting.add_argument("text", metavar="TEXT", help=t("what is to be remembered; no personal data"))
    mutation.add_flags(noting, expires=False)
    for verb, run in (("attach", attach), ("detach", detach)):
        one = verbs.add(verb, run)
        _add_id(one)
        one.add_argument("ref", metavar="REF", help=t("the id of a change, run, replay or warning"))
        mutation.add_flags(one, expires=False)
    for verb, run in (("close", close), ("reopen", reopen)):
        one = verbs.add(verb, run)
        _add_id(one)
        mutation.add_flags(one, expires=False)
    reporting = verbs.add("report", write_report)
    _add_id(reporting)
    reporting.add_argument("--to", metavar="FILE", help=t("write it to a file: .md or .json"))


def _add_id(parser: Parser) -> None:
    parser.add_argument("id", metavar="ID", help=t("an incident's id"))


def list_incidents(context: Context) -> int:
    """Print incidents, newest first."""
    from console.cli.incident_text import print_incidents

    items, following = asyncio.run(_list(context))
    listing.print_list(context, items, following, print_incidents)
    return Exit.DONE


async def _list(context: Context) -> tuple[list[IncidentLine], str | None]:
    async with context.service() as service:
        return await listing.gather(
            context, lambda limit, after: service.playbooks.incidents(limit=limit, after=after)
        )


def show(context: Context) -> int:
    """Print one incident with what was written into it."""
    from console.cli.incident_text import print_incident

    found = asyncio.run(_find(context))
    if context.output.json:
        context.output.document(found.model_dump(mode="json"))
    else:
        print_incident(context, found)
    return Exit.DONE


async def _find(context: Context) -> Incident:
    async with context.service() as service:
        return await service.playbooks.incident(context.options.id)


def open_incident(context: Context) -> int:
    """Open an incident."""
    return asyncio.run(_open(context))


async def _open(context: Context) -> int:
    from console.cli.change_text import print_change

    options = context.options
    fields = {"title": options.title, "gateways": options.gateway}
    if options.since is not None:
        fields["since"] = options.since
    async with context.service() as service:
        intent = mutation.changing(context, "incident.open", fields)
        done = await mutation.obtain(context, service, intent, service.changes.send)
    if done is None:
        return Exit.DONE
    print_change(context, done)
    identity = f"inc_{done.id.removeprefix('chg_')}"
    context.output.talk(t("incident {id}: repay incident show {id}", id=shown(identity)))
    return mutation.ended(context, done)


def note(context: Context) -> int:
    """Write a note into an incident."""
    return mutation.change(context, "incident.note", id=context.options.id, text=context.options.text)


def attach(context: Context) -> int:
    """Attach something to an incident."""
    return _attached(context, "incident.attach")


def detach(context: Context) -> int:
    """Take something out of an incident."""
    return _attached(context, "incident.detach")


def _attached(context: Context, kind: str) -> int:
    ref: str = context.options.ref
    what = next((what for prefix, what in PREFIXES.items() if ref.startswith(prefix)), None)
    if what is None:
        from console.cli.failures import UsageError

        raise UsageError(t("{ref} is no id of a change, run, replay or warning", ref=shown(ref)))
    return mutation.change(context, kind, id=context.options.id, what=what, ref=ref)


def close(context: Context) -> int:
    """Close an incident."""
    return mutation.change(context, "incident.close", id=context.options.id)


def reopen(context: Context) -> int:
    """Open a closed incident again."""
    return mutation.change(context, "incident.reopen", id=context.options.id)


def write_report(context: Context) -> int:
    """Write the handover of an incident, as Markdown or as JSON."""
    from console.cli.failures import UsageError
    from console.cli.figures import moment, zone_of
    from console.cli.output import json_text
    from console.contract.incident_report import markdown
    from console.profiles.places import write_file

    to: str | None = context.options.to
    suffix = Path(to).suffix if to is not None else ""
    if to is not None and suffix not in (".md", ".json"):
        raise UsageError(t("{file}: write .md or .json", file=shown(to)))
    found = asyncio.run(_report(context))
    if to is None and context.output.json:
        context.output.document(found.model_dump(mode="json"))
        return Exit.DONE
    as_json = suffix == ".json"
    if as_json:
        text = json_text(found.model_dump(mode="json"), indent=2)
    else:
        zone = zone_of(context.profile.view.timezone)
        text = markdown(found, lambda at: moment(at, zone))
    if to is None:
        context.output.line(text.rstrip("\n"))
    else:
        write_file(Path(to).expanduser(), (text.rstrip("\n") + "\n").encode())
        context.output.talk(t("written to {file}", file=shown(to)))
    return Exit.DONE


async def _report(context: Context) -> Report:
    async with context.service(60.0) as service:
        return await service.playbooks.report(context.options.id)
