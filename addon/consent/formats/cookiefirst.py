"""CookieFirst: ``cookiefirst-consent``, JSON with a boolean a category; written at the choice.

Source: cookies of live sites in public code. The unit of its timestamp is not known, so it does not date the choice.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from addon.consent.signal import Answer, MalformedSignal, NotThisFormat

from ._values import json_object

_CATEGORIES = ("necessary", "performance", "functional", "advertising")


def cookie(name: str, cookies: Mapping[str, str]) -> Answer:
    document = json_object(cookies[name])
    if "necessary" not in document:
        raise NotThisFormat("no 'necessary' in it")
    keys: dict[str, bool | None] = {}
    for category in _CATEGORIES:
        value = document.get(category)
        if value is not None and not isinstance(value, bool):
            raise MalformedSignal(f"{category} is {type(value).__name__}, not a boolean")
        keys[category] = value
    return Answer(True, json.dumps(keys, separators=(",", ":")), keys, complete=False)
