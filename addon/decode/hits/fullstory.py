"""FullStory: whose recording it is, and the events of servers. The recordings themselves are opaque."""

from __future__ import annotations

from collections.abc import Iterator

from addon.decode.envelope import last_part
from addon.exchange import Exchange
from addon.jsontext import mapping

from .reader import Found, HitReader
from .wire import at, document, email, fields, listed


def _read(exchange: Exchange) -> Iterator[Found]:
    if exchange.host == "api.fullstory.com":
        yield from _server(exchange)
        return
    given = fields(exchange.query)
    body = mapping(document(exchange)) if last_part(exchange.path) == "page" else {}
    yield Found(
        account=given.get("OrgId") or body.get("OrgId"),
        identifiers={
            "client_id": given.get("UserId") or body.get("UserId"),
            "session_id": given.get("SessionId") or body.get("SessionId"),
        },
        page_url=body.get("Url"),
    )


def _server(exchange: Exchange) -> Iterator[Found]:
    body = mapping(document(exchange))
    for item in listed(body, "requests"):
        person = mapping(item.get("user")) or item
        yield Found(
            name=item.get("name") or at(item, "event", "event_name"),
            identifiers={"user_id": person.get("uid"), **email(person.get("email"))},
        )


READER = HitReader(
    vendor="fullstory",
    decodes=(
        "rec/page, rec/bundle, rec/beacon: organisation, user and session id, page; recordings are not read, and no event is named",
        "server API: event, user id, e-mail",
    ),
    sources=(
        "FullStory developer documentation, Server API v2 (events, users)",
        "addresses of rs.fullstory.com/rec in public captures (OrgId, UserId, SessionId, PageId)",
    ),
    read=_read,
)
