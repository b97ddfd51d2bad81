"""Didomi: ``didomi_token``, base64 of JSON; answered once it has ``purposes`` or ``vendors``, each with lists of what is enabled and
disabled. Names are the site's own; ``c:`` marks a custom vendor. Undated: ``updated`` may be later than the choice. Source: tokens
of live sites in public code.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from urllib.parse import unquote

from addon.consent.signal import Answer, MalformedSignal, NotThisFormat
from addon.jsontext import Json, JsonError, parse, strings

from ._values import booleans, shown

_MAX_NAMES = 2000


def cookie(name: str, cookies: Mapping[str, str]) -> Answer:
    text = unquote(cookies[name]).strip()
    try:
        decoded = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
        document = parse(decoded.decode("utf-8"))[0]
    except (binascii.Error, ValueError, JsonError):
        raise NotThisFormat("no JSON in base64") from None
    if not isinstance(document, dict) or not {"user_id", "created", "purposes", "vendors"}.intersection(document):
        raise NotThisFormat("nothing of Didomi's in it")
    keys: dict[str, bool | None] = {}
    for part in ("purposes", "vendors"):
        lists = document.get(part)
        if lists is None:
            continue
        if not isinstance(lists, dict):
            raise MalformedSignal(f"{part} is no object")
        for state, value in (("enabled", True), ("disabled", False)):
            listed = lists.get(state, [])
            names = strings(listed)
            if not isinstance(listed, list) or len(names) != len(listed) or len(names) > _MAX_NAMES:
                raise MalformedSignal(f"{part}.{state} is no list of at most {_MAX_NAMES} names")
            for each in names:
                key = each.removeprefix("c:")
                # enabled and disabled at once, or a purpose and a vendor of one name that differ: not to be told
                keys[key] = value if keys.get(key, value) is value else None
    answered = "purposes" in document or "vendors" in document
    return Answer(answered, json.dumps(keys, separators=(",", ":")), keys, complete=False)


def api(state: Mapping[str, Json], event: str | None) -> Answer:
    """``Didomi.getCurrentUserStatus()``, which lists everything as refused before anybody answered: ``consent.changed`` tells of
    an answer, and ``shouldUserStatusBeCollected()`` that there is none."""
    if event != "consent.changed":
        return Answer(False if state.get("needed") is True else None, "no answer was seen", complete=False)
    keys: dict[str, bool | None] = {}
    for part in ("purposes", "vendors"):
        for name, value in booleans(state.get(part)).items():
            key = name.removeprefix("c:")
            keys[key] = value if keys.get(key, value) is value else None
    return Answer(True, shown(keys), keys, complete=False)
