"""Usercentrics: the picture ``/uct?v=1&sid=..&t=<code>`` by which it counts what happens to its banner.

1 the banner is shown; accepting all is 2, 5 (first layer) and 8 (second), denying all 3, 6 and 9, saving a selection 4, 7 and 10,
of which the call does not say what it holds. The answer itself stays in local storage. Source: @usercentrics/cmp-browser-sdk
4.59.0 (``setTrackingPixel``).
"""

from __future__ import annotations

from urllib.parse import parse_qsl

from addon.consent.signal import Answer, MalformedSignal, NotThisFormat
from addon.exchange import Exchange
from vendor_catalog import Category

_SHOWN, _ACCEPTED, _DENIED, _SAVED = ("1",), ("2", "5", "8"), ("3", "6", "9"), ("4", "7", "10")
_ALL = (Category.FUNCTIONAL, Category.ANALYTICS, Category.MARKETING)


def call(exchange: Exchange) -> Answer:
    try:
        code = dict(parse_qsl(exchange.query, max_num_fields=50)).get("t", "")
    except ValueError:
        raise MalformedSignal("more than 50 parameters") from None
    at = exchange.started_at
    if code in _SHOWN:
        return Answer(False, f"t={code}", complete=False)
    if code in _SAVED:
        return Answer(True, f"t={code}", complete=False, effective_at=at)
    if code in (*_ACCEPTED, *_DENIED):
        return Answer(True, f"t={code}", values=dict.fromkeys(_ALL, code in _ACCEPTED), complete=False, effective_at=at)
    raise NotThisFormat("another event than the banner's and its buttons'")
