"""Google Analytics 4: the events of gtag.js, and of servers."""

from __future__ import annotations

from collections.abc import Iterator

from addon.exchange import Exchange
from addon.jsontext import mapping
from vendor_catalog import Category

from .reader import Found, HitReader
from .wire import body_text, document, fields, google_user_data, objects, relayed


def _read(exchange: Exchange) -> Iterator[Found]:
    exchange = relayed(exchange)
    shared = fields(exchange.query)
    if exchange.path.endswith("/mp/collect"):
        yield from _measurement_protocol(exchange, shared)
        return
    # under a path of the site's choice the last part says nothing, so that only the calls without events are told apart by it
    lines = [] if "/td/ga/" in exchange.path else [line for line in body_text(exchange).splitlines() if line.strip()]
    # one event in the query; or what is shared in the query, and an event in each line of the body
    for line in lines or [""]:
        given = shared | fields(line)
        yield Found(
            name=given.get("en"),
            account=given.get("tid"),
            identifiers={
                "client_id": given.get("cid") or given.get("gacid"),
                "user_id": given.get("uid"),
                **google_user_data(given.get("em")),
            },
            page_url=given.get("dl"),
        )


def _measurement_protocol(exchange: Exchange, shared: dict[str, str]) -> Iterator[Found]:
    body = mapping(document(exchange))
    for event in objects(body.get("events")):
        yield Found(
            name=event.get("name"),
            account=shared.get("measurement_id") or shared.get("firebase_app_id"),
            identifiers={
                "client_id": body.get("client_id") or body.get("app_instance_id"),
                "user_id": body.get("user_id"),
            },
            page_url=mapping(event.get("params")).get("page_location"),
        )


READER = HitReader(
    vendor="google-analytics-4",
    decodes=(
        "/g/collect: event name, measurement id, client and user id, hashed e-mail and phone, page; each line of a batch",
        "/td/ga: measurement id and client id; it names no event",
        "/mp/collect: events of servers and apps with client, app instance and user id",
    ),
    sources=(
        "Omnibug, GoogleAnalytics4 provider",
        "Google for Developers, Measurement Protocol (Google Analytics 4)",
        "Google Ads confidential matching, EnhancedMatchMapper (tv.1~em.HASH~pn.HASH)",
    ),
    read=_read,
    storage=Category.ANALYTICS,
    renewed=("client_id",),
)
