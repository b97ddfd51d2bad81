"""TrustArc: ``notice_gdpr_prefs`` (``0,1,2:``), ``notice_preferences`` (``2:``) and ``cmapi_cookie_privacy`` (``permit 1,2,3``).

They list the site's buckets that are permitted: the first two count from 0, and ``notice_preferences`` gives the highest alone;
``cmapi_cookie_privacy`` counts from 1. The first bucket is what is required; what the others hold, and how many there are, is the site's
to say. A trailing ``implied,...`` says that the value is the default of a region and nobody answered. ``cmapi_*`` is written before
anybody answers, so that it is no answer without one of the other two. ``cmapi_gtm_bl`` lists the tags that are blocked: empty, nothing
is refused. The buckets are keyed ``ta-1`` and up, as TrustArc's wrapper for Segment names them in a message's consent.

Source: github.com/trustarc/trustarc-segment-wrapper (src/lib/trustarc-api.ts); cookies of live sites in public code.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote

from addon.consent.signal import Answer, NotThisFormat
from vendor_catalog import Category

_LEVEL = re.compile(r"([0-9]{1,2}):([a-z,|:]{0,20})")
_LIST = re.compile(r"([0-9]{1,2}(?:[,|][0-9]{1,2}){0,30}):([a-z,|:]{0,20})")
_PERMIT = re.compile(r"permit[ _+]([0-9]{1,2}(?:[,|][0-9]{1,2}){0,30})(?:[ _+]required)?")
_NOTICES = ("notice_gdpr_prefs", "notice_preferences")
_PRIVACY = "cmapi_cookie_privacy"
_BLOCKED = "cmapi_gtm_bl"
_ALL = (Category.FUNCTIONAL, Category.ANALYTICS, Category.MARKETING)
_USUAL = 2
"""The highest bucket of three, from 0: required, functional, advertising."""


def cookie(name: str, cookies: Mapping[str, str]) -> Answer:
    own = _buckets(cookies[name], from_one=name == _PRIVACY)
    if own is None:
        raise NotThisFormat("neither 0,1,2: nor permit 1,2,3")
    notices = [_buckets(cookies[other], from_one=False) for other in _NOTICES if other in cookies]
    read = next((each for each in notices if each is not None), own)
    permitted, implied = read
    defaults = name == _PRIVACY and not any(notices)
    blocked = cookies.get(_BLOCKED)
    keys = {f"ta-{number + 1}": number in permitted for number in range(max(permitted) + 1)}
    shown = f"buckets {','.join(str(number) for number in sorted(permitted))}{' implied' if implied else ''}"
    return Answer(
        answered=not implied and not defaults,
        evidence=shown if blocked is None else f"{shown}, {'tags' if blocked else 'no tag'} blocked",
        keys=keys,
        complete=False,
        values=dict.fromkeys(_ALL, _all_or_nothing(permitted, blocked)),
    )


def _all_or_nothing(permitted: frozenset[int], blocked: str | None) -> bool | None:
    """Whether everything is granted or everything refused; ``None`` for what lies between."""
    if permitted == {0}:
        return False
    if blocked is not None:
        return None if blocked else True
    return True if set(range(_USUAL + 1)) <= permitted else None


def _buckets(value: str, *, from_one: bool) -> tuple[frozenset[int], bool] | None:
    """The permitted buckets, from 0, and whether nobody answered; ``None`` for what is not in this form."""
    text = unquote(value).strip().lower()
    permit = _PERMIT.fullmatch(text)
    if permit is not None:
        return _numbers(permit.group(1), first=1)
    if from_one:
        return None
    level = _LEVEL.fullmatch(text)
    if level is not None:
        return frozenset(range(int(level.group(1)) + 1)), "implied" in level.group(2)
    listed = _LIST.fullmatch(text)
    if listed is None:
        return None
    found = _numbers(listed.group(1), first=0)
    return None if found is None else (found[0], "implied" in listed.group(2))


def _numbers(text: str, first: int) -> tuple[frozenset[int], bool] | None:
    """Buckets from 0. What is required is always among them."""
    found = frozenset(int(number) - first for number in text.replace("|", ",").split(","))
    return (found, False) if 0 in found else None
