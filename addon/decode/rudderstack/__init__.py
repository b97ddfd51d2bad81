"""RudderStack: its messages, on hosted and on self-hosted data planes, and a source's configuration."""

from __future__ import annotations

import re
from collections.abc import Mapping

from addon.decode import collection
from addon.decode.answers import NotSeen, answered
from addon.decode.collection import BODY_METHODS
from addon.decode.envelope import Envelope
from addon.decode.facts import Decoded, Problem, Stamping
from addon.exchange import Exchange
from addon.jsontext import Json
from vendor_catalog import CallKind, Match

from . import settings, shape
from .dialect import DIALECT

_PIXEL = re.compile(r"/pixel/v1/(track|page)/?$")


class RudderStackDecoder:
    """Reads RudderStack's data planes and configuration, on its own hosts, on learned ones, and by shape on any."""

    cdp = "rudderstack"
    name = "RudderStack"
    stamping = Stamping(
        place="context.consentManagement",
        choices="deniedConsentIds and allowedConsentIds",
        unstamped="RudderStack filters by denied ids alone, so such a message goes on to every destination",
    )
    decodes = (
        "messages on hosted data planes, on hosts that the policy names, and by shape on any: `/v1/{type}`, `/v1/batch`,"
        " `/v1/import`, `/beacon/v1/batch`, `/pixel/v1/{type}`",
        "the source's configuration (`/sourceConfig`), with its destinations and what each is mapped to, per consent manager",
        "consent in `context.consentManagement`",
    )
    sources = (
        "RudderStack documentation, HTTP API; Pixel API; Consent Management",
        "rudderlabs/rudder-sdk-js, rudder-server (gateway, processor/consent.go)",
    )

    def decode(self, exchange: Exchange, match: Match | None, learned: bool) -> Decoded | None:
        own = match is not None and match.vendor == self.cdp
        if match is not None and not own and not learned:
            return None
        if settings.is_address(exchange.path) and exchange.method == "GET":
            return _settings(exchange, known=own)
        if exchange.method == "OPTIONS" or exchange.unsent is not None:
            return None
        pixel = exchange.method == "GET" and _PIXEL.search(exchange.path) is not None
        if match is not None and own:
            collects = match.kind is CallKind.COLLECT and (pixel or exchange.method in BODY_METHODS)
            return collection.collect(exchange, DIALECT) if collects else None
        if pixel:
            return collection.collect(exchange, DIALECT) if learned else None
        return _by_shape(exchange, learned)


DECODER = RudderStackDecoder()


def _settings(exchange: Exchange, known: bool) -> Decoded | None:
    """The answer to a request for a source's configuration; on a host that is not ``known`` to be RudderStack's only if it
    certainly is one."""
    try:
        document = answered(exchange)
        found = settings.read(document, exchange)
        if found is None:
            raise NotSeen("the response to the request for the source's configuration is not the documented object")
    except NotSeen as error:
        problem = Problem("settings-not-seen", str(error))
        return Decoded("rudderstack", CallKind.CONFIG, problems=(problem,)) if known else None
    return Decoded("rudderstack", CallKind.CONFIG, settings=found)


def _by_shape(exchange: Exchange, learned: bool) -> Decoded | None:
    def claimed(document: Mapping[str, Json], found: Envelope) -> Decoded | None:
        possible = learned and collection.could_be_message(document, exchange.path)
        if shape.is_rudderstack(document, exchange) or possible:
            return collection.events(found, exchange, DIALECT)
        return None

    return collection.by_shape(exchange, cdp="rudderstack", learned=learned, might_be=shape.might_be, claimed=claimed)
