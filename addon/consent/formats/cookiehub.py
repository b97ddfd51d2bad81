"""CookieHub: ``cookiehub``, JSON in base64 with ``answered``. The categories that are allowed stand in it as numbers, the older way as
objects with their value; ``allAllowed`` stands for all of them. ``timestamp`` tells when.

Source: cookies of live sites in public code; the consent resolver of the shop software Ekom and its tests in public code.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from urllib.parse import unquote

from addon.consent.signal import Answer, MalformedSignal, NotThisFormat
from addon.jsontext import Json, JsonError, parse
from addon.timestamps import from_iso
from vendor_catalog import Category

_NUMBERED = {1: "necessary", 2: "preferences", 3: "analytics", 4: "marketing"}
_ALL = (Category.FUNCTIONAL, Category.ANALYTICS, Category.MARKETING)
_MAX_CATEGORIES = 100
_STANDARD = str.maketrans("-_", "+/")


def cookie(name: str, cookies: Mapping[str, str]) -> Answer:
    text = unquote(cookies[name]).strip().rstrip("=").translate(_STANDARD)
    try:
        decoded = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
        document = parse(decoded.decode("utf-8"))[0]
    except (binascii.Error, ValueError, JsonError):
        raise NotThisFormat("no JSON in base64") from None
    if not isinstance(document, dict) or not isinstance(document.get("answered"), bool):
        raise NotThisFormat("no 'answered' in it")
    answered = bool(document["answered"])
    listed = document.get("categories")
    if not isinstance(listed, list) or len(listed) > _MAX_CATEGORIES:
        raise MalformedSignal(f"categories is no list of at most {_MAX_CATEGORIES}")
    everything = document.get("allAllowed") is True and not listed
    keys = {} if everything else _keys(listed)
    shown = json.dumps({"answered": answered, "allAllowed": everything, "categories": keys}, separators=(",", ":"))
    return Answer(
        answered,
        shown,
        keys,
        complete=False,
        values=dict.fromkeys(_ALL, True) if everything else {},
        effective_at=from_iso(document.get("timestamp")) if answered else None,
    )


def _keys(listed: list[Json]) -> dict[str, bool | None]:
    """What is granted and refused. Where numbers are listed, those that are missing are refused."""
    if any(isinstance(entry, dict) for entry in listed):
        found: dict[str, bool | None] = {}
        for entry in listed:
            if isinstance(entry, dict) and isinstance(entry.get("id"), str):
                value = entry.get("value")
                found[str(entry["id"])] = value if isinstance(value, bool) else None
        return found
    if not all(isinstance(entry, int) for entry in listed):
        raise MalformedSignal("categories is a list of neither numbers nor objects")
    numbers = {entry for entry in listed if isinstance(entry, int)}
    named: dict[str, bool | None] = {word: number in numbers for number, word in _NUMBERED.items()}
    return named | {f"category {number}": True for number in sorted(numbers - _NUMBERED.keys())}
