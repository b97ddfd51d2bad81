"""Cookiebot: the cookie ``CookieConsent`` (a JavaScript literal) and the log call at the moment of choice.

``-1`` alone says that no consent was requested, because the site requests none in the visitor's region; ``0`` that everything
was refused. ``stamp:'-1'`` or ``method:'implied'`` means a region where no consent is requested: values, but no answer. Older
cookies have no ``method``. The name collides with many hand-made cookies, so the grammar decides. Source: cookies and log calls
of live sites in public code; cookiebot.com/developer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, unquote

from addon.consent.signal import Answer, MalformedSignal, NotThisFormat
from addon.exchange import Exchange
from addon.jsontext import Json
from addon.timestamps import from_milliseconds

_PAIR = re.compile(r"\s*([A-Za-z0-9_]+)\s*:\s*('(?:[^'\\]|\\.)*'|true|false|-?\d+)\s*(,|$)")
_CATEGORIES = ("necessary", "preferences", "statistics", "marketing")
_SHORT = {
    "-1": Answer(False, "-1", complete=False, unasked=True),
    "0": Answer(True, "0", {"necessary": True, "preferences": False, "statistics": False, "marketing": False}),
}
"""What stands for a whole answer."""
_FLAGS = {"true": True, "1": True, "false": False, "0": False}


def cookie(name: str, cookies: Mapping[str, str]) -> Answer:
    text = unquote(cookies[name]).strip()
    if text in _SHORT:
        return _SHORT[text]
    if not (text.startswith("{") and text.endswith("}") and "stamp:" in text):
        raise NotThisFormat("not Cookiebot's literal")
    fields = _fields(text[1:-1])
    missing = [category for category in _CATEGORIES if fields.get(category) not in ("true", "false")]
    if missing:
        raise MalformedSignal(f"{missing[0]} is {fields.get(missing[0], 'missing')[:20]}, not true or false")
    stamp = fields.get("stamp", "").strip("'")
    method = fields.get("method", "").strip("'")
    explicit = stamp != "-1" and method in ("explicit", "")
    kept = [f"{key}:{fields[key]}" for key in (*_CATEGORIES, "method", "ver", "utc", "region") if key in fields]
    return Answer(
        answered=explicit,
        evidence="{" + ",".join(kept) + "}",
        keys={category: fields[category] == "true" for category in _CATEGORIES},
        complete=False,
        effective_at=from_milliseconds(fields.get("utc")),
        unasked=stamp == "-1",
    )


def _fields(inner: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    position = 0
    while position < len(inner):
        pair = _PAIR.match(inner, position)
        if pair is None:
            # not shown: it may be the person's stamp
            raise MalformedSignal(f"unreadable from character {position + 1}")
        fields[pair.group(1)] = pair.group(2)
        position = pair.end()
    return fields


def call(exchange: Exchange) -> Answer:
    """``logconsent.ashx?action=accept|decline&clp=..&cls=..&clm=..``: preferences, statistics, marketing."""
    try:
        fields = dict(parse_qsl(exchange.query, keep_blank_values=True, max_num_fields=100))
    except ValueError:
        raise MalformedSignal("more than 100 parameters") from None
    action = fields.get("action")
    if action not in ("accept", "decline"):
        raise MalformedSignal(f"action is {str(action)[:20]!r}, neither accept nor decline")
    names = {"preferences": "clp", "statistics": "cls", "marketing": "clm"}
    keys: dict[str, bool | None] = {"necessary": True}
    for category, parameter in names.items():
        keys[category] = False if action == "decline" else _FLAGS.get(fields.get(parameter, "").lower())
    shown = "&".join(f"{key}={fields[key][:20]}" for key in ("action", "method", "clp", "cls", "clm") if key in fields)
    return Answer(True, shown, keys, complete=False, effective_at=exchange.started_at)


def api(state: Mapping[str, Json], event: str | None) -> Answer:
    """``Cookiebot``: ``hasResponse``, the dialog, and ``consent`` by category. Where no consent was requested the method is
    ``implied``, as in the cookie."""
    keys = {category: flag for category in _CATEGORIES if isinstance(flag := state.get(category), bool)}
    if state.get("answered") is True and len(keys) == len(_CATEGORIES):
        explicit = state.get("method") in (None, "", "explicit")
        return Answer(explicit, json.dumps(keys, separators=(",", ":")), keys, complete=False)
    return Answer(False if state.get("open") is True else None, "no response", complete=False)
