"""Libraries of CDPs that were started and never sent anything."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from addon.consent.timeline import Standing
from addon.decode import decoder_of, decoders_by_cdp
from addon.exchange import Exchange, Unsent
from addon.judge.verdict import Regime
from addon.pipeline.capture import CaptureParts
from addon.pipeline.context import ReadExchange
from addon.pipeline.session_state import SessionState
from vendor_catalog import CallKind

from .collector import Collector, Others


@dataclass(slots=True)
class _OfSession:
    started: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    """CDP -> exchange and page host of the first answer with its library or its settings."""
    sent: set[str] = field(default_factory=set)
    """CDPs that were sent something, or would have been if the browser had let it out."""


class SilentLibraryCollector(Collector):
    """Says which CDP's library was fetched, or asked for its source's settings, and never sent a message in its session. What it
    would have sent is not known; but where the person refused, or has to answer first, it may be right to hold everything back."""

    def __init__(self, capture: CaptureParts, others: Others) -> None:
        super().__init__(capture, others)
        self._sessions: defaultdict[str, _OfSession] = defaultdict(_OfSession)

    def facts(self, read: ReadExchange) -> None:
        cdp = read.vendor
        if read.session is None or cdp is None or cdp not in decoders_by_cdp():
            return
        seen = self._sessions[read.session.id]
        if read.kind is CallKind.COLLECT:
            seen.sent.add(cdp)
        elif _starts(read) and _is_answered(read.exchange):
            seen.started.setdefault(cdp, (read.number, read.attribution.page_host))

    def close(self, session: SessionState) -> None:
        seen = self._sessions.pop(session.id, _OfSession())
        for cdp, (number, page_host) in seen.started.items():
            if cdp not in seen.sent:
                self._silent(session, cdp, number, page_host)

    def _silent(self, session: SessionState, cdp: str, number: str, page_host: str | None) -> None:
        name = decoder_of(cdp).name
        where = f"{name} was started on {session.site or 'a page'} and sent no message"
        state = session.timeline.state(self.sources.need_of_vendor(cdp), session.ended_at, page_host)
        asked_first = session.consent_view.regime is Regime.OPT_IN and state.standing is Standing.UNANSWERED
        if state.standing is Standing.DENIED or asked_first:
            answer = "not answered yet" if asked_first else "refused"
            reason = f"{where}: the person had {answer}, but a browser that says it is offline keeps messages as well"
            self.emitter.gap("library-held-back", None, reason, number)
        else:
            reason = f"{where}: the page may have said that it was offline, or was left before it could"
            self.emitter.gap("library-silent", None, reason, number)


def _starts(read: ReadExchange) -> bool:
    """Whether a library runs once this is answered. The list of destinations is fetched by consent managers that run without it."""
    settings = None if read.decoded is None else read.decoded.settings
    return read.kind is CallKind.LIBRARY if settings is None else settings.origin == "settings"


def _is_answered(exchange: Exchange) -> bool:
    answered = exchange.status is not None and (200 <= exchange.status < 300 or exchange.status == 304)
    return answered and exchange.unsent is not Unsent.BLOCKED


COLLECTOR = SilentLibraryCollector
