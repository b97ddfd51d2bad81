"""vanilla-cookieconsent 3: ``cc_cookie``, percent-encoded JSON, written at the first choice and dated at every later one.

``categories`` lists what is accepted; category names are the site's own. ``services`` has every category that the site offers,
accepted or not. Without a consent id or either timestamp the plugin asks again. Source: orestbida/cookieconsent 3.1.0
(``src/utils/cookies.js``, ``src/core/config-init.js``), run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from addon.consent.signal import Answer, MalformedSignal, NotThisFormat
from addon.jsontext import Json, mapping, strings
from addon.timestamps import from_iso

from ._values import json_object, shown

_MAX_CATEGORIES = 200


def cookie(name: str, cookies: Mapping[str, str]) -> Answer:
    document = json_object(cookies[name])
    if "categories" not in document:
        raise NotThisFormat("no 'categories' in it")
    listed = document["categories"]
    accepted = strings(listed)
    if not isinstance(listed, list) or len(accepted) != len(listed) or len(listed) > _MAX_CATEGORIES:
        raise MalformedSignal(f"categories is no list of at most {_MAX_CATEGORIES} names")
    first, last = document.get("consentTimestamp"), document.get("lastConsentTimestamp")
    whole = all(isinstance(value, str) and value for value in (document.get("consentId"), first, last))
    offered = list(mapping(document.get("services")))[:_MAX_CATEGORIES]
    kept: dict[str, Json] = {"categories": listed}
    if isinstance(document.get("revision"), (int, float)):
        kept["revision"] = document["revision"]
    for key, value in (("consentTimestamp", first), ("lastConsentTimestamp", last)):
        if from_iso(value) is not None:
            kept[key] = value
    return Answer(
        answered=True if whole else None,
        evidence=json.dumps(kept, separators=(",", ":")),
        keys={**dict.fromkeys(offered, False), **dict.fromkeys(accepted, True)},
        # the other timestamp is that of the first choice ever, which this need not be
        effective_at=from_iso(last),
    )


def api(state: Mapping[str, Json], event: str | None) -> Answer:
    """``getUserPreferences()`` where ``validConsent()``, else what the last of its events carried: they come with an answer
    alone. An answer that is not valid may only not be loaded yet, so that it says nothing."""
    if state.get("valid") is not True and not (event and event.startswith("cc:on") and "categories" in state):
        return Answer(None, "no valid consent", complete=False)
    accepted, rejected = state.get("accepted"), state.get("rejected")
    if not isinstance(accepted, list):
        accepted, rejected = state.get("categories"), []
    keys: dict[str, bool | None] = dict.fromkeys(strings(rejected)[:_MAX_CATEGORIES], False)
    keys |= dict.fromkeys(strings(accepted)[:_MAX_CATEGORIES], True)
    return Answer(True, shown(keys), keys, effective_at=from_iso(state.get("dated")))
