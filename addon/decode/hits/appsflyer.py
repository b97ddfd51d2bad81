"""AppsFlyer: web visits, servers' events, and whose app calls. What its mobile SDKs send is encrypted by now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from addon.decode.envelope import last_part
from addon.exchange import Exchange
from addon.jsontext import Json, JsonError, mapping

from .reader import Found, HitReader, NotDecoded
from .wire import at, document, fields


def _read(exchange: Exchange) -> Iterator[Found]:
    given = fields(exchange.query)
    if exchange.host.startswith("wa.") and last_part(exchange.path) == "events":
        body = mapping(document(exchange))
        data = mapping(body.get("data"))
        yield Found(
            name=data.get("eventName") or data.get("eventType"),
            account=data.get("webAppId") or given.get("site-id"),
            identifiers={"cookie_id": data.get("afWebUserId"), "user_id": data.get("customerUserId")},
            page_url=at(body, "meta", "locationHref"),
        )
    elif "/inappevent/" in exchange.path:
        yield _event(mapping(document(exchange)), last_part(exchange.path))
    elif last_part(exchange.path).endswith("event"):
        yield _event(_plain(exchange), given.get("app_id"))
    else:
        yield Found(
            account=given.get("pid"), identifiers={"advertising_id": given.get("advertising_id") or given.get("idfa")}
        )


def _plain(exchange: Exchange) -> Mapping[str, Json]:
    """The body of a mobile SDK where it is JSON, as older ones write it; else nothing is known of it."""
    try:
        return mapping(document(exchange))
    except (JsonError, NotDecoded):
        return {}


def _event(event: Mapping[str, Json], account: Json) -> Found:
    return Found(
        name=event.get("eventName"),
        account=account,
        identifiers={
            "client_id": event.get("appsflyer_id") or event.get("uid"),
            "user_id": event.get("customer_user_id") or event.get("appUserId"),
            "advertising_id": event.get("advertising_id") or event.get("idfa") or event.get("advertiserId"),
            "vendor_device_id": event.get("idfv"),
        },
    )


READER = HitReader(
    vendor="appsflyer",
    decodes=(
        "wa events: event, web app, browser id, page",
        "inappevent (servers): event, app, AppsFlyer, customer and advertising id",
        "androidevent, iosevent: the app; the rest only where the body is JSON, because current SDKs encrypt it",
    ),
    sources=(
        "AppsFlyer developers, Server-to-server events API for mobile",
        "a body of wa.appsflyer.com/events in a public capture (data.eventType, data.afWebUserId, data.webAppId)",
        "androidevent?buildnumber=...&app_id=..., AppsFlyer Android SDK, public copies",
    ),
    read=_read,
)
