"""Freshpaint: what is publicly known of it, which is its HTTP API.

``POST https://api.perfalytics.com/track`` with ``{event, properties: {token, distinct_id, time, ...}}``. What its browser library
sends is documented nowhere, so that another body leaves a gap, and the call is judged by its address. Messages carry no consent:
the library keeps destinations apart by a mapping in its own configuration. Sources: api-evangelist/freshpaint OpenAPI; public code
that calls the API.
"""

from __future__ import annotations

from collections.abc import Mapping

from addon.body import BodyError
from addon.decode.body import document_of
from addon.decode.collection import takes, unreadable
from addon.decode.facts import NO_STAMP, Decoded, Event, Problem, Surface
from addon.exchange import Exchange
from addon.jsontext import Json, JsonError, identifier, mapping, text_of
from addon.timestamps import from_milliseconds, iso_from_milliseconds
from vendor_catalog import CallKind, Match


class FreshpaintDecoder:
    """Reads the HTTP API's one call."""

    cdp = "freshpaint"
    name = "Freshpaint"
    stamping = None
    decodes = (
        "POST `api.perfalytics.com/track` with one JSON event, as its HTTP API takes it",
        "not decoded: what its browser library sends, which is documented nowhere; such a call is judged by its address alone",
    )
    sources = ("api-evangelist/freshpaint OpenAPI", "Public code that calls its API")

    def decode(self, exchange: Exchange, match: Match | None, learned: bool) -> Decoded | None:
        if not takes(exchange, match, self.cdp):
            return None
        try:
            document, problems = document_of(exchange)
        except (BodyError, JsonError) as error:
            return unreadable(self.cdp, error)
        properties = mapping(mapping(document).get("properties"))
        if text_of(mapping(document).get("event")) is None or "token" not in properties:
            problem = Problem("undecodable-body", "the body is not the one event that Freshpaint's HTTP API takes")
            return Decoded(self.cdp, CallKind.COLLECT, problems=(*problems, problem))
        return Decoded(self.cdp, CallKind.COLLECT, (_event(mapping(document), exchange),), problems=tuple(problems))


DECODER = FreshpaintDecoder()


def _event(document: Mapping[str, Json], exchange: Exchange) -> Event:
    properties = mapping(document.get("properties"))
    browser = exchange.from_browser
    return Event(
        cdp="freshpaint",
        position=0,
        type="track",
        name=text_of(document.get("event")),
        write_key=text_of(properties.get("token")),
        message_id=None,
        anonymous_id=identifier(properties.get("distinct_id")),
        user_id=None,
        timestamp=_moment(properties.get("time")),
        sent_at=None,
        waited=None,
        surface=Surface.WEB if browser else Surface.UNKNOWN,
        library=None,
        library_version=None,
        stamp=NO_STAMP,
        advertising_id=None,
        integrations={},
        bundled=None,
        unbundled=None,
        page_url=text_of(properties.get("$current_url")),
        app=None,
        reports_choice=False,
        retry=False,
        payload=document,
    )


def _moment(value: Json) -> str | None:
    """Seconds or milliseconds since 1970."""
    seconds = isinstance(value, (int, float)) and not isinstance(value, bool) and from_milliseconds(value) is None
    return iso_from_milliseconds(value * 1000 if seconds and isinstance(value, (int, float)) else value)
