"""Axeptio: ``axeptio_cookies``, JSON with a boolean a vendor beside fields that begin with ``$$``; written on load and answered once
``$$completed`` is true. Vendors are the site's own names. Undated: what ``$$date`` dates is not known. Source: cookies of live sites
in public code.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from addon.consent.signal import Answer, MalformedSignal, NotThisFormat

from ._values import json_object

_MAX_VENDORS = 500


def cookie(name: str, cookies: Mapping[str, str]) -> Answer:
    document = json_object(cookies[name])
    if "$$completed" not in document:
        raise NotThisFormat("no '$$completed' in it")
    completed = document["$$completed"]
    if not isinstance(completed, bool):
        raise MalformedSignal("$$completed is no boolean")
    keys: dict[str, bool | None] = {}
    for vendor, value in list(document.items())[:_MAX_VENDORS]:
        if vendor.startswith("$$"):
            continue
        if not isinstance(value, bool):
            raise MalformedSignal(f"the vendor {vendor[:40]!r} is {type(value).__name__}, not a boolean")
        keys[vendor] = value
    shown = json.dumps({"$$completed": completed, **keys}, separators=(",", ":"))
    return Answer(completed, shown, keys, complete=False)
