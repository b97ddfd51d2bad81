"""What is compared: each library by a module of its own in ``packages``, against the code and the catalogue."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from . import packages
from .javascript import members

ROOT = Path(__file__).parents[2]
_REVIEWED = Path(__file__).with_name("reviewed.toml")
_WORD = re.compile(r"[A-Za-z_$][\w$]*(?:\.[A-Za-z_]\w*)*")


class Kind(Enum):
    """What a library knows that we do not; the value is a heading."""

    SECTION = "sections of a GPP string"
    FIELD = "fields of a section that we read"
    SEGMENT = "segments of a TC string"
    RESTRICTION = "publisher restrictions of a TC string"
    MANAGER = "consent managers"
    SETTING = "settings of a source"
    METRIC = "metrics"
    EVENT = "events that report a choice"


@dataclass(frozen=True, slots=True)
class Unknown:
    """One thing that a library knows and we do not."""

    package: str
    kind: Kind
    name: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Drift:
    versions: tuple[str, ...]
    """Of each package: the newest, and the one that was reviewed last."""
    unknown: tuple[Unknown, ...]
    """What nobody has reviewed, in order of package and kind."""
    known_by_now: tuple[str, ...]
    """What ``reviewed.toml`` leaves although it is known by now, or no library knows it any more."""


type Reading = Callable[[Path], Iterator[Unknown]]


@lru_cache(maxsize=1)
def readings() -> dict[str, Reading]:
    """Package -> what reads its folder: every module of ``packages``."""
    modules = [import_module(f"{packages.__name__}.{each.name}") for each in iter_modules(packages.__path__)]
    return {module.PACKAGE: module.unknown for module in modules}


@lru_cache(maxsize=1)
def own_words() -> frozenset[str]:
    """Every name that stands in a string of our code: what is nowhere in it, nothing reads."""
    words: set[str] = set()
    for file in (ROOT / "addon").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                words.update(_WORD.findall(node.value))
    return frozenset(words)


def unread_settings(package: str, declarations: str, interfaces: Iterable[str]) -> Iterator[Unknown]:
    """The keys of a source's settings, as TypeScript declares them, that stand nowhere in our code."""
    for interface in interfaces:
        for name in dict.fromkeys(members(declarations, interface)):
            if name not in own_words():
                yield Unknown(package, Kind.SETTING, name, interface)


def reviewed() -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """Package -> version that was reviewed last; kind -> name -> why it is left."""
    document = tomllib.loads(_REVIEWED.read_text(encoding="utf-8"))
    return document["versions"], document["left"]


def compared(folders: Mapping[str, Path]) -> Drift:
    """What the installed packages know and we do not, without what was reviewed."""
    versions, left = reviewed()
    lines = []
    unknown: list[Unknown] = []
    for package, folder in folders.items():
        newest = json.loads((folder / "package.json").read_text(encoding="utf-8"))["version"]
        seen = versions.get(package, "none")
        lines.append(f"{package} {newest}" + ("" if newest == seen else f" (reviewed last: {seen})"))
        unknown += readings()[package](folder)
    new = [one for one in unknown if one.name not in left.get(one.kind.name.lower(), {})]
    new.sort(key=lambda one: (one.package, one.kind.name, one.name.lower()))
    found = {(one.kind.name.lower(), one.name) for one in unknown}
    stale = (f"{kind}: {name}" for kind, names in left.items() for name in names if (kind, name) not in found)
    return Drift(tuple(lines), tuple(new), tuple(stale))
