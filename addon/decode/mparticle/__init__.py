"""mParticle: what its web SDK, its mobile SDKs and servers send."""

from __future__ import annotations

import re

from addon.body import BodyError
from addon.decode.answers import NotSeen, answered
from addon.decode.body import document_of
from addon.decode.collection import unreadable
from addon.decode.envelope import basic_write_key
from addon.decode.facts import Decoded, Problem, Stamping, Surface
from addon.exchange import Exchange
from addon.jsontext import JsonError
from vendor_catalog import CallKind, Match

from . import batch, kits

_WEB = re.compile(r"/v[123]/JS/([^/]{1,128})/[eE]vents$")
_MOBILE = re.compile(r"^/v[12]/([^/]{1,128})/events$")
_SERVER = re.compile(r"^(/s2s)?/v2/(events|bulkevents)$")


class MParticleDecoder:
    """Reads batches by mParticle's addresses, on its own hosts and on a site's."""

    cdp = "mparticle"
    name = "mParticle"
    stamping = Stamping(
        "consent_state",
        "gdpr",
        "mParticle's kits in the page then receive it unless their rules demand a consent, and so may its other outputs",
    )
    decodes = (
        "`/v3/JS/{key}/events`, and the older `v1` and `v2`, on `*.mparticle.com` and below `/webevents` on a site's own domain",
        "what the mobile SDKs send to `nativesdks.mparticle.com/v2/{key}/events`",
        "the Events API that servers use (`s2s.mparticle.com/v2/events` and `/bulkevents`)",
        "the consent of a batch: each GDPR purpose as a stamp, `data_sale_opt_out` as an opt-out (`consented: true` means opted out)",
        "the kits that `/JS/v2/{key}/config` lists, with the consent rule of each; what mParticle's servers feed is not in it",
    )
    sources = (
        "mParticle/mparticle-web-sdk 2.68.0",
        "mParticle/mparticle-android-sdk Constants.java, MessageBatch.java",
        "mParticle documentation, Events API and Consent API",
    )

    def decode(self, exchange: Exchange, match: Match | None, learned: bool) -> Decoded | None:
        if match is None or match.vendor != self.cdp or exchange.unsent is not None:
            return None
        if match.kind is CallKind.CONFIG:
            return _configuration(exchange)
        sender = _sender(exchange)
        if sender is None or match.kind is not CallKind.COLLECT or exchange.method != "POST":
            return None
        own = exchange.host == "mparticle.com" or exchange.host.endswith(".mparticle.com")
        try:
            document, problems = document_of(exchange)
        except (BodyError, JsonError) as error:
            return unreadable(self.cdp, error)
        if not batch.is_batch(document):
            if not own:
                return None
            problem = Problem("undecodable-body", "the body is no batch of mParticle's documented formats")
            return Decoded(self.cdp, CallKind.COLLECT, problems=(*problems, problem))
        events, found = batch.read(document, sender)
        return Decoded(self.cdp, CallKind.COLLECT, tuple(events), problems=(*problems, *found))


DECODER = MParticleDecoder()
_SERVERS = Problem(
    "settings-not-seen",
    "mParticle's configuration lists the kits that run in the page; what its servers send on never crosses the wire",
)


def _configuration(exchange: Exchange) -> Decoded | None:
    """The kits that a configuration gives a page; ``None`` if the document is no configuration."""
    write_key = kits.address(exchange.path)
    if write_key is None or exchange.method != "GET":
        return None
    try:
        document = answered(exchange)
    except NotSeen as error:
        return Decoded("mparticle", CallKind.CONFIG, problems=(Problem("settings-not-seen", str(error)),))
    if not kits.is_configuration(document):
        return None
    said = kits.read(document, write_key, development="env=1" in exchange.query.split("&"))
    return Decoded("mparticle", CallKind.CONFIG, settings=said, problems=(_SERVERS,))


def _sender(exchange: Exchange) -> batch.Sender | None:
    """Who sends to an address; ``None`` for an address that takes no batches."""
    web = _WEB.search(exchange.path)
    if web is not None:
        return batch.Sender(Surface.WEB, web.group(1))
    if _SERVER.search(exchange.path):
        return batch.Sender(Surface.SERVER, basic_write_key(exchange))
    mobile = _MOBILE.search(exchange.path)
    return None if mobile is None else batch.Sender(Surface.MOBILE, mobile.group(1))
