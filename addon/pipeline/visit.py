"""One session as it unfolds: its consent, the acts that wait for a ruling, and what was already seen of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from addon.consent.reader import absence
from addon.consent.signal import Signal
from addon.consent.timeline import Timeline
from addon.judge.acts import Act, DeliveryAct, Outcome
from addon.judge.docket import Case, Docket
from addon.judge.rule import Court
from addon.pipeline.sessions import SessionKey
from vendor_catalog import ConsentManager

DEVICE_WINDOW = 5.0
"""Seconds after an event in which a call to a device-mode destination's vendor is taken for its delivery."""


@dataclass(slots=True)
class PendingDelivery:
    """A device-mode delivery that the vendor's own call may yet show."""

    act: DeliveryAct
    filed: bool


@dataclass(slots=True)
class Visit:
    """One session."""

    id: str
    key: SessionKey
    court: Court
    docket: Docket
    started_at: float
    ended_at: float
    managers: dict[str, ConsentManager] = field(default_factory=dict)
    """Consent managers in use."""
    cookies_seen: dict[tuple[str, str], int] = field(default_factory=dict)
    """Cookie name and host -> the consent generation in which it was last judged."""
    generation: int = 0
    """Grows with every new answer, so that what persists is judged again under it."""
    deliveries: deque[PendingDelivery] = field(default_factory=lambda: deque(maxlen=500))
    judged: bool = False
    """Whether anything in it needed consent."""

    @property
    def timeline(self) -> Timeline:
        return self.court.timeline

    @property
    def site(self) -> str | None:
        return self.key.site or self.key.app

    def file(self, act: Act) -> Iterator[Case]:
        """Brings an act before the rules."""
        self.judged = True
        return self.docket.file(act, self.court)

    def use(self, manager: ConsentManager) -> list[tuple[Signal, float, str]]:
        """Notes that a consent manager is in use. The first time, gives out the absences of its cookie from earlier
        first-party requests, each with its moment and exchange."""
        if manager.id in self.managers:
            return []
        self.managers[manager.id] = manager
        return [
            (absence(manager, host), look.at, look.exchange) for host, look in self.timeline.looks_without(manager.id)
        ]

    def look(self, present: set[str], host: str, at: float, exchange: str) -> list[Signal]:
        """Notes a first-party request whose cookies were all visible. Gives out the absences that it shows."""
        self.timeline.look(host, at, frozenset(present), exchange)
        return [absence(manager, host) for manager in self.managers.values() if manager.id not in present]

    def observe(self, signal: Signal, at: float) -> Signal:
        """Adds a signal to the timeline; returns the one that stands for it (itself, if it is news)."""
        kept = self.timeline.observe(signal, at)
        if kept is signal and not signal.absent:
            self.generation += 1
        return kept

    def observed_deliveries(self, vendor: str, at: float) -> list[tuple[DeliveryAct, bool]]:
        """The device-mode deliveries that a call to a vendor shows, each with whether it was before the rules already."""
        found: list[tuple[DeliveryAct, bool]] = []
        for pending in list(self.deliveries):
            act = pending.act
            if act.delivery.vendor == vendor and 0 <= at - act.at <= DEVICE_WINDOW:
                self.deliveries.remove(pending)
                found.append((act, pending.filed))
        return found

    def expect(self, act: DeliveryAct) -> None:
        """Notes a device-mode delivery, to be recognised when the vendor is called."""
        filed = act.delivery.outcome in (Outcome.FLOWS, Outcome.AMBIGUOUS)
        self.deliveries.append(PendingDelivery(act, filed))
