"""mParticle: what its web SDK, its mobile SDKs and servers send."""

from __future__ import annotations

import re

from addon.decode.body import document_of, problem_of
from addon.decode.facts import Decoded, Problem, Surface
from addon.decode.segment.envelope import basic_write_key
from addon.exchange import BodyError, Exchange
from addon.jsontext import JsonError
from vendor_catalog import CallKind, Match

from . import batch

_WEB = re.compile(r"/v[123]/JS/([^/]{1,128})/[eE]vents$")
_MOBILE = re.compile(r"^/v[12]/([^/]{1,128})/events$")
_SERVER = re.compile(r"^(/s2s)?/v2/(events|bulkevents)$")


class MParticleDecoder:
    """Reads batches by mParticle's addresses, on its own hosts and on a site's."""

    cdp = "mparticle"

    def decode(self, exchange: Exchange, match: Match | None, learned: bool) -> Decoded | None:
        if match is None or match.vendor != self.cdp or exchange.unsent is not None:
            return None
        sender = _sender(exchange)
        if sender is None or match.kind is not CallKind.COLLECT or exchange.method != "POST":
            return None
        own = exchange.host == "mparticle.com" or exchange.host.endswith(".mparticle.com")
        try:
            document, problems = document_of(exchange)
        except (BodyError, JsonError) as error:
            return Decoded(self.cdp, CallKind.COLLECT, problems=(problem_of(error),))
        if not batch.is_batch(document):
            if not own:
                return None
            told = Problem("undecodable-body", "the body is no batch of mParticle's documented formats")
            return Decoded(self.cdp, CallKind.COLLECT, problems=(*problems, told))
        events, found = batch.read(document, sender)
        return Decoded(self.cdp, CallKind.COLLECT, tuple(events), problems=(*problems, *found))


DECODER = MParticleDecoder()


def _sender(exchange: Exchange) -> batch.Sender | None:
    """Who sends to an address; ``None`` for an address that takes no batches."""
    web = _WEB.search(exchange.path)
    if web is not None:
        return batch.Sender(Surface.WEB, web.group(1))
    if _SERVER.search(exchange.path):
        return batch.Sender(Surface.SERVER, basic_write_key(exchange))
    mobile = _MOBILE.search(exchange.path)
    return None if mobile is None else batch.Sender(Surface.MOBILE, mobile.group(1))
