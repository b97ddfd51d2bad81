"""Mixpanel: events and profile updates, as JSON or Base64 in a field, or as a JSON body; recordings by their address."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from addon.decode.envelope import last_part
from addon.exchange import Exchange
from addon.jsontext import Json, mapping

from .reader import Found, HitReader, NotDecoded
from .wire import body_text, email, fields, form, json_text, objects

_OPERATIONS = ("$set", "$set_once", "$add", "$append", "$union", "$remove", "$unset", "$delete")


def _read(exchange: Exchange) -> Iterator[Found]:
    if last_part(exchange.path) == "record":
        yield Found(identifiers=_identifiers(fields(exchange.query)))
        return
    for item in objects(_payload(exchange)):
        carried = mapping(item.get("properties")) if "properties" in item else item
        yield Found(
            name=item.get("event") or next((name for name in _OPERATIONS if name in item), None),
            account=carried.get("token") or item.get("$token"),
            identifiers={**_identifiers(carried), **email(mapping(item.get("$set")).get("$email"))},
            page_url=carried.get("$current_url"),
        )


def _payload(exchange: Exchange) -> Json:
    given = fields(exchange.query).get("data")
    if given is None and exchange.request_body is not None:
        text = body_text(exchange).strip()
        given = text if text[:1] in ("{", "[") else form(exchange).get("data")
    if given is None:
        raise NotDecoded("neither a data field nor JSON")
    return json_text(given)


def _identifiers(carried: Mapping[str, Json]) -> dict[str, Json]:
    return {
        "client_id": carried.get("distinct_id") or carried.get("$distinct_id"),
        "device_id": carried.get("$device_id"),
        "user_id": carried.get("$user_id"),
    }


READER = HitReader(
    vendor="mixpanel",
    decodes=(
        "track, import, engage, groups: each event or profile update with project token, distinct, device and user id, e-mail, page",
        "record: distinct, device and user id in the address; recordings are not read",
    ),
    sources=(
        "Omnibug, Mixpanel provider",
        "Mixpanel documentation, Ingestion API",
        "mixpanel-browser src/mixpanel-core.js, src/mixpanel-people.js, src/recorder/session-recording.js",
    ),
    read=_read,
)
