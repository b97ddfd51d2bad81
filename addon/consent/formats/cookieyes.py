"""CookieYes: ``cookieyes-consent``, a plain list ``key:yes|no`` with ``action:yes`` once somebody answered; undated.

Where the law lets everything run until somebody objects it is written with ``consent:yes,action:no`` and everything on: values,
but no answer. Source: cookies of live sites in public code.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote

from addon.consent.signal import Answer, MalformedSignal, NotThisFormat

_CATEGORIES = ("necessary", "functional", "analytics", "performance", "advertisement", "other")
_STATES = {"yes": True, "no": False, "": None}


def cookie(name: str, cookies: Mapping[str, str]) -> Answer:
    text = unquote(cookies[name])
    fields = dict(part.partition(":")[::2] for part in text.split(",")[:50])
    if "action" not in fields or "consent" not in fields:
        raise NotThisFormat("neither 'action' nor 'consent' in it")
    keys: dict[str, bool | None] = {}
    for category in _CATEGORIES:
        if category in fields:
            if fields[category] not in _STATES:
                raise MalformedSignal(f"{category} is neither yes nor no")
            keys[category] = _STATES[fields[category]]
    action = fields["action"]
    if action not in _STATES:
        raise MalformedSignal("action is neither yes nor no")
    shown = ",".join(f"{key}:{fields[key]}" for key in ("action", *keys))
    return Answer(action == "yes", shown, keys, complete=False)
