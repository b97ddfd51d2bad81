"""Commanders Act (TrustCommander): ``TC_PRIVACY``, parts with ``@`` between them: status, version, categories, categories that are
always blocked, and when it was updated, in milliseconds.

``1`` is opted out and ``0`` opted in, each of the categories that follow: what is not listed is not said, and ``ALL`` or nothing after
``1`` is everything. The numbers are the site's own. Source: community.commandersact.com, TrustCommander, "Consent cookie"; cookies of
live sites in public code.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote

from addon.consent.signal import Answer, MalformedSignal, NotThisFormat
from addon.timestamps import from_milliseconds
from vendor_catalog import Category

_BEGINS = re.compile(r"[01]@[0-9]{1,6}[|@]")
_NUMBER = re.compile(r"[0-9]{1,8}")
_ALL = (Category.FUNCTIONAL, Category.ANALYTICS, Category.MARKETING)
_MAX_CATEGORIES = 500
_PARTS = 2
"""How many parts follow the version at least: the categories, and what is always blocked."""


def cookie(name: str, cookies: Mapping[str, str]) -> Answer:
    text = unquote(cookies[name]).strip()
    if _BEGINS.match(text) is None:
        raise NotThisFormat("no status and version with @ between them")
    status, _, *others = text.split("@")
    if len(others) < _PARTS:
        raise MalformedSignal("cut short: nothing follows the categories")
    listed, *rest = others
    granted = status == "0"
    numbers = [] if listed in ("", "ALL") else listed.split(",", _MAX_CATEGORIES)
    if len(numbers) > _MAX_CATEGORIES or not all(_NUMBER.fullmatch(number) for number in numbers):
        raise MalformedSignal("the categories are no numbers with commas between them")
    refuses_all = not granted and not numbers
    return Answer(
        answered=True,
        evidence=f"{status}@...@{listed[:1000]}",
        keys=dict.fromkeys(numbers, granted),
        complete=False,
        values=dict.fromkeys(_ALL, False) if refuses_all else dict.fromkeys(_ALL) if granted else {},
        effective_at=_updated(rest),
    )


def _updated(rest: list[str]) -> float | None:
    """The first of the timestamps; they stand in one part, behind the categories that are always blocked."""
    moments = (from_milliseconds(part.partition(",")[0]) for part in rest[:3])
    return next((moment for moment in moments if moment is not None), None)
