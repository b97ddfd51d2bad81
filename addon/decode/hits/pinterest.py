"""Pinterest: the tag's images, and the Conversions API."""

from __future__ import annotations

from collections.abc import Iterator

from addon.exchange import Exchange
from addon.jsontext import mapping
from vendor_catalog import Match

from .reader import Found, HitReader
from .wire import document, email, first, objects, optional_json, parameters, phone


def _read(exchange: Exchange, match: Match) -> Iterator[Found]:
    if exchange.host == "api.pinterest.com":
        yield from _conversions(exchange)
        return
    given = parameters(exchange)
    person = optional_json(given.get("pd"))
    page = optional_json(given.get("ad"))
    yield Found(
        name=given.get("event"),
        account=given.get("tid"),
        identifiers={
            "external_id": person.get("external_id"),
            "cookie_id": person.get("pin_unauth"),
            **email(person.get("em") or given.get("pd[em]")),
            **phone(person.get("ph") or given.get("pd[ph]")),
        },
        page_url=page.get("loc"),
    )


def _conversions(exchange: Exchange) -> Iterator[Found]:
    account = exchange.path.split("/")[3]
    for event in objects(mapping(document(exchange)).get("data")):
        person = mapping(event.get("user_data"))
        yield Found(
            name=event.get("event_name"),
            account=account,
            identifiers={
                "click_id": person.get("click_id"),
                "external_id": first(person.get("external_id")),
                "advertising_id": first(person.get("hashed_maids")),
                **email(person.get("em")),
                **phone(person.get("ph")),
            },
            page_url=event.get("event_source_url"),
        )


READER = HitReader(
    vendor="pinterest",
    decodes=(
        "v3 and user: event, tag id, external id, hashed e-mail and phone, page",
        "Conversions API: the same, click id and hashed advertising id",
    ),
    sources=("Omnibug, Pinterest provider", "Pinterest Developers, Conversions API (create events)"),
    read=_read,
)
