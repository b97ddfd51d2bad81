"""LinkedIn: the Insight Tag's images, its compressed web signals, and the Conversions API."""

from __future__ import annotations

from collections.abc import Iterator

from addon.decode.envelope import last_part
from addon.exchange import Exchange
from addon.jsontext import Json, mapping

from .reader import Found, HitReader
from .wire import at, document, email, fields, listed, objects

_MATCH_KEYS = {
    "SHA256_EMAIL": "email_hash",
    "LINKEDIN_FIRST_PARTY_ADS_TRACKING_UUID": "click_id",
    "GOOGLE_AID": "advertising_id",
}


def _read(exchange: Exchange) -> Iterator[Found]:
    if exchange.host == "api.linkedin.com":
        yield from _conversions(document(exchange))
        return
    if last_part(exchange.path) == "wa" and exchange.request_body is not None:
        yield from _signal(exchange)
        return
    given = fields(exchange.query)
    event = None
    if last_part(exchange.path) in ("collect", "attribution_trigger"):
        event = "conversion" if given.get("conversionId") else "page view"
    yield Found(
        name=event,
        account=given.get("pid"),
        identifiers={"click_id": given.get("li_fat_id"), "cookie_id": given.get("li_adsId")},
        page_url=given.get("url"),
    )


def _signal(exchange: Exchange) -> Iterator[Found]:
    """What somebody did on the page: JSON, compressed by the script itself."""
    signal = mapping(document(exchange))
    accounts = signal.get("pids")
    yield Found(
        name=signal.get("signalType"),
        account=accounts[0] if isinstance(accounts, list) and accounts else None,
        identifiers={"click_id": signal.get("liFatId") or signal.get("liGiant"), **email(signal.get("hem"))},
        page_url=signal.get("url"),
    )


def _conversions(body: Json) -> Iterator[Found]:
    for event in listed(mapping(body), "elements"):
        keys = objects(at(event, "user", "userIds"))
        yield Found(
            name="conversion",
            account=event.get("conversion"),
            identifiers={
                _MATCH_KEYS[kind]: key.get("idValue") for key in keys if (kind := str(key.get("idType"))) in _MATCH_KEYS
            },
        )


READER = HitReader(
    vendor="linkedin",
    decodes=(
        "collect: page view or conversion, partner id, click id, page",
        "wa: what was done on the page (CLICK, ...), partner id, click id, hashed e-mail, page; not the element",
        "Conversions API: conversion, hashed e-mail, click id, advertising id",
    ),
    sources=(
        "Omnibug, LinkedIn provider",
        "Microsoft Learn, LinkedIn Conversions API (conversionEvents)",
        "bodies of px.ads.linkedin.com/wa in public captures (pids, signalType, liFatId, hem, url)",
    ),
    read=_read,
)
