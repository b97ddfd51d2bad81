"""Google Ads: conversions, remarketing, enhanced conversions, and the Google tag's advertising pings."""

from __future__ import annotations

import re
from collections.abc import Iterator

from addon.exchange import Exchange
from vendor_catalog import Category

from .reader import Found, HitReader
from .wire import google_user_data, parameters, relayed

_CUSTOMER = re.compile(
    r"/(?:viewthroughconversion|conversion|1p-conversion|1p-user-list|form-data|rul|rmkt/collect)/(?:AW-)?([0-9]{5,20})(?:/|$)"
)
_EVENT_IN_DATA = re.compile(r"(?:^|;)event=([^;]{1,200})")
_REDACTED = ("", "0")


def _read(exchange: Exchange) -> Iterator[Found]:
    exchange = relayed(exchange)
    given = parameters(exchange)
    customer = _CUSTOMER.search(exchange.path)
    click = next((given[name] for name in ("gclaw", "gclid") if given.get(name, "") not in _REDACTED), None)
    yield Found(
        name=_name(given),
        account=f"AW-{customer[1]}" if customer else given.get("tid"),
        identifiers={
            "cookie_id": given.get("auid"),
            "click_id": click,
            "user_id": given.get("uid"),
            **google_user_data(given.get("em")),
        },
        page_url=given.get("url") or given.get("dl"),
    )


def _name(given: dict[str, str]) -> str | None:
    """``en``, or the event among remarketing's data; a call with a conversion's label is a conversion."""
    match = _EVENT_IN_DATA.search(given.get("data", ""))
    return given.get("en") or (match[1] if match else None) or ("conversion" if given.get("label") else None)


READER = HitReader(
    vendor="google-ads",
    decodes=(
        "conversion, viewthroughconversion, 1p-conversion, 1p-user-list, rul, form-data, ccm/collect: event name, account, the id of"
        " the _gcl_au cookie, click id, hashed e-mail and phone, page",
    ),
    sources=(
        "Omnibug, GoogleAds provider",
        "Google Ads confidential matching, EnhancedMatchMapper (tv.1~em.HASH~pn.HASH)",
        "Google Ads Help, Consent mode reference (click identifiers are redacted: gclaw=0)",
    ),
    read=_read,
    storage=Category.MARKETING,
)
