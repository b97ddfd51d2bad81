"""Usercentrics: the picture ``/uct?v=1&sid=..&t=<code>`` by which it counts what happens to its banner, and its script interfaces
``UC_UI`` (version 2) and ``__ucCmp`` (version 3); the answer itself stays in local storage.

Of the picture, 1 says that the banner is shown; accepting all is 2, 5 (first layer) and 8 (second), denying all 3, 6 and 9, saving a
selection 4, 7 and 10, of which the call does not say what it holds. In the interfaces, services count as consented to by default
where nobody is asked; what tells an answer is that a service's history, or the whole consent, has the type ``explicit``, or the
event of a choice. Source: @usercentrics/cmp-browser-sdk 4.59.0 (``setTrackingPixel``); Usercentrics, Web CMP API.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import parse_qsl

from addon.consent.signal import Answer, MalformedSignal, NotThisFormat, unanimous
from addon.exchange import Exchange
from addon.jsontext import Json, mapping
from vendor_catalog import Category

from ._values import booleans, shown

_SHOWN, _ACCEPTED, _DENIED, _SAVED = ("1",), ("2", "5", "8"), ("3", "6", "9"), ("4", "7", "10")
_ALL = (Category.FUNCTIONAL, Category.ANALYTICS, Category.MARKETING)


def call(exchange: Exchange) -> Answer:
    try:
        code = dict(parse_qsl(exchange.query, max_num_fields=50)).get("t", "")
    except ValueError:
        raise MalformedSignal("more than 50 parameters") from None
    at = exchange.started_at
    if code in _SHOWN:
        return Answer(False, f"t={code}", complete=False)
    if code in _SAVED:
        return Answer(True, f"t={code}", complete=False, effective_at=at)
    if code in (*_ACCEPTED, *_DENIED):
        return Answer(True, f"t={code}", values=dict.fromkeys(_ALL, code in _ACCEPTED), complete=False, effective_at=at)
    raise NotThisFormat("another event than the banner's and its buttons'")


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
