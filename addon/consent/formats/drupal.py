"""EU Cookie Compliance (Drupal): ``cookie-agreed``, 0 for declined or withdrawn, 1 and 2 for agreed, with ``cookie-agreed-categories``
beside it, a JSON list, where the site asks by category. Undated. Closing the notice may store a 0, too.

Source: Drupal's module eu_cookie_compliance, js/eu_cookie_compliance.js (www.drupal.org/project/eu_cookie_compliance).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import unquote

from addon.consent.signal import Answer, MalformedSignal, NotThisFormat
from addon.jsontext import JsonError, parse, strings
from vendor_catalog import Category

CATEGORIES = "cookie-agreed-categories"
_STATES = {"0": False, "1": True, "2": True}
_ALL = (Category.FUNCTIONAL, Category.ANALYTICS, Category.MARKETING)
_MAX_CATEGORIES = 100


def cookie(name: str, cookies: Mapping[str, str]) -> Answer:
    status = unquote(cookies[name]).strip()
    if status not in _STATES:
        raise NotThisFormat("neither 0, 1 nor 2")
    listed = cookies.get(CATEGORIES)
    if not _STATES[status]:
        return Answer(True, status, complete=False, values=dict.fromkeys(_ALL, False))
    if not listed:
        return Answer(True, status, complete=False, values=dict.fromkeys(_ALL, True))
    try:
        document, rest = parse(unquote(listed))
    except JsonError as error:
        raise MalformedSignal(f"{CATEGORIES} is no JSON: {error}") from None
    granted = strings(document)
    if rest or not isinstance(document, list) or len(granted) != len(document) or len(granted) > _MAX_CATEGORIES:
        raise MalformedSignal(f"{CATEGORIES} is no list of at most {_MAX_CATEGORIES} names")
    return Answer(True, f"{status} {json.dumps(granted, separators=(',', ':'))}", dict.fromkeys(granted, True))
