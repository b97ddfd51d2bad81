"""Consent as it stands in the page: what consent managers keep there, and what their script interfaces answer."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from addon.consent.missing import absence
from addon.consent.reader import Read
from addon.consent.signal import Rank, Signal
from addon.observations import ConsentAsked, ConsentValue
from addon.pipeline.capture import CaptureParts
from addon.pipeline.context import ExchangeContext, Observed
from addon.pipeline.session_state import SessionState
from vendor_catalog import ConsentManager

from .collector import Collector, Others
from .consent import ConsentCollector
from .signals import SignalCollector

_MAX_STORED = 100


class PageConsentCollector(Collector):
    """Takes in what the in-page probe read, at the moment at which it happened."""

    def __init__(self, capture: CaptureParts, others: Others) -> None:
        super().__init__(capture, others)
        self._signals = others.of(SignalCollector)
        self._consent = others.of(ConsentCollector)
        self._stored: defaultdict[tuple[str, str], dict[tuple[str, str], str]] = defaultdict(dict)
        """Session and host -> what the probe last saw stored, by place (cookie, storage) and name."""

    def observation(self, context: ExchangeContext, observed: Observed) -> None:
        match observed.seen:
            case ConsentValue() as seen if not observed.framed:
                self._value(context, seen, observed.at)
            case ConsentAsked() as seen if not observed.framed:
                self._answer(context, seen, observed)

    def _value(self, context: ExchangeContext, seen: ConsentValue, at: float) -> None:
        """What stands stored under a name, or no longer does."""
        session, host, reading = context.session, context.exchange.host, context.reading
        changed, values = self._store(session, host, seen)
        if seen.where == "cookie":
            self.capture.attribution.hold(session.key, context.exchange, seen.name, seen.value)
        managers = {manager.id: manager for manager, _ in self.catalogue.consent_cookies(seen.name)}
        read = self._signals.reader.cookies(values, host, "probe")
        self._problems(context, read)
        for signal in read.signals:
            if signal.origin in managers:
                self._signals.use(context, signal.origin, reading)
                record = session.in_page.record(signal, at, dated=seen.written and changed)
                self._take(context, record, at)
        for signal in read.unread:
            if signal.origin in managers and signal.rank is not Rank.OPT_OUT:
                self._signals.take(session, signal, at, context.number, reading)
        self._records(context, at)
        if seen.value is None and changed:
            for manager in managers.values():
                self._deleted(context, manager, at, dated=seen.written)

    def _store(self, session: SessionState, host: str, seen: ConsentValue) -> tuple[bool, dict[str, str]]:
        """Notes what stands stored. Says whether that is new, and gives out all that stands in the same place."""
        stored = self._stored[session.id, host]
        key = (seen.where, seen.name)
        changed = stored.get(key) != seen.value
        if seen.value is None:
            stored.pop(key, None)
        elif key in stored or len(stored) < _MAX_STORED:
            stored[key] = seen.value
        return changed, {name: value for (where, name), value in stored.items() if where == seen.where}

    def _deleted(self, context: ExchangeContext, manager: ConsentManager, at: float, *, dated: bool) -> None:
        """A record that is gone takes the answer back."""
        session = context.session
        if manager.id in session.managers:
            session.in_page.forget(manager.id, context.exchange.host)
            gone = replace(absence(manager, context.exchange.host), effective_at=at if dated else None)
            self._signals.take(session, gone, at, context.number, context.reading)

    def _answer(self, context: ExchangeContext, seen: ConsentAsked, observed: Observed) -> None:
        """What a script interface answered."""
        manager = self.catalogue.consent_managers.get(seen.manager)
        if manager is None:
            return
        read = self._signals.reader.script_interface(manager, seen.name, seen.state, seen.event, context.exchange.host)
        self._problems(context, read)
        if read.present and manager.role in ("manager", "standard"):
            self._signals.use(context, manager.id, context.reading)
        for signal in read.signals:
            answer = context.session.in_page.answer(signal, observed.at, observed.chosen_at)
            if answer is not None:
                self._take(context, answer, observed.at)
        self._records(context, observed.at)

    def _take(self, context: ExchangeContext, signal: Signal, at: float) -> None:
        kept = self._signals.take(context.session, signal, at, context.number, context.reading)
        context.session.in_page.remember(signal, kept)

    def _records(self, context: ExchangeContext, at: float) -> None:
        """Files the consent that was just seen to be held."""
        self._consent.records(context, context.reading.records, at)
        context.reading.records.clear()

    def _problems(self, context: ExchangeContext, read: Read) -> None:
        for kind, reason in read.problems:
            self.emitter.gap(kind, context.exchange.host, reason, context.number)
        self._consent.strings(context, read.invalid_strings)


COLLECTOR = PageConsentCollector
