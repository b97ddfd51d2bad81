"""Pinterest: the tag's images, and the Conversions API."""

from __future__ import annotations

from collections.abc import Iterator

from addon.exchange import Exchange
from addon.jsontext import mapping

from .reader import Found, HitReader
from .wire import conversion, document, email, objects, optional_json, parameters, phone


def _read(exchange: Exchange) -> Iterator[Found]:
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
        yield conversion(event, account, click_id="click_id", advertising_id="hashed_maids")


READER = HitReader(
    vendor="pinterest",
    decodes=(
        "v3 and user: event, tag id, external id, hashed e-mail and phone, page",
        "Conversions API: the same, click id and hashed advertising id",
    ),
    sources=("Omnibug, Pinterest provider", "Pinterest Developers, Conversions API (create events)"),
    read=_read,
)
