"""CookieScript: ``CookieScriptConsent``, JSON with ``action`` once somebody answered and ``categories``, a list that is itself JSON
in a string. Before an answer it may hold other settings. Source: cookies of live sites in public code; undated here, because the
unit of ``consenttime`` is not known.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from addon.consent.signal import Answer, MalformedSignal, NotThisFormat
from addon.jsontext import JsonError, parse, strings

from ._values import json_object

_ACTIONS = ("accept", "reject", "close")
_OWN = {"action", "googleconsentmap", "categories", "key", "consenttime"}
_MAX_CATEGORIES = 50


def cookie(name: str, cookies: Mapping[str, str]) -> Answer:
    document = json_object(cookies[name])
    if not _OWN.intersection(document):
        raise NotThisFormat("nothing of CookieScript's in it")
    action = document.get("action")
    if action is None:
        return Answer(False, "no action", complete=False)
    if action not in _ACTIONS:
        raise MalformedSignal("action is none of accept, reject and close")
    listed = document.get("categories", "[]")
    try:
        listed = parse(listed)[0] if isinstance(listed, str) else listed
    except JsonError as error:
        raise MalformedSignal(f"categories is no list: {error}") from None
    granted = strings(listed)
    if not isinstance(listed, list) or len(granted) != len(listed) or len(granted) > _MAX_CATEGORIES:
        raise MalformedSignal(f"categories is no list of at most {_MAX_CATEGORIES} names")
    # how much a plain "accept" covers is told by the list alone, so one without it grants nothing
    shown = json.dumps({"action": action, "categories": granted}, separators=(",", ":"))
    return Answer(True, shown, dict.fromkeys(granted, True))
