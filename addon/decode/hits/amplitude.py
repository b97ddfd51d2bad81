"""Amplitude: the HTTP V2 and batch API, the older form, and session replay's address."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from addon.exchange import Exchange
from addon.jsontext import Json

from .reader import Found, HitReader
from .wire import at, fields, json_or_form, json_text, objects


def _read(exchange: Exchange) -> Iterator[Found]:
    if exchange.path.startswith("/sessions/"):
        yield Found(identifiers=_identifiers(fields(exchange.query)))
        return
    body = json_or_form(exchange)
    account = body.get("api_key") or body.get("client")
    # the older libraries write e=[...], the identify API identification={...}
    listed = next((body[name] for name in ("events", "e", "event", "identification") if name in body), None)
    for event in objects(json_text(listed) if isinstance(listed, str) else listed):
        yield Found(
            name=event.get("event_type") or ("$identify" if "identification" in body else None),
            account=account,
            identifiers=_identifiers(event),
            page_url=at(event, "event_properties", "[Amplitude] Page Location"),
        )


def _identifiers(event: Mapping[str, Json]) -> dict[str, Json]:
    return {
        "device_id": event.get("device_id"),
        "user_id": event.get("user_id"),
        "advertising_id": event.get("idfa") or event.get("adid"),
        "vendor_device_id": event.get("idfv") or event.get("android_app_set_id"),
    }


READER = HitReader(
    vendor="amplitude",
    decodes=(
        "2/httpapi, batch, httpapi, identify and the root: each event with its name, project key, device, user and advertising id",
        "sessions/v2/track: device and user id where the address has them; recordings are not read",
    ),
    sources=(
        "Omnibug, Amplitude provider",
        "Amplitude documentation, HTTP V2 API; Identify API",
        "amplitude/Amplitude-TypeScript packages/analytics-core (BaseEvent)",
    ),
    read=_read,
)
