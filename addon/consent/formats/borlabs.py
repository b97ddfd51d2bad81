"""Borlabs Cookie: ``borlabs-cookie``, JSON whose ``consents`` lists the groups that are granted; a missing one is refused.

Source: cookies of live sites in public code. Undated: ``expires`` is the cookie's own end.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from addon.consent.signal import Answer, MalformedSignal, NotThisFormat

from ._values import json_object

_MAX_GROUPS = 100


def cookie(name: str, cookies: Mapping[str, str]) -> Answer:
    document = json_object(cookies[name])
    if "consents" not in document:
        raise NotThisFormat("no 'consents' in it")
    consents = document["consents"]
    if not isinstance(consents, dict) or len(consents) > _MAX_GROUPS:
        raise MalformedSignal(f"consents is no object of at most {_MAX_GROUPS} groups")
    keys: dict[str, bool | None] = {}
    for group, services in consents.items():
        if not isinstance(services, list):
            raise MalformedSignal(f"the group {group[:40]!r} is {type(services).__name__}, not a list")
        keys[group] = bool(services)
    return Answer(True, json.dumps({"consents": keys}, separators=(",", ":")), keys)
