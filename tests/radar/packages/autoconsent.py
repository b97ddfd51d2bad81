"""DuckDuckGo's rules for consent banners: which consent managers there are. Rules for one site alone name none."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from tests.radar.drift import Kind, Unknown
from vendor_catalog import shipped_catalogue

PACKAGE = "@duckduckgo/autoconsent"
_CLASS_NAME = re.compile(r"^\s+name = '([^']+)'", re.MULTILINE)
_SITE = re.compile(r"[\w.-]+[.-](com|org|net|de|nl|it|be|us|uk|at|gov\.uk|co\.uk)", re.IGNORECASE)
_SHORTEST = 4
"""Letters of a name that may be found within another one."""


def unknown(folder: Path) -> Iterator[Unknown]:
    for name in sorted({*_of_rules(folder), *_of_classes(folder)}, key=str.lower):
        if not _SITE.fullmatch(name) and not _is_known(_plain(name)):
            yield Unknown(PACKAGE, Kind.MANAGER, name)


def _of_rules(folder: Path) -> Iterator[str]:
    for file in sorted((folder / "rules" / "autoconsent").glob("*.json")):
        rule = json.loads(file.read_text(encoding="utf-8"))
        if not rule.get("cosmetic") and not rule.get("runContext", {}).get("urlPattern"):
            yield rule["name"]


def _of_classes(folder: Path) -> Iterator[str]:
    for file in sorted((folder / "lib" / "cmps").glob("*.ts")):
        yield from _CLASS_NAME.findall(file.read_text(encoding="utf-8"))


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


@lru_cache(maxsize=1)
def _own() -> frozenset[str]:
    managers = shipped_catalogue().consent_managers.values()
    return frozenset(_plain(each) for manager in managers for each in (manager.id, manager.name.partition(" by ")[0]))


def _is_known(plain: str) -> bool:
    """Whether one of our names is in theirs or theirs in ours: ``Cybotcookiebot``, ``usercentrics-api``."""
    return any(
        own == plain or (len(own) > _SHORTEST and own in plain) or (len(plain) > _SHORTEST and plain in own)
        for own in _own()
    )
