"""iubenda: ``_iub_cs-<policy>``, JSON with ``purposes`` (a boolean a purpose) or one ``consent`` for all; undated.

It is written on load with an ``id`` alone, which is no answer. Source: cookies of live sites in public code; iubenda's
documentation for the purposes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from addon.consent.signal import Answer, MalformedSignal, NotThisFormat
from vendor_catalog import Category

from ._values import json_object

_OWN = re.compile(r"_iub_cs-[0-9]+")
_MAX_PURPOSES = 20
_ALL = (Category.FUNCTIONAL, Category.ANALYTICS, Category.MARKETING)


def cookie(name: str, cookies: Mapping[str, str]) -> Answer:
    if name.startswith("_iub_cs-") and _OWN.fullmatch(name) is None:
        raise NotThisFormat("a companion of iubenda's cookie, which does not say what was chosen")
    document = json_object(cookies[name])
    purposes, consent = document.get("purposes"), document.get("consent")
    if purposes is None and consent is None:
        if "id" not in document:
            raise NotThisFormat("neither 'purposes' nor 'consent' nor 'id' in it")
        return Answer(False, "loaded", complete=False)
    if purposes is None:
        if not isinstance(consent, bool):
            raise MalformedSignal(f"consent is {type(consent).__name__}, not a boolean")
        return Answer(True, json.dumps({"consent": consent}), values=dict.fromkeys(_ALL, consent), complete=False)
    if not isinstance(purposes, dict) or len(purposes) > _MAX_PURPOSES:
        raise MalformedSignal(f"purposes is no object of at most {_MAX_PURPOSES}")
    keys: dict[str, bool | None] = {}
    for purpose, value in purposes.items():
        if not isinstance(value, bool):
            raise MalformedSignal(f"purpose {purpose[:20]!r} is {type(value).__name__}, not a boolean")
        keys[purpose] = value
    return Answer(True, json.dumps({"purposes": keys}, separators=(",", ":")), keys, complete=False)
