"""One exchange's signals of consent -> the session's timeline."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from addon.addresses import site_of
from addon.consent.missing import absence, crosses_wire, nothing_read, unread
from addon.consent.reader import GPC_ORIGIN, Read
from addon.consent.signal import Rank, Signal, Unread
from addon.decode.facts import Event, Surface
from addon.pipeline.capture import CaptureParts
from addon.pipeline.context import ConsentReading, ExchangeContext
from addon.pipeline.pages import is_bare_opening, shows_every_cookie
from addon.pipeline.record_conversion import signal_record
from addon.pipeline.session_state import SessionState
from addon.records import BannerEventRecord
from vendor_catalog import ConsentManager

from .collector import Collector, Others

_MAX_HOSTS = 200
_STAMP_REACH = 5.0
"""Seconds of acts that are judged again, while a capture runs, because a stamp says something new. Where sources stamp
differently every message does, so that all the rest has to wait for better evidence."""


@dataclass(frozen=True, slots=True)
class _FirstParty:
    """What the latest first-party request to a host carried and showed."""

    cookies: list[bytes]
    """Cookie fields, as they came."""
    known: tuple[int, int, bool]
    """How many consent managers were in use, of how many a choice had been recorded, and whether it opened a page without any
    cookie: what is said of a missing one depends on these."""
    signals: tuple[Signal, ...]
    present: frozenset[str]


@dataclass(slots=True)
class _OfSession:
    first_party: dict[tuple[str, bool], _FirstParty] = field(default_factory=dict)
    """By host, and by whether all cookies were visible: the next request mostly carries the same again."""
    carried: set[str] = field(default_factory=set)
    """Consent managers whose cookie a request carried: so it crosses the wire, where a host has it."""
    recorded: dict[str, bool] = field(default_factory=dict)
    """Consent manager -> whether the call by which it recorded a choice says what was chosen."""


class SignalCollector(Collector):
    """Reads every signal that an exchange carries, and takes in those that others read."""

    AFTER = ("marks",)
    """A page that was opened may be one of which the tester's marks say nothing: then they no longer stand beside its signals."""

    def __init__(self, capture: CaptureParts, others: Others) -> None:
        super().__init__(capture, others)
        self.reader = capture.reader
        self._cookies_visible = capture.traits.cookies_visible
        self._sessions: defaultdict[str, _OfSession] = defaultdict(_OfSession)

    def cookies_of(self, session: SessionState) -> Iterator[bytes]:
        """The cookie fields that each host of a session's site was last sent."""
        for known in self._sessions[session.id].first_party.values():
            yield from known.cookies

    def evidence(self, context: ExchangeContext) -> None:
        reading = context.reading
        timeline = context.session.timeline
        for preference in self.reader.preferences(context.exchange, context.page_host):
            since = timeline.opted_out_since
            earlier = preference.origin == GPC_ORIGIN and (since is None or context.at < since)
            if earlier:
                timeline.opted_out_since = context.at
            # it goes with every request: only the first of them is evidence that waiting acts are judged by
            if earlier or preference.origin not in context.session.speakers:
                self.take(context.session, preference, context.at, context.number, reading)
                reading.reach = math.inf
        if context.vendor in self.catalogue.consent_managers:
            self.use(context, str(context.vendor), reading)
            self.run(context.session, str(context.vendor), reading)
        if context.session.key.site is not None and site_of(context.exchange.host) == context.session.key.site:
            self._first_party(context, reading)
        if context.contested:
            self._unheard(context)
            return
        # a message's properties are the site's own, whatever they are called: its consent is in its stamp
        if context.vendor is not None and context.exchange.method != "OPTIONS" and not context.events:
            storages = next((hit.consent for hit in context.hits.hits if hit.consent is not None), None)
            reading.parameters = self.reader.parameters(context.exchange, context.page_host, storages)
            # a string in a call does not say where the site keeps it: that no cookie holds it means nothing
            self._take_read(context, reading.parameters.read, reading, context.at, kept=False)
        self._recorded(context, reading)
        spoken: Event | None = None
        for event in context.events:
            # the messages of a batch mostly carry the same stamp
            if spoken is not None and event.stamp == spoken.stamp and event.reports_choice == spoken.reports_choice:
                continue
            if event.surface is Surface.SERVER:
                continue
            host = context.page_host or context.exchange.host
            for said in (self.reader.stamp(event, host), self.reader.sale_opt_out(event, host)):
                if said is not None:
                    spoken = event
                    self.take(context.session, said, context.at, context.number, reading)

    def _unheard(self, context: ExchangeContext) -> None:
        """What may be another window's consent is nobody's."""
        if self.catalogue.recording_call(context.exchange.host, context.exchange.path) is not None:
            reason = (
                "a consent manager's call came while several windows, each with cookies of its own, were in use; nothing in it tells"
                " in which of them the choice was made"
            )
            self.emitter.gap("unreadable-consent", context.session.site, reason, context.number)

    def _recorded(self, context: ExchangeContext, reading: ConsentReading) -> None:
        """The choice that a consent manager records by this request."""
        recorded = self.reader.recording_call(context.exchange, context.page_host)
        known = self._sessions[context.session.id].recorded
        self._take_read(context, recorded, reading, context.at)
        for signal in recorded.signals:
            known[signal.origin] = True
        for manager_id, evidence in recorded.choices:
            known.setdefault(manager_id, False)
            self.emitter.add(
                BannerEventRecord(
                    id=self.emitter.number("b"),
                    session_id=context.session.id,
                    exchange_id=context.number,
                    kind="recorded",
                    manager=manager_id,
                    detail=evidence,
                    occurred_at=context.at,
                )
            )

    def _first_party(self, context: ExchangeContext, reading: ConsentReading) -> None:
        exchange, session = context.exchange, context.session
        cookies = exchange.request_headers.raw_values("cookie")
        all_visible = self._cookies_visible and shows_every_cookie(
            exchange, context.page_host, document=context.attribution.document
        )
        bare = is_bare_opening(exchange, document=context.attribution.document)
        if bare:
            session.timeline.opened(context.at)
        earlier = self._sessions[session.id]
        state = (len(session.managers), len(earlier.recorded), bare)
        known = earlier.first_party.get((exchange.host, all_visible))
        same = known is not None and known.cookies == cookies and known.known == state
        if (
            known is not None
            and same
            and all(session.timeline.repeats(signal, context.at, exchange.host) for signal in known.signals)
        ):
            reading.spoke = reading.spoke or all_visible or bool(known.signals)
            if all_visible:
                session.timeline.look(exchange.host, context.at, known.present, context.number)
        elif exchange.cookies_taken_out:
            self._taken_out(context, reading)
        else:
            self._first_party_anew(context, reading, cookies, all_visible=all_visible, bare=bare)
        if "set-cookie" in exchange.response_headers:
            self._written(context, reading)

    def _written(self, context: ExchangeContext, reading: ConsentReading) -> None:
        """The records that a response set, and for which hosts, and those that it deleted."""
        exchange = context.exchange
        set_now = list(exchange.set_cookies())
        written = {cookie.name: cookie for cookie in set_now if not cookie.deletes}
        values = {name: cookie.value for name, cookie in written.items()}
        at = exchange.response_at or context.at
        answer = self.reader.cookies(values, exchange.host, "set-cookie")
        for signal in answer.signals:
            cookie = written.get(signal.carrier.partition(" ")[2])
            if cookie is not None:
                context.session.timeline.set_for(signal, cookie.domain)
        self._take_read(context, answer, reading, at)
        deleted = [cookie.name for cookie in set_now if cookie.deletes and cookie.name not in written]
        if deleted:
            self._deleted(context, deleted, values, at)

    def _deleted(self, context: ExchangeContext, names: list[str], written: Mapping[str, str], at: float) -> None:
        """A response that deletes a consent manager's record takes the answer back, unless another cookie of it stays. What the
        request did not carry is not deleted by it: it may be another path's."""
        exchange, session = context.exchange, context.session
        sent = {name for name, _ in exchange.cookies()}
        names = [name for name in names if name in sent]
        left = sent.union(written).difference(names)
        kept = {manager.id for name in left for manager, _ in self.catalogue.consent_cookies(name)}
        for name in names:
            for manager, _ in self.catalogue.consent_cookies(name):
                if manager.id in session.managers and manager.id not in kept and crosses_wire(manager):
                    gone = replace(absence(manager, exchange.host), carrier=f"deleted {name}", effective_at=at)
                    self.take(session, gone, at, context.number, context.reading)

    def _taken_out(self, context: ExchangeContext, reading: ConsentReading) -> None:
        """A first-party request whose cookies the capture does not have, though it carried some."""
        reading.spoke = True
        host = context.exchange.host
        reason = "the cookies of requests were taken out of the capture, so no consent cookie could be read"
        self.emitter.gap("cookies-stripped", host, reason, context.number)
        for manager in context.session.managers.values():
            kept_in_cookies = crosses_wire(manager)
            shown = (
                unread(manager, host, "record", Unread.TAKEN_OUT) if kept_in_cookies else nothing_read(manager, host)
            )
            self.take(context.session, shown, context.at, context.number, reading)

    def _first_party_anew(
        self, context: ExchangeContext, reading: ConsentReading, cookies: list[bytes], *, all_visible: bool, bare: bool
    ) -> None:
        exchange, session = context.exchange, context.session
        read = self.reader.cookies(dict(exchange.cookies()), exchange.host) if cookies else Read()
        signals = self._take_read(context, read, reading, context.at)
        if all_visible:
            reading.spoke = True
            for shown in self._look(context, read.present, bare=bare):
                signals.append(self.take(session, shown, context.at, context.number, reading))
        known = self._sessions[session.id]
        if len(known.first_party) < _MAX_HOSTS:
            known.first_party[exchange.host, all_visible] = _FirstParty(
                cookies,
                (len(session.managers), len(known.recorded), bare),
                tuple(signals),
                frozenset(read.present),
            )

    def _look(self, context: ExchangeContext, present: set[str], *, bare: bool) -> list[Signal]:
        """Notes a first-party request whose cookies were all visible. Gives out what it shows of the consent managers in use
        whose cookie it did not carry.

        Args:
            bare: whether it opens a page, carries no cookie at all, and no other page led to it: it may be another window's.
        """
        session, host = context.session, context.exchange.host
        session.timeline.look(host, context.at, frozenset(present), context.number)
        self._sessions[session.id].carried |= present
        missing = (manager for manager in session.managers.values() if manager.id not in present)
        shown = (self._without(session, manager, host, bare) for manager in missing)
        return [signal for signal in shown if signal is not None]

    def _without(self, session: SessionState, manager: ConsentManager, host: str, bare: bool) -> Signal | None:
        """What it says that a request did not carry a consent manager's cookie; ``None`` for nothing."""
        if session.in_page.keeps_elsewhere(manager.id, host):
            return None
        if not crosses_wire(manager) and session.in_page.sees(manager.id, host):
            return None  # the probe reads it where it is kept, and tells when it changes
        known = self._sessions[session.id]
        says_what = known.recorded.get(manager.id)
        if says_what is None or manager.id in known.carried or not crosses_wire(manager):
            return nothing_read(manager, host)
        # it recorded a choice, and keeps it where no request shows it: what was recorded holds in the window that recorded it
        return None if says_what and not bare else unread(manager, host, "record", Unread.ELSEWHERE)

    def _take_read(
        self, context: ExchangeContext, read: Read, reading: ConsentReading, at: float, *, kept: bool = True
    ) -> list[Signal]:
        """Takes in what was read; returns the signals that now stand for it. ``kept``: whether it was read where its consent
        manager keeps it, which is then in use."""
        for manager_id in sorted(read.recognised):
            if kept and self.catalogue.consent_managers[manager_id].role in ("manager", "standard"):
                self.use(context, manager_id, reading)
        for kind, reason in read.problems:
            self.emitter.gap(kind, context.exchange.host, reason, context.number)
        reading.invalid_strings += read.invalid_strings
        # an opt-out holds until another value takes it back, and refuses only where it says so
        unread_ones = [signal for signal in read.unread if kept and signal.rank is not Rank.OPT_OUT]
        return [
            self.take(context.session, signal, at, context.number, reading) for signal in (*read.signals, *unread_ones)
        ]

    def use(self, context: ExchangeContext, manager_id: str, reading: ConsentReading) -> None:
        """Notes that a consent manager is in use, with what earlier requests then show of it."""
        manager = self.catalogue.consent_managers[manager_id]
        for missing, at, exchange in context.session.use(manager):
            self.take(context.session, missing, at, exchange, reading)

    def run(self, session: SessionState, manager_id: str, reading: ConsentReading) -> None:
        """Notes that a consent manager's script runs, so that its record decides and not what another one left behind."""
        if session.timeline.run(manager_id):
            session.generation += 1
            reading.reach = math.inf

    def take(self, session: SessionState, signal: Signal, at: float, exchange: str, reading: ConsentReading) -> Signal:
        """Takes in one signal; returns the one that now stands for it."""
        reading.spoke = True
        known = session.timeline.standing_for(signal, at)
        if known is not None or signal.id:  # it has its row already
            return session.observe(known or signal, at, signal.host, news=known is None)
        signal = session.observe(replace(signal, id=self.emitter.number("c")), at, signal.host, news=True)
        reading.reach = max(reading.reach, _STAMP_REACH if signal.rank.claimed else math.inf)
        if signal.rank >= Rank.STANDARD:
            reading.records.append(signal)
        self.emitter.add(signal_record(signal, session.id, exchange, at))
        for key in signal.unmapped:
            speaker = "a message's stamp" if signal.rank is Rank.STAMP else self.catalogue.name_of(signal.origin)
            reason = f"{speaker} speaks of {key[:80]!r}, which nothing maps to a category; add it under [categories] in the policy"
            self.emitter.gap("unmapped-category", session.site, reason, exchange)
        return signal


COLLECTOR = SignalCollector
