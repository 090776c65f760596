"""Every kind of change there is, found by itself: each module in a `changes` package of a capability."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any

import console
from console.store.kinds import Kind


@cache
def kinds() -> Mapping[str, Kind[Any]]:
    """Return all kinds by name."""
    found: dict[str, Kind[Any]] = {}
    for module in _modules():
        for _, member in inspect.getmembers(module, inspect.isclass):
            own = member.__module__ == module.__name__
            if own and issubclass(member, Kind) and not inspect.isabstract(member):
                if member.name in found:
                    raise TypeError(f"two kinds of change are called {member.name}")
                found[member.name] = member()
    return MappingProxyType(dict(sorted(found.items())))


def _modules() -> Iterator[ModuleType]:
    for root in console.__path__:
        for package in sorted(Path(root).glob("*/changes/__init__.py")):
            name = f"console.{package.parent.parent.name}.changes"
            for module in pkgutil.iter_modules(importlib.import_module(name).__path__, f"{name}."):
                yield importlib.import_module(module.name)
