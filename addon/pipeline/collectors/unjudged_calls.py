"""Calls that are held against nobody: they name no page and no app, an extension of the browser made them, or they never left the
browser."""

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
        elif read.attribution.doubtful is not None:
            self._doubtful(read, read.vendor, read.attribution.doubtful)

    def _unattributed(self, read: ReadExchange, vendor: str, kind: CallKind) -> None:
        """A vendor's call that names no page and no app: kept, but nobody is accused by it."""
        category = self.sources.need_of_vendor(vendor).category
        self.emitter.add(call_record(read.number, None, vendor, kind, category))
        if needs_consent(kind, category):
            name = self.catalogue.name_of(vendor)
            if read.exchange.of_extension:
                reason = f"an extension of the browser, and no page, called {name}, so it was not judged"
                self.emitter.gap("browser-extension", read.exchange.host, reason, read.number)
                return
            reason = f"a call to {name} names no page or app, so it was not judged"
            self.emitter.gap("not-attributed", read.exchange.host, reason, read.number)

    def _doubtful(self, read: ReadExchange, vendor: str, site: str) -> None:
        """A vendor's call of what may be a frame in a page, or a page of its own."""
        if needs_consent(read.kind, self.sources.need_of_vendor(vendor).category):
            page = read.attribution.page_host
            reason = f"it is taken for a frame in the page of {page}, which it named; nothing shows that it is no page of its own"
            self.emitter.gap("frame-or-page", site, reason, read.number)

    def _not_sent(self, read: ReadExchange, vendor: str) -> None:
        """A vendor's call that was made nowhere but in the browser: nobody is accused by it, and it clears nobody."""
        if not needs_consent(read.kind, self.sources.need_of_vendor(vendor).category):
            return
        unsent = read.exchange.unsent
        assert unsent is not None, "only what was not sent comes here"
        reason = f"a call to {self.catalogue.name_of(vendor)} {_WHY[unsent]}, so it was not judged"
        self.emitter.gap("not-sent", read.exchange.host, reason, read.number)


COLLECTOR = UnjudgedCallCollector
