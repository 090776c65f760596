"""The `:` line: names, prefixes, arguments, completion, and errors that point."""

import pytest

from console.tui.commands import Command, CommandError, Known, complete_command, parse_command

KNOWN = Known(
    {"stuck": "state:in_doubt"}, lambda: ("sandbox", "production"), lambda: {"gateway": ("alipay",)}
)


@pytest.mark.parametrize(
    ("line", "action", "argument"),
    [
        ("quit", "console.quit", ""),
        ("q", "console.quit", ""),
        ("  over ", "view.overview", ""),
        ("2", "view.queues", ""),
        ("filter state:failed gateway:alipay", "selection.filter", "state:failed gateway:alipay"),
        ("profile production", "console.profile", "production"),
        ("show rp_1", "repayment.show", "rp_1"),
        ("QUEUES", "view.queues", ""),
    ],
)
def test_a_line_names_an_action(line: str, action: str, argument: str) -> None:
    assert parse_command(line) == Command(action, argument)


def test_an_empty_line_is_no_command() -> None:
    assert parse_command("   ") is None


def test_an_unknown_command_proposes_the_nearest() -> None:
    with pytest.raises(CommandError) as caught:
        parse_command("  repaymants")
    assert caught.value.column == 2
    assert caught.value.hint == "did you mean repayments?"


def test_a_prefix_of_several_names_them() -> None:
    with pytest.raises(CommandError) as caught:
        parse_command("re")
    assert {"reconnect", "refresh", "repayments"} <= set(caught.value.hint.split(", "))


def test_what_follows_a_command_that_takes_nothing_is_pointed_at() -> None:
    with pytest.raises(CommandError) as caught:
        parse_command("quit now")
    assert caught.value.column == 5


def test_a_missing_argument_is_asked_for() -> None:
    with pytest.raises(CommandError, match="needs an id"):
        parse_command("show")


def test_hostile_input_is_quoted_visibly() -> None:
    with pytest.raises(CommandError) as caught:
        parse_command("\x1b]52;c;x\x07")
    assert "\x1b" not in caught.value.problem and "\\x1b" in caught.value.problem


@pytest.mark.parametrize(
    ("line", "proposals"),
    [
        ("prof", ("profile",)),
        ("profile p", ("profile production",)),
        ("filters s", ("filters stuck",)),
        ("filter gateway:a", ("filter gateway:alipay",)),
        ("breakdown e", ("breakdown error",)),
        ("quit ", ()),
    ],
)
def test_completion_knows_commands_and_their_arguments(line: str, proposals: tuple[str, ...]) -> None:
    assert complete_command(line, KNOWN) == proposals
