"""Complianz: ``cmplz_banner-status=dismissed`` once somebody answered, beside a cookie a category, ``allow`` or ``deny``; undated.

Category cookies may exist by default, and the banner's may exist without them. Source: cookies of live sites in public code.
"""

from __future__ import annotations

from collections.abc import Mapping

from addon.consent.signal import Answer, MalformedSignal, NotThisFormat

CATEGORIES = ("functional", "preferences", "statistics", "statistics-anonymous", "marketing")
_STATES = {"allow": True, "deny": False}


def cookie(name: str, cookies: Mapping[str, str]) -> Answer:
    if cookies[name].strip() != "dismissed":
        raise NotThisFormat("the banner's status is another than 'dismissed'")
    keys: dict[str, bool | None] = {}
    for category in CATEGORIES:
        state = cookies.get(f"cmplz_{category}", "").strip()
        if state and state not in _STATES:
            raise MalformedSignal(f"{category} is neither allow nor deny")
        if state:
            keys[category] = _STATES[state]
    shown = " ".join(f"{key}={'allow' if value else 'deny'}" for key, value in keys.items()) or "no category"
    return Answer(True, shown, keys, complete=False)
