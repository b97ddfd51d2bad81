"""One session as it unfolds: its consent, the acts that wait for a judgement, and what was already seen of it."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from addon.consent.missing import crosses_wire, nothing_read, unread
from addon.consent.signal import Signal, Unread
from addon.consent.timeline import Timeline
from addon.decode.facts import Invocation
from addon.judge.acts import Act, CallAct, CookieAct, DeliveryAct, EventAct, Outcome, Seen
from addon.judge.pending import Judgement, PendingJudgements
from addon.judge.rule import ConsentView
from addon.pipeline.sessions import SessionKey
from vendor_catalog import CallKind, Category, ConsentManager

from .identifiers import IdentifierRegistry

_MAX_EXPECTED = 500
_MAX_CALLS = 50
_MAX_PAGE_HOSTS = 50
METRIC_WINDOW = 120.0
"""Seconds after an event in which a library's counters may tell of it: it sends them every 30, and in hidden tabs, where browsers
slow timers down, once a minute or so later."""
DEVICE_WINDOW = 5.0
"""Seconds after an event in which a call to a device-mode destination's vendor is taken for its delivery."""


@dataclass(frozen=True, slots=True)
class FirstParty:
    """What the latest first-party request to a host carried and showed."""

    cookies: list[bytes]
    """Cookie fields, as they came."""
    known: tuple[int, int, bool]
    """How many consent managers were in use, of how many a choice had been recorded, and whether it opened a page without any
    cookie: what is said of a missing one depends on these."""
    signals: tuple[Signal, ...]
    present: frozenset[str]


@dataclass(slots=True)
class SessionState:
    """One session."""

    id: str
    key: SessionKey
    consent_view: ConsentView
    pending: PendingJudgements
    started_at: float
    ended_at: float
    opened_at: float = -math.inf
    """When its latest page was opened."""
    managers: dict[str, ConsentManager] = field(default_factory=dict)
    """Consent managers in use."""
    first_party: dict[tuple[str, bool], FirstParty] = field(default_factory=dict)
    """By host, and by whether all cookies were visible: the next request mostly carries the same again."""
    cookies_judged: dict[str, tuple[list[bytes], int]] = field(default_factory=dict)
    """Host -> cookie fields and consent generation in which they were last gone through."""
    cookies_seen: dict[tuple[str, str], int] = field(default_factory=dict)
    """Cookie name and host -> the consent generation in which it was last judged."""
    generation: int = 0
    """Grows with every new answer, so that what persists is judged again under it."""
    deliveries: deque[DeliveryAct] = field(default_factory=lambda: deque(maxlen=_MAX_EXPECTED))
    """Device-mode deliveries that the vendor's own call may yet show."""
    withheld_deliveries: deque[DeliveryAct] = field(default_factory=lambda: deque(maxlen=_MAX_EXPECTED))
    """Device-mode deliveries that should not happen; a call would speak against it."""
    fed: deque[DeliveryAct] = field(default_factory=lambda: deque(maxlen=_MAX_EXPECTED))
    """Device-mode deliveries of late that may have happened, whether or not a call showed them."""
    in_use: set[str] = field(default_factory=set)
    """Vendors of which anything was fetched or called."""
    calls: dict[str, deque[float]] = field(default_factory=dict)
    """Vendor -> when it was called of late: a message, or the settings that tell where it goes, may arrive after the call."""
    pings: dict[str, deque[float]] = field(default_factory=dict)
    """Vendor -> when it was called of late without anything that tells the person apart."""
    speakers: set[str] = field(default_factory=set)
    """Who has said something of consent: consent managers, TC strings, stamps."""
    unread: dict[str, set[Unread]] = field(default_factory=dict)
    """Consent manager -> why nothing could be read of it."""
    stored: dict[tuple[str, str], str] = field(default_factory=dict)
    """What the in-page probe last saw stored, by place (cookie, storage) and name."""
    probed: dict[str, Signal] = field(default_factory=dict)
    """Consent manager -> what the probe last told of it."""
    asked: dict[str, Signal] = field(default_factory=dict)
    """Consent manager -> what its script interface last told the probe."""
    clock_lag: float = math.inf
    """Seconds from a page's own clock to the arrival of its quickest report."""
    marks: list[tuple[float, bool, str]] = field(default_factory=list)
    """What the tester said: when, whether it was a grant, and the words."""
    identifiers: IdentifierRegistry = field(default_factory=IdentifierRegistry)
    """By what known vendors know the person, and who else got that."""
    page_hosts: dict[str, None] = field(default_factory=dict)
    """Hosts of the pages whose acts were judged, in the order in which they were seen."""
    pages: int = 0
    """Pages of the site that were opened and answered."""
    fetched: int = 0
    """Answered requests beside its pages."""
    carried: set[tuple[str, str]] = field(default_factory=set)
    """Consent manager and host: those whose cookie a request to the host carried."""
    recorded: dict[str, bool] = field(default_factory=dict)
    """Consent manager -> whether the call by which it recorded a choice says what was chosen."""
    judged: bool = False
    """Whether anything in it needed consent."""

    @property
    def timeline(self) -> Timeline:
        return self.consent_view.timeline

    @property
    def site(self) -> str | None:
        return self.key.site or self.key.app

    def file(self, act: Act) -> Iterator[Judgement]:
        """Brings an act before the rules."""
        self.judged = self.judged or _needs_consent(act)
        return self.pending.file(act, self.consent_view)

    def note_page_host(self, host: str) -> None:
        """Notes a host whose page did something that was judged."""
        if len(self.page_hosts) < _MAX_PAGE_HOSTS:
            self.page_hosts[host] = None

    def use(self, manager: ConsentManager) -> list[tuple[Signal, float, str]]:
        """Notes that a consent manager is in use. The first time, gives out the absences of its cookie from earlier
        first-party requests, each with its moment and exchange."""
        if manager.id in self.managers:
            return []
        self.managers[manager.id] = manager
        self.timeline.managers.add(manager.id)
        return [
            (nothing_read(manager, host), look.at, look.exchange)
            for host, look in self.timeline.looks_without(manager.id)
        ]

    def look(self, present: set[str], host: str, at: float, exchange: str, *, bare: bool) -> list[Signal]:
        """Notes a first-party request whose cookies were all visible. Gives out what it shows of the consent managers in use
        whose cookie it did not carry.

        Args:
            bare: whether it opens a page, carries no cookie at all, and no other page led to it: it may be another window's.
        """
        self.timeline.look(host, at, frozenset(present), exchange)
        self.carried.update((manager, host) for manager in present)
        shown = (self._without(manager, host, bare) for manager in self.managers.values() if manager.id not in present)
        return [signal for signal in shown if signal is not None]

    def _without(self, manager: ConsentManager, host: str, bare: bool) -> Signal | None:
        """What it says that a request did not carry a consent manager's cookie; ``None`` for nothing."""
        if self.keeps_elsewhere(manager.id, host):
            return None
        says_what = self.recorded.get(manager.id)
        if says_what is None or (manager.id, host) in self.carried or not crosses_wire(manager):
            return nothing_read(manager, host)
        # it recorded a choice, and keeps it where no request shows it: what was recorded holds in the window that recorded it
        return None if says_what and not bare else unread(manager, host, "record", Unread.ELSEWHERE)

    def keeps_elsewhere(self, manager_id: str, host: str) -> bool:
        """Whether a consent manager's script interface told of an answer, though nothing stands under its cookie's name: then
        that the cookie is missing says nothing."""
        answer = self.asked.get(manager_id)
        return answer is not None and answer.answered is True and answer.host == host and manager_id not in self.probed

    def observe(self, signal: Signal, at: float, *, news: bool) -> Signal:
        """Adds a signal to the timeline; returns the one that stands for it (itself, if it is news)."""
        kept = self.timeline.observe(signal, at)
        if signal.unread is not None:
            self.unread.setdefault(signal.origin, set()).add(signal.unread)
        if signal.speaks:
            self.speakers.add(signal.origin)
        # a cookie that is gone takes the answer back; one that never was there changes nothing
        if news and signal.origin in self.speakers:
            self.generation += 1
        return kept

    def expect(self, act: DeliveryAct) -> bool:
        """Notes a device-mode delivery, to be recognised when the vendor is called; says whether it was called already."""
        filtered = act.delivery.outcome is Outcome.FILTERED
        if not filtered:
            self.fed.append(act)
        vendor = act.delivery.vendor or ""
        calls = [at for at in self.calls.get(vendor, ()) if _shows(at, act)]
        if calls and not (filtered and all(self._explained(vendor, at) for at in calls)):
            return True
        (self.withheld_deliveries if filtered else self.deliveries).append(act)
        return False

    def observed_deliveries(self, vendor: str, at: float) -> list[DeliveryAct]:
        """The device-mode deliveries that a call to a vendor shows; of those that should not happen only what no other delivery
        explains."""
        self.calls.setdefault(vendor, deque(maxlen=_MAX_CALLS)).append(at)
        found = [act for act in self.deliveries if act.delivery.vendor == vendor and _shows(at, act)]
        against = [act for act in self.withheld_deliveries if act.delivery.vendor == vendor and _shows(at, act)]
        if against and self._explained(vendor, at):
            against = []
        self.deliveries = _without(self.deliveries, found)
        self.withheld_deliveries = _without(self.withheld_deliveries, against)
        return [*found, *against]

    def pinged(
        self, vendor: str, at: float, seen_so: Callable[[DeliveryAct], DeliveryAct]
    ) -> list[tuple[DeliveryAct, DeliveryAct]]:
        """Puts what a call without identifiers leaves of device-mode deliveries in their place, where another call may still show
        them; gives out which stands for which."""
        self.pings.setdefault(vendor, deque(maxlen=_MAX_CALLS)).append(at)
        changed = [
            (act, better)
            for act in self.deliveries
            if act.delivery.vendor == vendor and _shows(at, act) and (better := seen_so(act)) is not act
        ]
        instead = {id(act): better for act, better in changed}
        self.deliveries = _replaced(self.deliveries, instead)
        self.fed = _replaced(self.fed, instead)
        return changed

    def pinged_for(self, act: DeliveryAct) -> bool:
        """Whether a vendor was called without identifiers within seconds of a message."""
        return any(_shows(at, act) for at in self.pings.get(act.delivery.vendor or "", ()))

    def _explained(self, vendor: str, at: float) -> bool:
        """Whether a message that may go on to a vendor explains a call to it."""
        return any(act.delivery.vendor == vendor and _shows(at, act) for act in self.fed)

    def invoked(self, invocation: Invocation, at: float) -> list[DeliveryAct]:
        """The device-mode deliveries that a library's counter shows. It does not say of which messages it speaks, so that it
        shows none unless it counts them all. Actions are counted before they look at the message, and some only add to it in
        the page: of them it shows no more than was predicted. It counts what a library makes a ping of as well."""
        meant = [
            act
            for act in self.fed
            if act.event.type == invocation.type and 0 <= at - act.at <= METRIC_WINDOW and _is_meant(act, invocation)
        ]
        if len(meant) > invocation.count:
            return []
        self.fed = _without(self.fed, meant)  # no later counter speaks of them again
        open_ones = {id(act) for act in self.deliveries if act.delivery.seen is not Seen.PING}
        found = [
            act
            for act in meant
            if id(act) in open_ones and (not invocation.action or act.delivery.outcome is Outcome.FLOWS)
        ]
        self.deliveries = _without(self.deliveries, found)
        return found

    def unseen(self) -> list[DeliveryAct]:
        """The device-mode deliveries, predicted to happen, that no call showed although their vendor was in use and there was
        time for one."""
        return [
            act
            for act in self.deliveries
            if act.delivery.outcome is Outcome.FLOWS
            and act.delivery.vendor in self.in_use
            and act.at + DEVICE_WINDOW <= self.ended_at
            and not self._called_near(act)
        ]

    def _called_near(self, act: DeliveryAct) -> bool:
        """Whether a vendor was called about the time of a message, or so often that it is no longer known: a library that sends
        messages in batches sends them after the page's own code has called the vendor."""
        calls = self.calls.get(act.delivery.vendor or "", ())
        return len(calls) >= _MAX_CALLS or any(abs(at - act.at) <= 2 * DEVICE_WINDOW for at in calls)


def _without(acts: deque[DeliveryAct], gone: list[DeliveryAct]) -> deque[DeliveryAct]:
    if not gone:
        return acts
    identities = {id(act) for act in gone}
    return deque((act for act in acts if id(act) not in identities), maxlen=_MAX_EXPECTED)


def _replaced(acts: deque[DeliveryAct], instead: Mapping[int, DeliveryAct]) -> deque[DeliveryAct]:
    """The same with others in the place of some, by identity."""
    return deque((instead.get(id(act), act) for act in acts), maxlen=_MAX_EXPECTED) if instead else acts


def _is_meant(act: DeliveryAct, invocation: Invocation) -> bool:
    """An action's name stands behind its destination's."""
    if invocation.action:
        return any(invocation.integration.startswith(f"{name} ") for name in act.delivery.names)
    return invocation.integration in act.delivery.names


def _shows(at: float, act: DeliveryAct) -> bool:
    return 0 <= at - act.at <= DEVICE_WINDOW


def needs_consent(kind: CallKind | None, category: Category | None) -> bool:
    """Whether a call of a kind to a vendor of a category is one that takes consent."""
    return kind in (CallKind.COLLECT, CallKind.LIBRARY) and category is not Category.NECESSARY


def _needs_consent(act: Act) -> bool:
    match act:
        case CallAct():
            return needs_consent(act.kind, act.need.category)
        case EventAct() | DeliveryAct() | CookieAct():
            return True
        case _:
            return False
