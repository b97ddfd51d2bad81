"""Segment: its messages, its settings, its management interface, and what is neither (health metrics, auto-instrumentation signals)."""

from __future__ import annotations

from collections.abc import Mapping

from addon.decode import collection, envelope
from addon.decode.answers import NotSeen, answered
from addon.decode.collection import BODY_METHODS
from addon.decode.envelope import Envelope
from addon.decode.facts import Decoded, Problem, Stamping
from addon.exchange import Exchange
from addon.jsontext import Json
from vendor_catalog import CallKind, Match

from . import management, metrics, settings, shape
from .dialect import CONSENT_EVENTS, DIALECT, SIGNAL_EVENT

_SIGNALS_HOST = "signals.segment.io"


class SegmentDecoder:
    """Reads Segment's ingestion endpoints and settings, on its own hosts, on learned ones, and by shape on any."""

    cdp = "segment"
    name = "Segment"
    stamping = Stamping(
        place="context.consent",
        choices="categoryPreferences",
        unstamped="Segment routes such a message to every destination",
        reported_by=CONSENT_EVENTS[0],
    )
    decodes = (
        "messages on Segment's hosts, on hosts that settings or the policy name, and by shape on any: one by one, in batches,"
        " and in pixels",
        "settings (`/v1/projects/{key}/settings`), with destination filters, tracking plan and the subscriptions of actions, and the list"
        " of destinations (`/v1/projects/{key}/integrations`)",
        "its library behind a path of the site's choice: by its body, by the write key in the path, or as the only script of a host (or"
        " a folder of one) that serves nothing but Segment",
        "the counters that analytics.js sends of itself (`/m`), which show that destinations in the page were fed",
        "consent in `context.consent.categoryPreferences`, on the message or its envelope",
    )
    sources = (
        "Segment documentation, HTTP Tracking API; Pixel Tracking API; Consent Management",
        "segmentio/analytics-next, analytics-kotlin, analytics-swift, analytics-react-native",
    )

    def is_library(self, exchange: Exchange) -> bool | None:
        return shape.is_library(exchange)

    def decode(self, exchange: Exchange, match: Match | None, learned: bool) -> Decoded | None:
        managed = management.read(exchange)
        if managed is not None:
            return managed
        address = settings.address(exchange.path)
        if address is not None and exchange.method == "GET":
            return _settings(exchange, *address, known=match is not None and match.vendor == "segment")
        if exchange.method == "OPTIONS" or exchange.unsent is not None:
            return None
        if match is not None and match.vendor == "segment":
            if match.kind is CallKind.COLLECT and exchange.method in (*BODY_METHODS, "GET"):
                return _collect(exchange)
            return None
        if match is not None and not learned:
            return None
        return _by_shape(exchange, learned)


DECODER = SegmentDecoder()


def _settings(exchange: Exchange, write_key: str, kind: str, known: bool) -> Decoded | None:
    """The response to a settings request; on a host that is not ``known`` to be Segment's only if it certainly is one."""
    try:
        document = answered(exchange)
        if not settings.is_settings(document, kind, known=known):
            raise NotSeen("the response to the settings request is not the documented object")
    except NotSeen as error:
        problem = Problem("settings-not-seen", str(error))
        return Decoded("segment", CallKind.CONFIG, problems=(problem,)) if known else None
    return Decoded("segment", CallKind.CONFIG, settings=settings.read(document, write_key, kind))


def _collect(exchange: Exchange) -> Decoded:
    """A request to one of Segment's own ingestion addresses."""
    if envelope.last_part(exchange.path) == "m":
        return Decoded("segment", CallKind.CONFIG, invocations=metrics.read(exchange.request_body))
    found = collection.found_at(exchange, "segment")
    if isinstance(found, Decoded):
        return found
    if len(found.messages) == 1 and shape.is_metrics(found.messages[0][1]):
        document = dict(found.messages[0][1])
        return Decoded("segment", CallKind.CONFIG, invocations=metrics.of_document(document))
    return _events(found, exchange)


def _by_shape(exchange: Exchange, learned: bool) -> Decoded | None:
    """A request to a host that is not Segment's own: decoded if its body certainly is, or may well be on a learned host."""
    if exchange.method == "GET":
        return _collect(exchange) if learned and envelope.is_pixel_path(exchange.path) else None

    def claimed(top: Mapping[str, Json], found: Envelope) -> Decoded | None:
        if shape.is_metrics(top):
            return Decoded("segment", CallKind.CONFIG, invocations=metrics.of_document(dict(top)))
        if shape.is_segment(top, exchange) or (learned and collection.could_be_message(top, exchange.path)):
            return _events(found, exchange)
        return None

    return collection.by_shape(exchange, cdp="segment", learned=learned, might_be=shape.might_be, claimed=claimed)


def _events(found: Envelope, exchange: Exchange) -> Decoded:
    """Signals are no events."""

    def is_event(content: Mapping[str, Json]) -> bool:
        return exchange.host != _SIGNALS_HOST and content.get("event") != SIGNAL_EVENT

    return collection.events(found, exchange, DIALECT, is_event)
