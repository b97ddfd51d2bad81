"""One exchange's signals of consent -> the visit's timeline."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from addon.addresses import site_of
from addon.consent.missing import crosses_wire, nothing_read, unread
from addon.consent.reader import GPC_ORIGIN, ConsentReader, Parameters, Read
from addon.consent.signal import Rank, Signal, Unread
from addon.decode.facts import Event, Surface
from addon.records import BannerEventRecord
from vendor_catalog import Catalogue

from .ledger import Ledger
from .recording import signal_record
from .scene import Scene
from .sessions import is_bare_opening, shows_every_cookie
from .visit import FirstParty, Visit

_MAX_HOSTS = 200
_STAMP_REACH = 5.0
"""Seconds of acts that are judged again, while a capture runs, because a stamp says something new. Where sources stamp
differently every message does, so that all the rest has to wait for better evidence."""


@dataclass(slots=True)
class Heard:
    """What an exchange brought to a timeline."""

    spoke: bool = False
    """Whether it shed any light: a signal, or a first-party request that shows there is none."""
    reach: float = 0.0
    """How far back it says something new, in seconds; 0 if it repeats what was known."""
    invalid_strings: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    parameters: Parameters = field(default_factory=Parameters)
    records: list[Signal] = field(default_factory=list)
    """Signals that are news, of consent managers and the strings beside them."""


@dataclass(frozen=True)
class SignalStep:
    """Hears every signal that an exchange carries."""

    catalogue: Catalogue
    reader: ConsentReader
    ledger: Ledger
    cookies_visible: bool

    def hear(self, scene: Scene) -> Heard:
        heard = Heard()
        timeline = scene.visit.timeline
        for preference in self.reader.preferences(scene.exchange, scene.page_host):
            since = timeline.opted_out_since
            earlier = preference.origin == GPC_ORIGIN and (since is None or scene.at < since)
            if earlier:
                timeline.opted_out_since = scene.at
            # it goes with every request: only the first of them is evidence that waiting acts are judged by
            if earlier or preference.origin not in scene.visit.speakers:
                self.take(scene.visit, preference, scene.at, scene.number, heard)
                heard.reach = math.inf
        if scene.vendor in self.catalogue.consent_managers:
            self.use(scene, str(scene.vendor), heard)
        if scene.visit.key.site is not None and site_of(scene.exchange.host) == scene.visit.key.site:
            self._first_party(scene, heard)
        if scene.contested:
            self._unheard(scene)
            return heard
        # a message's properties are the site's own, whatever they are called: its consent is in its stamp
        if scene.vendor is not None and scene.exchange.method != "OPTIONS" and not scene.events:
            heard.parameters = self.reader.parameters(scene.exchange, scene.page_host)
            # a string in a call does not say where the site keeps it: that no cookie holds it means nothing
            self._take_read(scene, heard.parameters.read, heard, scene.at, kept=False)
        self._recorded(scene, heard)
        spoken: Event | None = None
        for event in scene.events:
            # the messages of a batch mostly carry the same stamp
            if spoken is not None and event.stamp == spoken.stamp and event.reports_choice == spoken.reports_choice:
                continue
            if event.surface is Surface.SERVER:
                continue
            host = scene.page_host or scene.exchange.host
            for said in (self.reader.stamp(event, host), self.reader.sale_opt_out(event, host)):
                if said is not None:
                    spoken = event
                    self.take(scene.visit, said, scene.at, scene.number, heard)
        return heard

    def _unheard(self, scene: Scene) -> None:
        """What may be another window's consent is nobody's."""
        if self.catalogue.recording_call(scene.exchange.host, scene.exchange.path) is not None:
            reason = (
                "a consent manager's call came while several windows, each with cookies of its own, were in use; nothing in it tells"
                " in which of them the choice was made"
            )
            self.ledger.gap("unreadable-consent", scene.visit.site, reason, scene.number)

    def _recorded(self, scene: Scene, heard: Heard) -> None:
        """The choice that a consent manager records by this request."""
        recorded = self.reader.recording_call(scene.exchange, scene.page_host)
        self._take_read(scene, recorded, heard, scene.at)
        for signal in recorded.signals:
            scene.visit.recorded[signal.origin] = True
        for manager_id, evidence in recorded.choices:
            scene.visit.recorded.setdefault(manager_id, False)
            self.ledger.add(
                BannerEventRecord(
                    id=self.ledger.number("b"),
                    session_id=scene.visit.id,
                    exchange_id=scene.number,
                    kind="recorded",
                    manager=manager_id,
                    detail=evidence,
                    occurred_at=scene.at,
                )
            )

    def _first_party(self, scene: Scene, heard: Heard) -> None:
        exchange, visit = scene.exchange, scene.visit
        cookies = exchange.request_headers.raw_values("cookie")
        all_visible = self.cookies_visible and shows_every_cookie(
            exchange, scene.page_host, document=scene.attribution.document
        )
        bare = is_bare_opening(exchange, document=scene.attribution.document)
        state = (len(visit.managers), len(visit.recorded), bare)
        known = visit.first_party.get((exchange.host, all_visible))
        same = known is not None and known.cookies == cookies and known.known == state
        if known is not None and same and all(visit.timeline.repeats(signal, scene.at) for signal in known.signals):
            heard.spoke = heard.spoke or all_visible or bool(known.signals)
            if all_visible:
                visit.timeline.look(exchange.host, scene.at, known.present, scene.number)
        elif exchange.cookies_taken_out:
            self._taken_out(scene, heard)
        else:
            self._first_party_anew(scene, heard, cookies, all_visible=all_visible, bare=bare)
        if "set-cookie" in exchange.response_headers:
            written = {cookie.name: cookie.value for cookie in exchange.set_cookies() if not cookie.deletes}
            answer = self.reader.cookies(written, exchange.host, "set-cookie")
            self._take_read(scene, answer, heard, exchange.response_at or scene.at)

    def _taken_out(self, scene: Scene, heard: Heard) -> None:
        """A first-party request whose cookies the capture does not have, though it carried some."""
        heard.spoke = True
        host = scene.exchange.host
        reason = "the cookies of requests were taken out of the capture, so no consent cookie could be read"
        self.ledger.gap("cookies-stripped", host, reason, scene.number)
        for manager in scene.visit.managers.values():
            kept_in_cookies = crosses_wire(manager)
            shown = (
                unread(manager, host, "record", Unread.TAKEN_OUT) if kept_in_cookies else nothing_read(manager, host)
            )
            self.take(scene.visit, shown, scene.at, scene.number, heard)

    def _first_party_anew(
        self, scene: Scene, heard: Heard, cookies: list[bytes], *, all_visible: bool, bare: bool
    ) -> None:
        exchange, visit = scene.exchange, scene.visit
        read = self.reader.cookies(dict(exchange.cookies()), exchange.host) if cookies else Read()
        signals = self._take_read(scene, read, heard, scene.at)
        if all_visible:
            heard.spoke = True
            for shown in visit.look(read.present, exchange.host, scene.at, scene.number, bare=bare):
                signals.append(self.take(visit, shown, scene.at, scene.number, heard))
        if len(visit.first_party) < _MAX_HOSTS:
            visit.first_party[exchange.host, all_visible] = FirstParty(
                cookies,
                (len(visit.managers), len(visit.recorded), bare),
                tuple(signals),
                frozenset(read.present),
            )

    def _take_read(self, scene: Scene, read: Read, heard: Heard, at: float, *, kept: bool = True) -> list[Signal]:
        """Takes in what was read; returns the signals that now stand for it. ``kept``: whether it was read where its consent
        manager keeps it, which is then in use."""
        for manager_id in sorted(read.recognised):
            if kept and self.catalogue.consent_managers[manager_id].role in ("manager", "standard"):
                self.use(scene, manager_id, heard)
        for kind, reason in read.problems:
            self.ledger.gap(kind, scene.exchange.host, reason, scene.number)
        heard.invalid_strings += read.invalid_strings
        # an opt-out holds until another value takes it back, and refuses only where it says so
        unread_ones = [signal for signal in read.unread if kept and signal.rank is not Rank.OPT_OUT]
        return [self.take(scene.visit, signal, at, scene.number, heard) for signal in (*read.signals, *unread_ones)]

    def use(self, scene: Scene, manager_id: str, heard: Heard) -> None:
        """Notes that a consent manager is in use, with what earlier requests then show of it."""
        manager = self.catalogue.consent_managers[manager_id]
        for absence, at, exchange in scene.visit.use(manager):
            self.take(scene.visit, absence, at, exchange, heard)

    def take(self, visit: Visit, signal: Signal, at: float, exchange: str, heard: Heard) -> Signal:
        """Takes in one signal; returns the one that now stands for it."""
        heard.spoke = True
        kept = visit.observe(signal, at)
        if kept is not signal or signal.id:  # it has its row already
            return kept
        heard.reach = max(heard.reach, _STAMP_REACH if signal.rank.claimed else math.inf)
        if signal.rank >= Rank.STANDARD:
            heard.records.append(signal)
        signal.id = self.ledger.number("c")
        self.ledger.add(signal_record(signal, visit.id, exchange, at))
        for key in signal.unmapped:
            speaker = "a message's stamp" if signal.rank is Rank.STAMP else self.catalogue.name_of(signal.origin)
            reason = f"{speaker} speaks of {key[:80]!r}, which nothing maps to a category; add it under [categories] in the policy"
            self.ledger.gap("unmapped-category", visit.site, reason, exchange)
        return signal
