"""No text from outside reaches a widget of Textual's own, or the screen, past `shown`.

Textual passes escape sequences in data on to the terminal and reads plain strings as markup. So the
console's sources may not use what does that; what draws text is `lines.strip_of` and the virtual table,
which apply `shown` themselves.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from console import tui

ROOT = Path(tui.__file__).parent

DRAWING = {"widgets/lines.py", "widgets/table_lines.py"}
"""The only modules that turn text into something Textual draws; both apply `shown`."""

STOCK_TEXT = {
    "Static", "Label", "Markdown", "RichLog", "Log", "Header", "Footer", "Button", "Input", "TextArea",
    "DataTable", "Tree", "ListView", "OptionList", "Select", "Tooltip", "Toast", "Pretty", "Digits",
    "Sparkline", "Content", "Text", "Panel", "Table", "RichText",
}  # fmt: skip
"""Names of Textual's and Rich's that draw strings, most of them as markup."""

TEXT_ATTRIBUTES = {"title", "sub_title", "border_title", "border_subtitle", "tooltip", "placeholder"}
"""Attributes that Textual draws as markup or sends to the terminal."""

TEXT_CALLS = {"notify", "from_markup", "bell", "open_url", "write_line", "set_window_title", "from_ansi"}
"""Calls that hand text on unseen."""


def sources() -> Iterator[Path]:
    yield from (path for path in sorted(ROOT.rglob("*.py")) if "terminal" not in path.parts)


def imported(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield (module, name) of every import."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.module, alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_source_of_the_console_draws_text_another_way(path: Path) -> None:
    name = str(path.relative_to(ROOT))
    tree = ast.parse(path.read_text())
    wrong: list[str] = []
    for module, imported_name in imported(tree):
        if module.startswith(("textual", "rich")) and imported_name in STOCK_TEXT:
            wrong.append(f"imports {imported_name} from {module}")
        if module.startswith("textual.widgets"):
            wrong.append(f"imports {module}")
        if (
            imported_name in {"Segment", "Strip"}
            and name not in DRAWING
            and not _only_for_types(path, imported_name)
        ):
            wrong.append(f"makes {imported_name} by itself")
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Attribute)
            and isinstance(node.ctx, ast.Store)
            and node.attr in TEXT_ATTRIBUTES
        ):
            wrong.append(f"line {node.lineno}: sets .{node.attr}")
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in TEXT_CALLS
        ):
            wrong.append(f"line {node.lineno}: calls .{node.func.attr}()")
        if isinstance(node, ast.Attribute) and node.attr == "raw":
            wrong.append(f"line {node.lineno}: takes .raw of untrusted text")
        if isinstance(node, ast.FunctionDef) and node.name in {"render", "__rich__", "__rich_console__"}:
            wrong.append(f"line {node.lineno}: defines {node.name}()")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
            wrong.append(f"line {node.lineno}: prints")
    assert not wrong, wrong


def _only_for_types(path: Path, name: str) -> bool:
    """Tell whether a name is imported for annotations alone."""
    tree = ast.parse(path.read_text())
    return not any(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
        for node in ast.walk(tree)
    )


@pytest.mark.parametrize("name", sorted(DRAWING))
def test_what_draws_text_shows_it(name: str) -> None:
    """Every `Segment(…)` is made of a literal, of `shown(…)`, or of what `fit(shown(…))` gave."""
    tree = ast.parse((ROOT / name).read_text())
    calls = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Segment"
    ]
    assert calls
    text = (ROOT / name).read_text()
    assert "shown(" in text
    if name == "widgets/lines.py":
        (call,) = calls
        assert ast.unparse(call.args[0]) == "shown(text)"


def test_the_lint_sees_what_it_forbids(tmp_path: Path) -> None:
    bad = "from textual.widgets import Static\nclass W:\n    def f(self, x):\n        self.notify(x)\n"
    tree = ast.parse(bad)
    assert ("textual.widgets", "Static") in set(imported(tree))
    assert any(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in TEXT_CALLS
        for node in ast.walk(tree)
    )
