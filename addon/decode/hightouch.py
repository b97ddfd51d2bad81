"""Hightouch Events: a fork of analytics.js and of Segment's mobile and server SDKs, with the same messages and settings.

Sources: ht-sdks/events-sdk-js-mono ``plugins/hightouchio`` (addresses, full words in paths, no write key in headers),
``browser/index.ts`` (settings), ``generated/version.ts`` and ``env-enrichment`` (library); events-sdk-react-native
``ConsentPlugin.ts`` (stamp, consent event), ``constants.ts`` (``/v1/b``); events-sdk-python ``request.py`` (``/v1/batch``).
"""

from __future__ import annotations

from collections.abc import Mapping

from addon.exchange import Exchange
from addon.jsontext import Json, mapping
from vendor_catalog import CallKind, Match

from . import collection
from .answers import NotSeen, answered
from .collection import BODY_METHODS
from .envelope import Envelope
from .facts import Decoded, Problem, Stamping, Surface
from .message import Dialect, category_preferences, sent_before
from .segment import settings

DIALECT = Dialect(
    cdp="hightouch",
    surfaces={"events-sdk-js": Surface.WEB, "@ht-sdks/events-sdk-react-native": Surface.MOBILE},
    consent_events=("Hightouch Consent Preference", "Consent Updated"),
    stamp_key="consent",
    stamp=category_preferences,
    sent_before=sent_before,
)
_LIBRARIES = ("events-sdk-", "@ht-sdks/")


class HightouchDecoder:
    """Reads Hightouch's ingestion endpoints and settings, on its own hosts, on learned ones, and by shape on any."""

    cdp = "hightouch"
    name = "Hightouch"
    stamping = Stamping(
        place="context.consent",
        choices="categoryPreferences",
        unstamped="nothing in it then tells Hightouch or its destinations what the person chose",
    )
    decodes = (
        "messages on Hightouch's hosts, on hosts that settings or the policy name, and by shape on any: `/v1/{type}`,"
        " `/v1/batch`, `/v1/b`",
        "settings (`/v1/projects/{key}/settings`)",
        "consent in `context.consent.categoryPreferences`",
    )
    sources = (
        "Hightouch documentation, Events; Consent Manager",
        "ht-sdks/events-sdk-js-mono, events-sdk-react-native, events-sdk-python",
    )

    def decode(self, exchange: Exchange, match: Match | None, learned: bool) -> Decoded | None:
        own = match is not None and match.vendor == self.cdp
        if match is not None and not own and not learned:
            return None
        address = settings.address(exchange.path)
        if address is not None and exchange.method == "GET":
            return _settings(exchange, *address, known=own)
        if exchange.method == "OPTIONS" or exchange.unsent is not None:
            return None
        if match is not None and own:
            collects = match.kind is CallKind.COLLECT and exchange.method in BODY_METHODS
            return collection.collect(exchange, DIALECT) if collects else None
        return _by_shape(exchange, learned)


DECODER = HightouchDecoder()


def _settings(exchange: Exchange, write_key: str, kind: str, known: bool) -> Decoded | None:
    try:
        document = answered(exchange)
        if kind == "integrations" and not known:
            return None  # a list of names looks the same from every CDP
        if not settings.is_settings(document, kind, known=known, own_key=settings.HIGHTOUCH_KEY):
            raise NotSeen("the response to the settings request is not the documented object")
    except NotSeen as error:
        problem = Problem("settings-not-seen", str(error))
        return Decoded("hightouch", CallKind.CONFIG, problems=(problem,)) if known else None
    found = settings.read(document, write_key, kind, settings.HIGHTOUCH_KEY)
    return Decoded("hightouch", CallKind.CONFIG, settings=found)


def _by_shape(exchange: Exchange, learned: bool) -> Decoded | None:
    def claimed(document: Mapping[str, Json], found: Envelope) -> Decoded | None:
        certain = any(_is_marked(content) for content in collection.sent(document))
        if certain or (learned and collection.could_be_message(document, exchange.path)):
            return collection.events(found, exchange, DIALECT)
        return None

    return collection.by_shape(exchange, cdp="hightouch", learned=learned, might_be=_might_be, claimed=claimed)


def _might_be(body: bytes) -> bool:
    """A quick look, before anything is parsed."""
    return collection.is_object_with(body, b"events-sdk-", b"@ht-sdks/", b"Hightouch.io")


def _is_marked(content: Mapping[str, Json]) -> bool:
    """Whether a message bears what only Hightouch's SDKs write."""
    if not isinstance(content.get("messageId"), str):
        return False
    bundled = mapping(content.get("_metadata")).get("bundled")
    own = isinstance(bundled, list) and settings.HIGHTOUCH_KEY in bundled
    return own or (collection.library_of(content) or "").startswith(_LIBRARIES)
