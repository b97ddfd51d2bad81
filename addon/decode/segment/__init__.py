"""Segment: its messages, its settings, and what is neither (health metrics, auto-instrumentation signals)."""

from __future__ import annotations

from addon.decode.facts import Decoded, Event, Problem
from addon.exchange import BodyError, Exchange
from addon.jsontext import JsonError, mapping, parse
from vendor_catalog import CallKind, Match

from . import envelope, message, settings, shape

_SIGNALS_HOST = "signals.segment.io"
_BODY_METHODS = ("POST", "PUT")


class SegmentDecoder:
    """Reads Segment's ingestion endpoints and settings, on its own hosts, on learned ones, and by shape on any."""

    cdp = "segment"

    def decode(self, exchange: Exchange, match: Match | None, learned: bool) -> Decoded | None:
        asked = settings.address(exchange.path)
        if asked is not None and exchange.method == "GET":
            return _settings(exchange, *asked, known=match is not None and match.vendor == "segment")
        if exchange.method == "OPTIONS" or exchange.unsent is not None:
            return None
        if match is not None and match.vendor == "segment":
            if match.kind is CallKind.COLLECT and exchange.method in (*_BODY_METHODS, "GET"):
                return _collect(exchange)
            return None
        if match is not None and not learned:
            return None
        return _by_shape(exchange, learned)


DECODER = SegmentDecoder()


def _settings(exchange: Exchange, write_key: str, kind: str, known: bool) -> Decoded | None:
    body = exchange.response_body
    if body is None or exchange.status is None or exchange.status >= 300:
        if known and exchange.status != 304 and exchange.status is not None:
            return Decoded("segment", CallKind.CONFIG)
        if not known:
            return None
        reason = "the settings of the source came from the browser's cache, so this capture does not hold them"
        if exchange.status is None:
            reason = (
                f"the settings were asked for, but no response was captured ({exchange.failure or 'no reason given'})"
            )
        return Decoded("segment", CallKind.CONFIG, problems=(Problem("settings-not-seen", reason),))
    try:
        document, _ = parse(body.content())
    except (BodyError, JsonError) as error:
        if not known:
            return None
        return Decoded(
            "segment", CallKind.CONFIG, problems=(Problem("settings-not-seen", f"unreadable settings: {error}"),)
        )
    if not settings.is_settings(document, kind):
        if not known:
            return None
        reason = "the response to the settings request is not the documented object"
        return Decoded("segment", CallKind.CONFIG, problems=(Problem("settings-not-seen", reason),))
    return Decoded("segment", CallKind.CONFIG, settings=settings.read(document, write_key, kind))


def _collect(exchange: Exchange) -> Decoded:
    """A request to one of Segment's own ingestion addresses."""
    if envelope.last_part(exchange.path) == "m":
        return Decoded("segment", CallKind.CONFIG)
    try:
        found = envelope.read(exchange)
    except BodyError as error:
        return Decoded("segment", CallKind.COLLECT, problems=(Problem(error.kind, error.reason),))
    except JsonError as error:
        return Decoded("segment", CallKind.COLLECT, problems=(Problem("undecodable-body", str(error)),))
    if len(found.messages) == 1 and shape.is_metrics(found.messages[0][1]):
        return Decoded("segment", CallKind.CONFIG)
    return _events(found, exchange)


def _by_shape(exchange: Exchange, learned: bool) -> Decoded | None:
    """A request to a host that is not Segment's own: decoded if its body certainly is."""
    if exchange.method == "GET":
        if learned and "/pixel/" in exchange.path:
            return _collect(exchange)
        return None
    if exchange.method not in _BODY_METHODS or exchange.request_body is None or not exchange.request_body.raw:
        return None
    try:
        content = exchange.request_body.content()
        if not (learned or shape.might_be(content)):
            return None
        document, _ = parse(content)
    except BodyError as error:
        return Decoded("segment", CallKind.COLLECT, problems=(Problem(error.kind, error.reason),)) if learned else None
    except JsonError as error:
        problem = Problem("undecodable-body", str(error))
        return Decoded("segment", CallKind.COLLECT, problems=(problem,)) if learned else None
    top = mapping(document)
    if shape.is_metrics(top):
        return Decoded("segment", CallKind.CONFIG)
    stated = "batch" in top or "type" in top or envelope.type_of_path(exchange.path) is not None
    if not (shape.is_segment(top, exchange) or (learned and stated)):
        return None
    return _events(envelope.from_document(document, exchange), exchange)


def _events(found: envelope.Envelope, exchange: Exchange) -> Decoded:
    events: list[Event] = []
    problems = list(found.problems)
    signals = 0
    for position, content in found.messages:
        if exchange.host == _SIGNALS_HOST or content.get("event") == message.SIGNAL_EVENT:
            signals += 1
            continue
        event, event_problems = message.read(content, position, found, exchange)
        problems += event_problems
        if event is not None:
            events.append(event)
    only_signals = signals > 0 and not events
    return Decoded(
        "segment",
        CallKind.COLLECT,
        tuple(events),
        None,
        tuple(problems),
        decodes_events=not only_signals and bool(events),
    )
