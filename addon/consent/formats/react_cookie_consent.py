"""react-cookie-consent: the cookie ``CookieConsent`` by default, ``true`` or ``false``; undated.

It shares the name with Cookiebot, whose values are others. It asks once for everything. Source: Mastermindzh/react-cookie-consent,
README (``cookieName``, ``cookieValue``, ``declineCookieValue``).
"""

from __future__ import annotations

from collections.abc import Mapping

from addon.consent.signal import Answer, NotThisFormat
from vendor_catalog import Category

_STATES = {"true": True, "false": False}
_ALL = (Category.FUNCTIONAL, Category.ANALYTICS, Category.MARKETING)


def cookie(name: str, cookies: Mapping[str, str]) -> Answer:
    status = cookies[name].strip()
    if status not in _STATES:
        raise NotThisFormat("neither true nor false")
    return Answer(True, status, values=dict.fromkeys(_ALL, _STATES[status]), complete=False)
