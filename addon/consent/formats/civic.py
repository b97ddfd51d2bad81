"""Civic Cookie Control: ``CookieControl``, JSON with each optional cookie group ``accepted`` or ``revoked``, whether the person
interacted, and when. ``interactedWith: false`` is an implied state, no answer. Source: cookies of live sites in public code.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from addon.consent.signal import Answer, MalformedSignal, NotThisFormat
from addon.timestamps import from_milliseconds

from ._values import json_object

_STATES = {"accepted": True, "revoked": False, "legitimate interest": None}
_MAX_GROUPS = 50


def cookie(name: str, cookies: Mapping[str, str]) -> Answer:
    document = json_object(cookies[name])
    groups, interacted = document.get("optionalCookies"), document.get("interactedWith")
    if groups is None and interacted is None:
        raise NotThisFormat("neither 'optionalCookies' nor 'interactedWith' in it")
    if not isinstance(groups, dict) or len(groups) > _MAX_GROUPS:
        raise MalformedSignal(f"optionalCookies is no object of at most {_MAX_GROUPS} groups")
    if not isinstance(interacted, bool):
        raise MalformedSignal("interactedWith is no boolean")
    keys: dict[str, bool | None] = {}
    for group, state in groups.items():
        if not isinstance(state, str) or state not in _STATES:
            raise MalformedSignal(f"the group {group[:40]!r} is neither accepted nor revoked")
        keys[group] = _STATES[state]
    shown = json.dumps({"optionalCookies": groups, "interactedWith": interacted}, separators=(",", ":"))
    dated = from_milliseconds(document.get("consentDate")) if interacted else None
    return Answer(interacted, shown, keys, complete=False, effective_at=dated)
