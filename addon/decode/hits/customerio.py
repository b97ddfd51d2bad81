"""Customer.io: the Track API, the website snippet, and its Segment-like pipelines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import unquote

from addon.decode.envelope import last_part
from addon.exchange import Exchange
from addon.jsontext import Json, mapping

from .reader import Found, HitReader
from .wire import email, json_or_form, listed, parameters, phone


def _read(exchange: Exchange) -> Iterator[Found]:
    if exchange.path.startswith("/events/"):
        given = parameters(exchange)
        yield Found(
            name=given.get("name") or last_part(exchange.path).partition(".")[0],
            account=given.get("s"),
            identifiers={"user_id": given.get("customer_id")},
        )
        return
    body = json_or_form(exchange)
    if exchange.path.startswith("/api/v1/"):
        yield _track_api(exchange, body)
        return
    for item in listed(body, "batch"):
        ids = mapping(item.get("identifiers"))
        traits = mapping(item.get("traits") or item.get("attributes"))
        yield Found(
            name=item.get("name") or item.get("event") or item.get("action") or item.get("type"),
            identifiers={
                "user_id": item.get("userId") or ids.get("id"),
                "client_id": item.get("anonymousId") or item.get("anonymous_id"),
                **email(traits.get("email") or ids.get("email")),
                **phone(traits.get("phone")),
            },
        )


def _track_api(exchange: Exchange, body: Mapping[str, Json]) -> Found:
    parts = exchange.path.split("/")
    named = len(parts) > 4 and parts[3] == "customers"
    return Found(
        name=body.get("name") or (last_part(exchange.path) if len(parts) > 5 else "identify" if named else None),
        identifiers={
            "user_id": unquote(parts[4]) if named else None,
            "client_id": body.get("anonymous_id"),
            **email(body.get("email")),
            **phone(body.get("phone")),
        },
    )


READER = HitReader(
    vendor="customerio",
    decodes=(
        "api/v1: event, customer and anonymous id, e-mail and phone",
        "api/v2: action or event, identifiers; each of a batch",
        "events: name of page or event, site id",
        "cdp.customer.io: type and name, user and anonymous id, e-mail and phone; each of a batch",
    ),
    sources=("Customer.io documentation, Track API (v1 and v2); Pipelines API",),
    read=_read,
)
