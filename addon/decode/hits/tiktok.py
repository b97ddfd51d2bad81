"""TikTok: the pixel's JSON, and the Events API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from addon.exchange import Exchange
from addon.jsontext import Json, mapping

from .reader import Found, HitReader
from .wire import at, document, email, first, listed, objects, phone


def _read(exchange: Exchange) -> Iterator[Found]:
    body = mapping(document(exchange))
    if isinstance(body.get("data"), list):
        for event in objects(body["data"]):
            yield _found(event, event, body.get("event_source_id"))
        return
    for event in listed(body, "batch"):
        context = mapping(event.get("context"))
        yield _found(event, context, at(context, "pixel", "code") or event.get("pixel_code") or body.get("pixel_code"))


def _found(event: Mapping[str, Json], context: Mapping[str, Json], account: Json) -> Found:
    person = mapping(context.get("user"))
    return Found(
        name=event.get("event") or event.get("action"),
        account=account,
        identifiers={
            "cookie_id": person.get("anonymous_id") or person.get("ttp"),
            "click_id": person.get("ttclid") or at(context, "ad", "callback"),
            "external_id": first(person.get("external_id")),
            "device_id": person.get("device_id"),
            "user_id": person.get("user_id"),
            **email(person.get("email") or person.get("sha256_email")),
            **phone(person.get("phone_number") or person.get("sha256_phone_number") or person.get("phone")),
        },
        page_url=at(context, "page", "url"),
    )


READER = HitReader(
    vendor="tiktok",
    decodes=(
        "pixel, pixel/act, pixel/inter, track: event or automatic action, pixel code, _ttp, click id, external id, hashed e-mail and"
        " phone, page; each of a batch",
        "Events API: the same",
    ),
    sources=(
        "Omnibug, TikTok provider",
        "TikTok for Business, Events API 2.0 (event/track; pixel/track and pixel/batch before it)",
        "segmentio/action-destinations packages/destination-actions/src/destinations/tiktok-conversions",
    ),
    read=_read,
)
