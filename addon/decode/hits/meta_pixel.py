"""Meta: the pixel's images and forms, and the Conversions API."""

from __future__ import annotations

from collections.abc import Iterator

from addon.exchange import Exchange
from addon.jsontext import mapping
from vendor_catalog import Match

from .reader import Found, HitReader
from .wire import email, first, json_or_form, json_text, objects, parameters, phone


def _read(exchange: Exchange, match: Match) -> Iterator[Found]:
    if exchange.host == "graph.facebook.com":
        yield from _conversions(exchange)
        return
    given = parameters(exchange)
    yield Found(
        name=given.get("ev"),
        account=given.get("id"),
        identifiers={
            "cookie_id": given.get("fbp"),
            "click_id": given.get("fbc"),
            "external_id": given.get("ud[external_id]") or given.get("udff[external_id]"),
            **email(given.get("ud[em]") or given.get("udff[em]")),
            **phone(given.get("ud[ph]") or given.get("udff[ph]")),
        },
        page_url=given.get("dl"),
    )


def _conversions(exchange: Exchange) -> Iterator[Found]:
    listed = json_or_form(exchange).get("data")
    for event in objects(json_text(listed) if isinstance(listed, str) else listed):
        person = mapping(event.get("user_data"))
        yield Found(
            name=event.get("event_name"),
            account=exchange.path.split("/")[2],
            identifiers={
                "cookie_id": person.get("fbp"),
                "click_id": person.get("fbc"),
                "external_id": first(person.get("external_id")),
                "advertising_id": person.get("madid"),
                **email(person.get("em")),
                **phone(person.get("ph")),
            },
            page_url=event.get("event_source_url"),
        )


READER = HitReader(
    vendor="meta-pixel",
    decodes=(
        "/tr and /privacy_sandbox: event name, pixel id, _fbp, _fbc, external id, hashed e-mail and phone, page; in the query or in a"
        " form",
        "Conversions API: the same, and the advertising id",
    ),
    sources=(
        "Omnibug, FacebookPixel provider",
        "Meta for Developers, Conversions API (customer information parameters); fbp and fbc parameters",
    ),
    read=_read,
)
