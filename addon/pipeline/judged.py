"""The state of consent that each act was judged under, kept in the act's own row: also where nothing was wrong.

As with verdicts, the last word is spoken with everything known that the capture has to show; while a capture runs, a state is
written as it is known, and again when later evidence moves it.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from types import MappingProxyType

from addon.consent.timeline import Need
from addon.judge.acts.act import Place
from addon.judge.acts.deliveries import DeliveryAct
from addon.judge.acts.messages import EventAct
from addon.judge.pending import MAX_WAITING
from addon.judge.rule import InForce
from addon.records import JudgedRecord
from vendor_catalog import Category

from .emitter import Emitter
from .session_state import SessionState

_MAX_STAMPED = 50
"""Categories of one stamp whose choices are kept; workspaces have a handful."""
_NO_STAMP: Mapping[str, Need] = MappingProxyType({})


@dataclass(slots=True, eq=False)
class _Act:
    """A row whose state may still move."""

    table: str
    key: tuple[str, ...]
    need: Need
    place: Place
    stamp: Mapping[str, Need]
    """Of a message that carries one: its categories."""
    written: tuple[InForce, Mapping[str, InForce]] | None = None


@dataclass(slots=True)
class _OfSession:
    waiting: deque[_Act] = field(default_factory=deque)
    fresh: deque[_Act] = field(default_factory=deque)
    """While a capture runs: those with no evidence after them yet."""


@dataclass(slots=True)
class JudgedStates:
    """Writes the states of acts into their rows."""

    emitter: Emitter
    live: bool
    """Whether states are written while the capture runs."""
    _sessions: dict[str, _OfSession] = field(default_factory=dict)

    def event(self, session: SessionState, act: EventAct) -> None:
        asking = ((key, need) for key, need in act.stamp_needs.items() if need.category is not Category.NECESSARY)
        stamp = dict(islice(asking, _MAX_STAMPED))
        self.take(session, "events", (act.event,), act.need, act.place, stamp)

    def delivery(self, session: SessionState, act: DeliveryAct) -> None:
        if act.need is not None:
            self.take(session, "deliveries", (act.event.event, act.delivery.destination), act.need, act.place)

    def take(
        self,
        session: SessionState,
        table: str,
        key: tuple[str, ...],
        need: Need,
        place: Place,
        stamp: Mapping[str, Need] = _NO_STAMP,
    ) -> None:
        """Takes in an act whose row was just written; one that needs nothing but what is necessary has no state."""
        if need.category is Category.NECESSARY:  # the most sensitive comes first
            return
        if place.page_host is not None and place.page_host not in session.page_hosts:
            session.note_page_host(place.page_host)
        known = self._sessions.setdefault(session.id, _OfSession())
        act = _Act(table, key, need, place, stamp)
        known.waiting.append(act)
        if self.live:
            known.fresh.append(act)
            self._write(session, act)
        while len(known.waiting) > MAX_WAITING:
            self._last_word(session, known)

    def review(self, session: SessionState, at: float, reach: float) -> None:
        """Writes, while a capture runs, the states that new evidence moved. The arguments are those of ``PendingJudgements.review``."""
        known = self._sessions.get(session.id)
        if not self.live or known is None:
            return
        since = at - reach
        if reach > 0:
            for act in known.waiting:
                if act.place.at >= since:
                    self._write(session, act)
        for act in known.fresh:
            if act.place.at < since or reach <= 0:
                self._write(session, act)
        known.fresh = deque(act for act in known.fresh if act.place.at >= at)

    def reopen(self, session: SessionState, since: float) -> None:
        """Writes again the states of what was done since a moment. The arguments are those of ``PendingJudgements.reopen``."""
        known = self._sessions.get(session.id)
        for act in known.waiting if known is not None else ():
            if act.place.at >= since:
                self._write(session, act)

    def close(self, session: SessionState) -> None:
        """Writes the last word on every act of a session."""
        known = self._sessions.pop(session.id, None)
        while known is not None and known.waiting:
            self._last_word(session, known)

    def _last_word(self, session: SessionState, known: _OfSession) -> None:
        act = known.waiting.popleft()
        if known.fresh and known.fresh[0] is act:
            known.fresh.popleft()
        self._write(session, act)

    def _write(self, session: SessionState, act: _Act) -> None:
        state = session.consent_view.in_force(act.need, act.place)
        choices = {
            key: session.consent_view.in_force(need, act.place, direct_only=True) for key, need in act.stamp.items()
        }
        if (state, choices) == act.written:
            return
        act.written = state, choices
        self.emitter.add(
            JudgedRecord(
                table=act.table,
                key=act.key,
                consent=state.consent,
                alternative=state.alternative,
                certainty=state.certainty,
                signal_id=state.signal,
                stamp_choices=json.dumps({key: each._asdict() for key, each in choices.items()}) if choices else None,
            )
        )
