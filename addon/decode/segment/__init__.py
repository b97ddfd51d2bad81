"""Segment: its messages, its settings, and what is neither (health metrics, auto-instrumentation signals)."""

from __future__ import annotations

from addon.decode import envelope, message
from addon.decode.facts import Decoded, Event, Problem, Stamping
from addon.exchange import BodyError, Exchange
from addon.jsontext import Json, JsonError, mapping, parse
from vendor_catalog import CallKind, Match

from . import metrics, settings, shape
from .dialect import DIALECT, SIGNAL_EVENT

_SIGNALS_HOST = "signals.segment.io"
_BODY_METHODS = ("POST", "PUT")


class SegmentDecoder:
    """Reads Segment's ingestion endpoints and settings, on its own hosts, on learned ones, and by shape on any."""

    cdp = "segment"
    name = "Segment"
    stamping = Stamping(
        place="context.consent",
        choices="categoryPreferences",
        unstamped="Segment routes such a message to every destination",
    )
    decodes = (
        "messages on Segment's hosts, on hosts that settings or the policy name, and by shape on any: one by one, in batches,"
        " and in pixels",
        "settings (`/v1/projects/{key}/settings`) and the list of destinations (`/v1/projects/{key}/integrations`)",
        "consent in `context.consent.categoryPreferences`, on the message or its envelope",
    )
    sources = (
        "Segment documentation, HTTP Tracking API; Pixel Tracking API; Consent Management",
        "segmentio/analytics-next, analytics-kotlin, analytics-swift, analytics-react-native",
    )

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


class _NotSeen(Exception):
    """Why a settings request shows no settings."""


def _settings(exchange: Exchange, write_key: str, kind: str, known: bool) -> Decoded | None:
    """The response to a settings request; on a host that is not ``known`` to be Segment's only if it certainly is one."""
    try:
        document = _settings_document(exchange)
        if not settings.is_settings(document, kind, known=known):
            raise _NotSeen("the response to the settings request is not the documented object")
    except _NotSeen as error:
        problem = Problem("settings-not-seen", str(error))
        return Decoded("segment", CallKind.CONFIG, problems=(problem,)) if known else None
    return Decoded("segment", CallKind.CONFIG, settings=settings.read(document, write_key, kind))


def _settings_document(exchange: Exchange) -> Json:
    """What a settings request was answered with.

    Raises:
        _NotSeen: if the capture holds no answer, or none that is JSON.
    """
    if exchange.status is None:
        told = exchange.failure or "no reason given"
        raise _NotSeen(f"the settings were asked for, but no response was captured ({told})")
    if exchange.status == 304:
        raise _NotSeen("the settings of the source came from the browser's cache, so this capture does not hold them")
    if not 200 <= exchange.status < 300:
        raise _NotSeen(f"the settings request was answered with status {exchange.status}")
    if exchange.response_body is None:
        raise _NotSeen("the capture holds no body of the response to the settings request")
    try:
        return parse(exchange.response_body.content())[0]
    except (BodyError, JsonError) as error:
        raise _NotSeen(f"unreadable settings: {error}") from error


def _collect(exchange: Exchange) -> Decoded:
    """A request to one of Segment's own ingestion addresses."""
    if envelope.last_part(exchange.path) == "m":
        return Decoded("segment", CallKind.CONFIG, invocations=metrics.read(exchange.request_body))
    try:
        found = envelope.read(exchange)
    except BodyError as error:
        return Decoded("segment", CallKind.COLLECT, problems=(Problem(error.kind, error.reason),))
    except JsonError as error:
        return Decoded("segment", CallKind.COLLECT, problems=(Problem("undecodable-body", str(error)),))
    if len(found.messages) == 1 and shape.is_metrics(found.messages[0][1]):
        document = dict(found.messages[0][1])
        return Decoded("segment", CallKind.CONFIG, invocations=metrics.of_document(document))
    return _events(found, exchange)


def _by_shape(exchange: Exchange, learned: bool) -> Decoded | None:
    """A request to a host that is not Segment's own: decoded if its body certainly is, or may well be on a learned host."""
    if exchange.method == "GET":
        return _collect(exchange) if learned and envelope.is_pixel_path(exchange.path) else None
    if exchange.method not in _BODY_METHODS or exchange.request_body is None or not exchange.request_body.raw:
        return None
    # the site's own forms and uploads may go to a learned host as well
    promised = learned and envelope.is_ingestion_path(exchange.path)
    try:
        content = exchange.request_body.content()
        if not (learned or shape.might_be(content)):
            return None
        document, rest = parse(content)
        found = envelope.from_document(document, exchange, rest)
    except BodyError as error:
        return Decoded("segment", CallKind.COLLECT, problems=(Problem(error.kind, error.reason),)) if promised else None
    except JsonError as error:
        problem = Problem("undecodable-body", str(error))
        return Decoded("segment", CallKind.COLLECT, problems=(problem,)) if promised else None
    top = mapping(document)
    if shape.is_metrics(top):
        return Decoded("segment", CallKind.CONFIG, invocations=metrics.of_document(document))
    if shape.is_segment(top, exchange) or (learned and shape.could_be_segment(top, exchange.path)):
        return _events(found, exchange)
    return None


def _events(found: envelope.Envelope, exchange: Exchange) -> Decoded:
    """The events among the messages of a request. Signals are none: a request with nothing else stays a call."""
    events: list[Event] = []
    problems = list(found.problems)
    for position, content in found.messages:
        if exchange.host == _SIGNALS_HOST or content.get("event") == SIGNAL_EVENT:
            continue
        event, event_problems = message.read(content, position, found, exchange, DIALECT)
        problems += event_problems
        if event is not None:
            events.append(event)
    return Decoded("segment", CallKind.COLLECT, tuple(events), problems=tuple(problems))
