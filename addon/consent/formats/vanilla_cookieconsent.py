"""vanilla-cookieconsent 3: ``cc_cookie``, percent-encoded JSON, written at the first choice and dated at every later one.

``categories`` lists what is accepted; category names are the site's own. Without a consent id or a timestamp the plugin
asks again. Source: orestbida/cookieconsent 3.1.0 (``src/utils/cookies.js``), run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from addon.consent.signal import Answer, MalformedSignal, NotThisFormat
from addon.jsontext import strings

from ._values import from_iso, json_object


def cookie(name: str, cookies: Mapping[str, str]) -> Answer:
    document = json_object(cookies[name])
    if "categories" not in document:
        raise NotThisFormat("no 'categories' in it")
    if not isinstance(document["categories"], list):
        raise MalformedSignal("categories is no list")
    accepted = strings(document["categories"])[:200]
    whole = bool(document.get("consentId")) and bool(document.get("consentTimestamp"))
    kept = {
        key: document[key]
        for key in ("categories", "revision", "consentTimestamp", "lastConsentTimestamp")
        if key in document
    }
    return Answer(
        answered=True if whole else None,
        evidence=json.dumps(kept, separators=(",", ":")),
        keys=dict.fromkeys(accepted, True),
        effective_at=from_iso(document.get("lastConsentTimestamp")) or from_iso(document.get("consentTimestamp")),
    )
