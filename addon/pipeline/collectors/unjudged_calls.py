"""Calls that are held against nobody: they name no page and no app, or they never left the browser."""

from __future__ import annotations

from addon.exchange import Unsent
from addon.pipeline.context import ReadExchange
from addon.pipeline.record_conversion import call_record
from addon.pipeline.session_state import needs_consent
from vendor_catalog import CallKind

from .collector import Collector

_WHY = {
    Unsent.BLOCKED: "was blocked in the browser: nothing went out",
    Unsent.CACHED: "was answered from the browser's cache: nothing went out",
    Unsent.WORKER: "was answered by a service worker of the page: the request itself did not go out",
    Unsent.OVERRIDDEN: "was answered by the browser itself (an override, or a redirect within it): nothing went out",
    Unsent.UNREACHED: "did not reach its host (no address, or no connection to it): nothing went out",
    Unsent.UNTRACED: "has neither an answer nor any trace of a connection: nothing shows that it went out",
}


class UnjudgedCallCollector(Collector):
    """Says of which calls nothing is judged, and why."""

    AFTER = ("messages",)

    def facts(self, read: ReadExchange) -> None:
        if read.vendor is None:
            return
        if read.exchange.unsent is not None:
            self._not_sent(read, read.vendor)
        elif read.session is None and read.kind is not None and read.exchange.method != "OPTIONS":
            self._unattributed(read, read.vendor, read.kind)

    def _unattributed(self, read: ReadExchange, vendor: str, kind: CallKind) -> None:
        """A vendor's call that names no page and no app: kept, but nobody is accused by it."""
        category = self.sources.need_of_vendor(vendor).category
        self.emitter.add(call_record(read.number, None, vendor, kind, category))
        if needs_consent(kind, category):
            reason = f"a call to {self.catalogue.name_of(vendor)} names no page or app, so it was not judged"
            self.emitter.gap("not-attributed", read.exchange.host, reason, read.number)

    def _not_sent(self, read: ReadExchange, vendor: str) -> None:
        """A vendor's call that was made nowhere but in the browser: nobody is accused by it, and it clears nobody."""
        if not needs_consent(read.kind, self.sources.need_of_vendor(vendor).category):
            return
        unsent = read.exchange.unsent
        assert unsent is not None, "only what was not sent comes here"
        reason = f"a call to {self.catalogue.name_of(vendor)} {_WHY[unsent]}, so it was not judged"
        self.emitter.gap("not-sent", read.exchange.host, reason, read.number)


COLLECTOR = UnjudgedCallCollector
