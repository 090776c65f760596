"""English and Chinese, whole; widths that no terminal disagrees about; signs besides colour."""

import ast
import string
import unicodedata
from pathlib import Path

import pytest
from rich.style import Style
from textual.pilot import Pilot

from console import tui
from console.actions.registry import ACTIONS
from console.contract.filter import FIELDS
from console.contract.language import use_language
from console.contract.text import ELLIPSIS
from console.contract.zh import MESSAGES
from console.contract.zh_tui import MESSAGES as OF_THE_CONSOLE
from console.contract.zh_tui_changes import MESSAGES as OF_CHANGES
from console.tui import change_words, situation, stuck, words
from console.tui.screens import help as help_screen
from console.tui.theme.styles import PALETTES, style, use_theme
from console.tui.widgets.history import bars
from tests.tui.consoles import console
from tests.tui.fakes import board, profile

ROOT = Path(tui.__file__).parent


def messages() -> set[str]:
    """Return every English message of the console."""
    found = {action.title for action in ACTIONS} | {action.short for action in ACTIONS if action.short}
    for table in (
        words.STAGES,
        words.ATTEMPTS,
        words.SOURCES,
        words.VERDICTS,
        words.ENVIRONMENTS,
        words.MODES,
    ):
        found |= set(table.values())
    found |= set(words.STEPS.values()) | {word for _, word, _ in words.LIGHTS.values()}
    for closed in (
        change_words.CHANGE_STATES,
        change_words.MODES,
        change_words.WINDOW_STATES,
    ):
        found |= {word for word, _ in closed.values()}
    for names in (
        change_words.RISKS,
        change_words.ROLES,
        change_words.INTERCEPTIONS,
        change_words.POLICIES,
        change_words.SCENARIOS,
        change_words.ANSWERS,
    ):
        found |= set(names.values())
    found |= set(stuck.CAUSES.values())
    found |= set(situation.VIEW_NAMES.values()) | set(help_screen.GROUPS.values())
    found |= {meaning for _, meaning in help_screen.SIGNS} | {field.meaning for field in FIELDS.values()}
    for path in (*ROOT.rglob("*.py"), *(ROOT.parent / "actions").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "t":
                first = node.args[0]
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    found.add(first.value)
    return found


def placeholders(message: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(message) if name is not None}


@pytest.mark.parametrize("message", sorted(messages()))
def test_every_message_has_a_chinese_one_with_the_same_placeholders(message: str) -> None:
    assert message in MESSAGES, f"no Chinese for {message!r}"
    assert placeholders(MESSAGES[message]) == placeholders(message)


def test_the_catalogue_holds_nothing_that_is_not_used() -> None:
    assert sorted({*OF_THE_CONSOLE, *OF_CHANGES} - messages()) == []


def is_certain(character: str) -> bool:
    return unicodedata.east_asian_width(character) != "A"


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("size", [(80, 24), (160, 48)])
async def test_no_glyph_of_the_frame_has_a_width_that_terminals_disagree_about(
    language: str, size: tuple[int, int]
) -> None:
    async with console(size=size, on=profile(language="zh" if language == "zh" else "en")) as one:
        for number in range(2, 60):
            one.link.send(board(number))
        every = ""
        for keys in (
            ("1",),
            ("2",),
            ("3",),
            ("space", "enter"),
            ("?",),
            ("escape", "ctrl+p"),
            ("escape", ":"),
        ):
            one.press(*keys)
            await Pilot(one.app).pause()
            every += one.text()
        assert {character for character in every if not is_certain(character)} <= {ELLIPSIS}


def test_no_chinese_message_has_an_ambiguous_width() -> None:
    assert {
        character
        for text in {**OF_THE_CONSOLE, **OF_CHANGES}.values()
        for character in text
        if not is_certain(character)
    } == set()


def test_a_history_is_drawn_in_braille_and_tells_zero_from_unknown() -> None:
    (line,) = bars([None, None, 0.0, 0.0, 2.0, 4.0], 1)
    assert line == " " + chr(0x2800 | 0xC0) + chr(0x2800 | 0x44 | 0xB8)
    assert bars([1.0, 1.0], 3)[0] == "⣿"
    assert all(is_certain(character) for character in "".join(bars([float(n) for n in range(40)], 4)))


async def test_the_chinese_console_speaks_chinese() -> None:
    async with console(size=(120, 40), on=profile(language="zh")) as one:
        await one.shows("沙箱", "实时", "主流程", "等待确认", "支付通道", "帮助")
        one.press("?")
        await one.shows("帮助：总览中可用的操作", "适用于：")
        one.press("escape", "3")
        await one.shows("笔还款", "已结清")
        one.press("enter")
        await one.shows("扣款尝试：1", "时间线：5")
        assert not [
            word for word in ("Flow", "Attempts", "Timeline", "settled", "stage") if word in one.text()
        ]
    use_language("en")


def test_every_palette_names_the_same_styles() -> None:
    assert PALETTES["mono"].keys() == PALETTES["night"].keys()


def test_the_mono_palette_uses_no_colour() -> None:
    use_theme("mono")
    for name in PALETTES["mono"]:
        one = style(name)
        assert (one.color is None or one.color.is_default) and (one.bgcolor is None or one.bgcolor.is_default)


def test_what_must_be_told_apart_is_told_apart_without_colour() -> None:
    use_theme("mono")
    plain = Style.null()
    for name in ("cursor", "bad", "warn", "production", "mode-offline", "input-cursor", "mark"):
        assert style(name).without_color != plain, name


def test_states_have_letters_of_their_own() -> None:
    letters = {word: letter for letter, word, _ in words.LIGHTS.values()}
    assert letters == {
        "healthy": "+",
        "ok": "+",
        "degraded": "!",
        "down": "x",
        "stopped": "-",
        "unknown": "?",
    }
