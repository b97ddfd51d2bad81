"""Snowplow: what its trackers send to a collector, which every user of it runs on a domain of their own.

Only what certainly is a tracker's request is taken: a list of events under the ``payload_data`` schema, on any path; or a GET
of ``/i`` with a tracker's version, platform, kind of event and event id. Collectors take other things (webhooks, pixels of other
makers), which are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from addon.body import BodyError
from addon.decode.body import content_of, document_of, fields_of
from addon.decode.collection import unreadable
from addon.decode.facts import Decoded, Event, Problem
from addon.exchange import WEBSOCKET, Exchange
from addon.jsontext import Json, JsonError, mapping
from vendor_catalog import CallKind, Match

from . import payload

_SCHEMA = "iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/"
_SIGN = _SCHEMA.encode()
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
MAX_EVENTS = 5000


class SnowplowDecoder:
    """Reads trackers' requests by their shape, on any host."""

    cdp = "snowplow"
    name = "Snowplow"
    stamping = None
    decodes = (
        "POST of a `payload_data` list on any host and path, by default `/com.snowplowanalytics.snowplow/tp2`",
        "GET `/i` on any host, if it holds a tracker's version, platform, kind of event and event id",
        "`consent_preferences` as a stamp of the allowed scopes, or a refusal of all; `consent_granted` and `consent_withdrawn` as"
        " reports of a choice",
        "`SP-Anonymous: *`: an event without identifiers is called anonymous",
        "not judged: the lawful basis in the `gdpr` context, which is no choice of the person",
    )
    sources = (
        "snowplow/snowplow-javascript-tracker 4.10 (tracker-core, browser-tracker-core, browser-plugin-enhanced-consent)",
        "Snowplow documentation, tracker protocol",
    )

    def decode(self, exchange: Exchange, match: Match | None, learned: bool) -> Decoded | None:
        known = match is not None and match.vendor == self.cdp
        if exchange.unsent is not None or (match is not None and not known):
            return None
        if exchange.method == "GET":
            return _from_query(exchange)
        return _from_body(exchange, known) if exchange.method in ("POST", WEBSOCKET) else None


DECODER = SnowplowDecoder()


def _from_query(exchange: Exchange) -> Decoded | None:
    if not exchange.path.endswith("/i") or "eid=" not in exchange.query:
        return None
    try:
        fields = fields_of(exchange.query)
    except JsonError:
        return None
    if not _is_tracker(fields):
        return None
    event, problems = payload.read(fields, 0, exchange)
    return Decoded("snowplow", CallKind.COLLECT, () if event is None else (event,), problems=tuple(problems))


def _is_tracker(fields: Mapping[str, str]) -> bool:
    """What every event of the protocol has; other services answer under ``/i`` too."""
    return (
        fields.get("e") in payload.TYPES
        and fields.get("p") in payload.PLATFORMS
        and bool(fields.get("tv"))
        and _UUID.fullmatch(fields.get("eid", "")) is not None
    )


def _from_body(exchange: Exchange, known: bool) -> Decoded | None:
    """A request with a body; ``known``: whether its address is a collector's, so that what cannot be read is a gap."""
    if exchange.request_body is None or not exchange.request_body.raw:
        return None
    try:
        if not known and _SIGN not in content_of(exchange):
            return None
        document, problems = document_of(exchange)
    except (BodyError, JsonError) as error:
        return unreadable("snowplow", error) if known else None
    top = mapping(document)
    schema, listed = top.get("schema"), top.get("data")
    if not isinstance(schema, str) or not schema.startswith(_SCHEMA) or not isinstance(listed, list):
        problem = Problem("undecodable-body", "the body is no payload_data of Snowplow's tracker protocol")
        return Decoded("snowplow", CallKind.COLLECT, problems=(*problems, problem)) if known else None
    events, found = _events(listed, exchange)
    return Decoded("snowplow", CallKind.COLLECT, tuple(events), problems=(*problems, *found))


def _events(listed: list[Json], exchange: Exchange) -> tuple[list[Event], list[Problem]]:
    events: list[Event] = []
    problems: list[Problem] = []
    for position, fields in enumerate(listed[:MAX_EVENTS]):
        if not isinstance(fields, dict):
            problems.append(Problem("bad-event", f"data[{position}] is {type(fields).__name__}, not an object"))
            continue
        event, found = payload.read(fields, position, exchange)
        problems += found
        if event is not None:
            events.append(event)
    if len(listed) > MAX_EVENTS:
        problems.append(Problem("bad-event", f"{len(listed) - MAX_EVENTS} events beyond {MAX_EVENTS} were not read"))
    return events, problems
