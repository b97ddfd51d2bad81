"""Heap: the classic image, and the server API. What current libraries send is binary."""

from __future__ import annotations

from collections.abc import Iterator

from addon.decode.envelope import last_part
from addon.exchange import Exchange
from addon.jsontext import mapping

from .reader import Found, HitReader
from .wire import document, fields, listed


def _read(exchange: Exchange) -> Iterator[Found]:
    given = fields(exchange.query)
    if last_part(exchange.path) == "h" or "/capture/" in exchange.path:
        yield Found(
            account=given.get("a"),
            identifiers={"client_id": given.get("u"), "session_id": given.get("s")},
        )
        return
    body = mapping(document(exchange))
    for event in listed(body, "users" if "users" in body else "events"):
        yield Found(
            name=event.get("event") or last_part(exchange.path),
            account=body.get("app_id") or given.get("a"),
            identifiers={"user_id": event.get("identity"), "client_id": event.get("user_id")},
        )


READER = HitReader(
    vendor="heap",
    decodes=(
        "h: environment, user and session id; events are coded and not read",
        "api/capture: environment id where the address has it; the body is binary and not read",
        "api/track, api/identify, api/add_user_properties: event, environment, identity; each of a list",
    ),
    sources=(
        "Heap developer documentation, Server-side APIs",
        "heap-api (npm) lib/client.js",
        "addresses of heapanalytics.com/h in public captures (a, u, v, s)",
    ),
    read=_read,
)
