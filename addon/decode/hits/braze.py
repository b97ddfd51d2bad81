"""Braze: what its SDKs send, and the REST API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from addon.decode.envelope import last_part
from addon.exchange import Exchange
from addon.jsontext import Json, mapping

from .reader import Found, HitReader
from .wire import at, document, email, objects, phone

_CUSTOM, _PURCHASE = "ce", "p"
_LISTS = ("events", "purchases", "attributes", "aliases_to_identify", "user_aliases")


def _read(exchange: Exchange) -> Iterator[Found]:
    body = mapping(document(exchange))
    if "/users/" in exchange.path:
        yield from _rest(exchange, body)
        return
    device = mapping(body.get("device"))
    shared: dict[str, Json] = {
        "device_id": body.get("device_id"),
        "advertising_id": device.get("google_ad_id") or device.get("ios_idfa"),
    }
    events = list(objects(body["events"])) if isinstance(body.get("events"), list) else []
    people = list(objects(body["attributes"])) if isinstance(body.get("attributes"), list) else []
    for event in events:
        yield Found(
            name=_sdk_name(event),
            account=body.get("api_key"),
            identifiers={**shared, "user_id": event.get("user_id") or body.get("user_id")},
        )
    for person in people:
        yield Found(name="attributes", account=body.get("api_key"), identifiers={**shared, **_person(person)})
    if not events and not people:
        yield Found(account=body.get("api_key"), identifiers={**shared, "user_id": body.get("user_id")})


def _sdk_name(event: Mapping[str, Json]) -> Json:
    """A custom event's own name; Braze's code for all others (``ss`` is a session's start)."""
    kind = event.get("name")
    if kind == _CUSTOM:
        return at(event, "data", "n") or kind
    return "purchase" if kind == _PURCHASE else kind


def _person(person: Mapping[str, Json]) -> dict[str, Json]:
    return {
        "user_id": person.get("user_id") or person.get("external_id"),
        "client_id": person.get("braze_id"),
        **email(person.get("email")),
        **phone(person.get("phone")),
    }


def _rest(exchange: Exchange, body: Mapping[str, Json]) -> Iterator[Found]:
    for name in _LISTS:
        listed = body.get(name)
        for item in objects(listed) if isinstance(listed, list) else ():
            kind = "purchase" if name == "purchases" else last_part(exchange.path)
            yield Found(name=item.get("name") if name == "events" else kind, identifiers=_person(item))


READER = HitReader(
    vendor="braze",
    decodes=(
        "api/v3/data: custom events by name and Braze's own by code, app key, device, user and advertising id, e-mail and phone",
        "REST API: events, purchases and attributes with external and Braze id, e-mail and phone",
    ),
    sources=(
        "Omnibug, Braze provider",
        "@braze/web-sdk (npm) src/models/braze-event.js, src/request-controller.js, shared-lib/event-types.js",
        "Braze documentation, /users/track",
    ),
    read=_read,
)
