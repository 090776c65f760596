"""`repay profile`: list, choose, write and check profiles. Imports nothing beyond the standard library."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from console.cli.failures import Exit, UsageError
from console.cli.output import Cell, Column, Tone
from console.contract.language import t
from console.contract.text import shown
from console.profiles.document import BrokenProfileError, Document, ProfileError, parse, read_document
from console.profiles.places import (
    check_name,
    directories,
    find,
    local_directory,
    personal_directory,
    pointer_path,
    starters_directory,
    write_file,
    write_pointer,
)
from console.profiles.profile import choose, flaws_of, listing, load, read
from console.profiles.schema import BINDINGS, FILTERS, KEYS, Kind, json_schema, unknown_key_problem

if TYPE_CHECKING:
    from console.cli.arguments import Parser
    from console.cli.context import Context
    from console.profiles.profile import Profile


def add(parser: Parser) -> None:
    """Add the verbs."""
    verbs = parser.verbs("profile")
    verbs.add("list", list_profiles)
    verbs.add("current", current)
    _name(verbs.add("show", show), optional=True)
    _name(verbs.add("use", use))
    new = verbs.add("new", write_new)
    _name(new)
    new.add_argument("--from", dest="source", metavar="NAME", help=t("the profile to copy"))
    change = verbs.add("set", set_value)
    _name(change)
    change.add_argument("assignment", metavar="KEY=VALUE", help=t("for example: view.language=zh"))
    check = verbs.add("validate", validate)
    check.add_argument("name", nargs="?", metavar="NAME or FILE", help=t("without: the one in use"))
    _name(verbs.add("path", path), optional=True)
    verbs.add("schema", schema)


def _name(parser: Parser, *, optional: bool = False) -> None:
    about = t("without: the one in use") if optional else t("a profile's name")
    parser.add_argument("name", nargs="?" if optional else None, metavar="NAME", help=about)


def list_profiles(context: Context) -> int:
    """Print every profile, the one in use marked."""
    try:
        in_use = choose(context.options.profile)[1]
    except ProfileError as error:
        context.output.talk(f"repay: {error}")
        in_use = None
    found = listing()
    if context.output.json:
        context.output.document(
            {
                "items": [
                    {
                        "name": item.name,
                        "current": item.path == in_use,
                        "path": str(item.path),
                        "hidden": item.hidden,
                        "title": item.profile and item.profile.title,
                        "environment": item.profile and item.profile.environment.value,
                        "service": item.profile and (item.profile.control.url or "embedded"),
                        "problem": item.problem or None,
                    }
                    for item in found
                ],
                "next": None,
            }
        )
        return Exit.DONE
    columns = (" ", t("name"), t("environment"), t("title"), t("service"), t("file"))
    rows = []
    for item in found:
        mark = "*" if item.path == in_use else " "
        name = Cell(item.name, Tone.STRONG if item.path == in_use else Tone.PLAIN)
        file = shown(str(item.path)) + (f" ({t('hidden by a nearer one')})" if item.hidden else "")
        if item.profile is None:
            rows.append((mark, name, Cell(t("broken"), Tone.BAD), "", "", shown(item.problem)))
        else:
            profile = item.profile
            tone = Tone.BAD if profile.environment == "production" else Tone.PLAIN
            environment = Cell(profile.environment.value, tone)
            rows.append((mark, name, environment, shown(profile.title), profile.service, file))
    context.output.table([Column(heading) for heading in columns], rows)
    return Exit.DONE


def current(context: Context) -> int:
    """Print the name of the profile in use."""
    name, file, chosen = choose(context.options.profile)
    if context.output.json:
        context.output.document({"name": name, "path": str(file), "chosen": chosen})
    else:
        context.output.line(name)
    return Exit.DONE


def show(context: Context) -> int:
    """Print every value of a profile with its source."""
    profile = load(context.options.name or context.options.profile)
    values = values_of(profile)
    if context.output.json:
        context.output.document(
            {
                "name": profile.name,
                "path": str(profile.path),
                "chosen": profile.chosen,
                "values": values,
                "sources": dict(profile.sources),
            }
        )
        return Exit.DONE
    context.output.talk(
        t(
            "{name}, from {path}, chosen by {chosen}",
            name=profile.name,
            path=shown(str(profile.path)),
            chosen=t(profile.chosen),
        )
    )
    rows = [(shown(key), _text(value), profile.sources.get(key, "")) for key, value in values.items()]
    context.output.table([Column(t("key")), Column(t("value")), Column(t("source"))], rows)
    return Exit.DONE


def values_of(profile: Profile) -> dict[str, Any]:
    """Return the profile's values by dotted key, as JSON knows them; the token stays a reference."""
    out: dict[str, Any] = {}
    for key in KEYS:
        section, _, name = key.rpartition(".")
        value = getattr(getattr(profile, section) if section else profile, name)
        if key == "control.token" and value is not None:
            value = {value.form: list(value.what) if isinstance(value.what, tuple) else value.what}
        out[key] = value if value is None or isinstance(value, (bool, int, dict)) else str(value)
    out |= {f"{FILTERS}.{name}": text for name, text in profile.filters.items()}
    return out | {f"{BINDINGS}.{action}": list(keys) for action, keys in profile.keys.items()}


def _text(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return shown(" ".join(value))
    if isinstance(value, dict):
        ((form, what),) = value.items()
        return shown(f"{form}: {' '.join(what) if isinstance(what, list) else what}")
    return shown(str(value))


def use(context: Context) -> int:
    """Make a profile the current one."""
    name = context.options.name
    file = find(name)
    profile = read(name, file)
    _check_keys(profile)
    write_pointer(name, file)
    if context.output.json:
        context.output.document({"name": name, "path": str(file), "environment": profile.environment.value})
    else:
        context.output.talk(
            t(
                "now using {name}: {environment}, {service}",
                name=name,
                environment=profile.environment.value.upper(),
                service=profile.service,
            )
        )
    return Exit.DONE


def _check_keys(profile: Profile) -> None:
    if profile.keys:
        from console.actions.key_flaws import check_keys

        check_keys(profile)


def write_new(context: Context) -> int:
    """Write a new profile: a copy of another, comments and all."""
    name = check_name(context.options.name)
    source = context.options.source or "sandbox"
    document = read_document(find(source))
    target = personal_directory() / f"{name}.toml"
    write_file(target, document.text.encode(), replace=False)
    _written(context, name, target)
    return Exit.DONE


def set_value(context: Context) -> int:
    """Set one value of a profile, touching only its line."""
    name = context.options.name
    key, sign, text = context.options.assignment.partition("=")
    if not sign:
        raise UsageError(t("{text} is not KEY=VALUE", text=shown(context.options.assignment)))
    path = _key_path(key.strip())
    document = read_document(find(name))
    changed = document.with_value(path, _value(".".join(path), text.strip()))
    again = Document(document.path, changed, parse(changed, shown(str(document.path))), document.found)
    before = {flaw.what for flaw in flaws_of(document)}
    flaws = tuple(flaw for flaw in flaws_of(again) if flaw.what not in before)
    if flaws:
        raise BrokenProfileError(flaws)
    target = document.path
    if target.parent in (starters_directory(), directories()[2]) and target.parent != local_directory():
        target = personal_directory() / target.name
    write_file(target, changed.encode())
    _written(context, name, target)
    return Exit.DONE


def _key_path(key: str) -> tuple[str, ...]:
    section, dot, name = key.partition(".")
    if key in KEYS:
        return tuple(key.split("."))
    if section in (FILTERS, BINDINGS) and dot and name:
        return (section, name)
    raise UsageError(unknown_key_problem(key, section if dot else ""))


def _value(path: str, text: str) -> object:
    """Return the value a person wrote for a key; what does not fit its type is left to the check."""
    kind = KEYS[path].kind if path in KEYS else Kind.TEXT
    match kind:
        case Kind.FLAG:
            return {"true": True, "false": False}.get(text.lower(), text)
        case Kind.COUNT:
            return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else text
        case Kind.TOKEN if text.startswith("{"):
            return parse(f"v = {text}", "control.token")["v"]
        case _:
            return text


def _written(context: Context, name: str, target: Path) -> None:
    if context.output.json:
        context.output.document({"name": name, "path": str(target)})
    else:
        context.output.talk(t("wrote {path}", path=shown(str(target))))


def validate(context: Context) -> int:
    """Check a profile; print every flaw with file and line."""
    named = context.options.name
    if named is None:
        file = choose(context.options.profile)[1]
    elif "/" in named or named.endswith(".toml"):
        file = Path(named)
    else:
        file = find(named)
    try:
        flaws = tuple(flaws_of(read_document(file)))
        if not flaws:
            _check_keys(read(file.stem, file))
    except BrokenProfileError as error:
        flaws = error.flaws
    if context.output.json:
        context.output.document(
            {
                "path": str(file),
                "valid": not flaws,
                "flaws": [{"path": flaw.path, "line": flaw.line, "problem": flaw.what} for flaw in flaws],
            }
        )
    elif not flaws:
        context.output.talk(t("{path} is right", path=shown(str(file))))
    else:
        for flaw in flaws:
            context.output.line(str(flaw))
    return Exit.USAGE if flaws else Exit.DONE


def path(context: Context) -> int:
    """Print the file of a profile, and where profiles are looked for."""
    chosen = context.options.name
    file = find(chosen) if chosen else choose(context.options.profile)[1]
    if context.output.json:
        context.output.document(
            {
                "path": str(file),
                "pointer": str(pointer_path()),
                "searched": [str(directory) for directory in directories()],
            }
        )
        return Exit.DONE
    context.output.line(shown(str(file)))
    context.output.talk(t("looked for in, nearest first:"))
    for directory in directories():
        context.output.talk(f"  {shown(str(directory))}")
    return Exit.DONE


def schema(context: Context) -> int:
    """Print every key with its meaning; as JSON Schema with --json."""
    from console.actions.registry import ACTIONS

    bound = [action for action in ACTIONS if action.keys]
    if context.output.json:
        document = json_schema()
        keys = document["properties"][BINDINGS]
        keys["properties"] = {
            action.id: keys["additionalProperties"] | {"description": t(action.title)} for action in bound
        }
        context.output.document(document)
        return Exit.DONE
    rows = []
    for key in KEYS.values():
        default = "-" if key.default is None else _text(key.default)
        rows.append((key.path, " | ".join(key.choices) or t(key.kind.value), default, t(key.meaning)))
    rows.append((f"{FILTERS}.NAME", t("text"), "-", t("a named filter")))
    rows.extend(
        (f"{BINDINGS}.{action.id}", t("a key, or several"), " ".join(action.keys), t(action.title))
        for action in bound
    )
    headings = (t("key"), t("values"), t("default"), t("meaning"))
    context.output.table([Column(heading) for heading in headings], rows)
    return Exit.DONE
