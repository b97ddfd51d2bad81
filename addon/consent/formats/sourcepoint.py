"""Sourcepoint: the call ``/wrapper/v2/choice/<law>/<type>`` at the moment of choice; the answer itself stays in local storage.

Type 11 accepts all, 13 rejects all; the others open options or save a part, whose content is not read here. ``consent-all`` is a
prefetch and no choice. Source: Sourcepoint's SDK tests and duckduckgo/autoconsent's class names in public code.
"""

from __future__ import annotations

import re

from addon.consent.signal import Answer, NotThisFormat
from addon.exchange import Exchange
from vendor_catalog import Category

_CHOICE = re.compile(r"/wrapper/v2/choice/(gdpr|ccpa|usnat)/([0-9]{1,3})$")
_STATES = {"11": True, "13": False}
_ALL = (Category.FUNCTIONAL, Category.ANALYTICS, Category.MARKETING)


def call(exchange: Exchange) -> Answer:
    found = _CHOICE.search(exchange.path)
    if found is None or exchange.method != "POST":
        raise NotThisFormat("no choice of all or nothing")
    law, kind = found.groups()
    if kind not in _STATES:
        return Answer(None, f"{law} {kind}", complete=False)
    values = dict.fromkeys(_ALL, _STATES[kind])
    return Answer(True, f"{law} {kind}", values=values, complete=False, effective_at=exchange.started_at)
