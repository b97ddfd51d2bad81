"""Usercentrics: its script interfaces ``UC_UI`` (version 2) and ``__ucCmp`` (version 3); the answer is kept in local storage.

Services count as consented to by default where nobody is asked; what tells an answer is that a service's history, or the whole
consent, has the type ``explicit``, or the event of a choice. Source: @usercentrics/cmp-browser-sdk 4.59.0; Usercentrics, Web CMP
API.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from addon.consent.signal import Answer, unanimous
from addon.jsontext import Json, mapping

from ._values import booleans, shown

_CHOICES = ("ACCEPT_ALL", "DENY_ALL", "SAVE")
_STATES = {"ALL_ACCEPTED": True, "ALL_DENIED": False}


def api(state: Mapping[str, Json], event: str | None) -> Answer:
    explicit = state.get("action") in _CHOICES or any(kind.lower() == "explicit" for kind in _types(state))
    if not explicit:
        return Answer(False if state.get("required") is True else None, "no explicit choice", complete=False)
    keys: dict[str, bool | None] = {
        slug: _STATES.get(said) if isinstance(said, str) else None
        for slug, said in list(mapping(state.get("groups")).items())[:300]
    }
    by_category: dict[str, list[bool | None]] = {}
    slugs = mapping(state.get("categories"))
    for service, granted in booleans(state.get("states")).items():
        slug = slugs.get(service)
        if isinstance(slug, str):
            by_category.setdefault(slug, []).append(granted)
    keys |= {slug: unanimous(said) for slug, said in by_category.items()}
    return Answer(True if keys else None, shown(keys), keys, complete=False)


def _types(state: Mapping[str, Json]) -> Iterator[str]:
    """The types of consent that stand in it: one of the whole, or those of each service's history."""
    for said in (state.get("type"), *mapping(state.get("types")).values()):
        yield from (each for each in (said, *mapping(said).values()) if isinstance(each, str))
