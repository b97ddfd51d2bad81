"""Segment's open-source consent manager: the cookie ``tracking-preferences``, JSON encoded by js-cookie; undated.

``destinations`` answers per Segment destination, ``custom`` per category. A click and an implied consent
(``implyConsentOnInteraction``) leave the same cookie. Source: segmentio/consent-manager 5.8.1
(``consent-manager-builder/preferences.ts``), run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from addon.consent.signal import Answer, MalformedSignal, NotThisFormat, unanimous
from addon.jsontext import Json, mapping
from vendor_catalog import Category

from ._values import json_object


def cookie(name: str, cookies: Mapping[str, str]) -> Answer:
    document = json_object(cookies[name])
    if "destinations" not in document and "custom" not in document:
        raise NotThisFormat("neither 'destinations' nor 'custom' in it")
    for key in ("destinations", "custom"):
        if document.get(key) is not None and not isinstance(document[key], dict):
            raise MalformedSignal(f"{key} is no object")
    destinations = _booleans(mapping(document.get("destinations")))
    custom = _booleans(mapping(document.get("custom")))
    kept: dict[str, Json] = {}
    if isinstance(document.get("version"), int):
        kept["version"] = document["version"]
    kept |= {key: dict(value) for key, value in (("destinations", destinations), ("custom", custom)) if key in document}
    values: dict[Category, bool | None] = {}
    if not custom:
        common = unanimous(list(destinations.values()))
        values = dict.fromkeys((Category.FUNCTIONAL, Category.ANALYTICS, Category.MARKETING), common)
    return Answer(
        answered=True,
        evidence=json.dumps(kept, separators=(",", ":")),
        keys=custom,
        # every category stands there, granted or not, so one that does not was never asked about
        complete=False,
        destinations=destinations,
        values=values,
    )


def _booleans(values: Mapping[str, Json]) -> dict[str, bool | None]:
    """``null`` and ``"N/A"`` occur and mean that nothing was said."""
    return {key: value if isinstance(value, bool) else None for key, value in list(values.items())[:1000]}
