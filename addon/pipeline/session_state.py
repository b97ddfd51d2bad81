"""One session as it unfolds: what several collectors need of it. What one of them alone needs it keeps itself, by session id."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

from addon.consent.missing import nothing_read
from addon.consent.signal import Signal, Unread
from addon.consent.timeline import Timeline
from addon.judge.acts.act import Act
from addon.judge.acts.calls import CallAct
from addon.judge.acts.cookies import CookieAct
from addon.judge.acts.deliveries import DeliveryAct
from addon.judge.acts.messages import EventAct
from addon.judge.pending import Judgement, PendingJudgements
from addon.judge.rule import ConsentView
from addon.pipeline.sessions import SessionKey
from vendor_catalog import CallKind, Category, ConsentManager

from .in_page import InPageConsent

_MAX_PAGE_HOSTS = 50


@dataclass(slots=True)
class SessionState:
    """One session.

    Its fields are for all to read. The pipeline writes when it was used and what was opened in it, and ``SessionStates`` when it
    began and ended; all else is written by the methods here, which the collector of signals calls for consent, the recorder of
    judgements for acts, and ``JudgedStates`` for the hosts of pages. ``in_page`` belongs to the collector of what pages report.
    """

    id: str
    key: SessionKey
    consent_view: ConsentView
    pending: PendingJudgements
    started_at: float
    ended_at: float
    opened_at: float = -math.inf
    """When its latest page was opened."""
    pages: int = 0
    """Pages of the site that were opened and answered."""
    fetched: int = 0
    """Answered requests beside its pages."""
    managers: dict[str, ConsentManager] = field(default_factory=dict)
    """Consent managers in use."""
    generation: int = 0
    """Grows with every new answer, so that what persists is judged again under it."""
    speakers: set[str] = field(default_factory=set)
    """Who has said something of consent: consent managers, TC strings, stamps."""
    unread: dict[str, set[Unread]] = field(default_factory=dict)
    """Consent manager -> why nothing could be read of it."""
    in_page: InPageConsent = field(default_factory=InPageConsent)
    """What its pages reported of consent managers."""
    page_hosts: dict[str, None] = field(default_factory=dict)
    """Hosts of the pages whose acts were judged, in the order in which they were seen."""
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
        self.timeline.use(manager.id, hidden=not manager.endpoints)
        return [
            (nothing_read(manager, host), look.at, look.exchange)
            for host, look in self.timeline.looks_without(manager.id)
        ]

    def observe(self, signal: Signal, at: float, host: str, *, news: bool) -> Signal:
        """Adds a signal that was seen on a host to the timeline; returns the one that stands for it (itself, if it is news)."""
        kept = self.timeline.observe(signal, at, host)
        if signal.unread is not None:
            self.unread.setdefault(signal.origin, set()).add(signal.unread)
        if signal.speaks:
            self.speakers.add(signal.origin)
        # a cookie that is gone takes the answer back; one that never was there changes nothing
        if news and signal.origin in self.speakers:
            self.generation += 1
        return kept


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
