"""What consent was in force in a session, by category and time: written down as it was judged, so that nothing judges it again."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from addon.consent.timeline import ConsentState, Need, Span, Timeline, opt_out_spans, spans
from addon.records import ConsentStateRecord, StaleStatesRecord
from vendor_catalog import Category

from .emitter import Emitter
from .session_state import SessionState

SALE = "sale"
"""The category of the rows that say when an opt-out from sale and sharing was in force."""
_CATEGORIES = (Category.FUNCTIONAL, Category.ANALYTICS, Category.MARKETING)
_MAX_MOMENTS = 1000
"""Moments of one session at which its consent changes; a site that flips it with every request has more."""
_MAX_HOSTS = 10
"""Hosts of one session whose pages are looked at apart."""
_MOMENTS_A_SECOND = 200
"""Moments for which a second has to pass, by the capture's clock, before a session's states are written again."""


@dataclass(slots=True)
class _Written:
    rows: dict[str, ConsentStateRecord] = field(default_factory=dict)
    """What stands in the database, by id."""
    due: float = -math.inf
    """When it may be written again."""
    changed: bool = False


@dataclass(slots=True)
class ConsentStates:
    """Writes the states of sessions: at their end, and while a capture runs whenever a signal says something new."""

    emitter: Emitter
    live: bool
    _sessions: dict[str, _Written] = field(default_factory=dict)

    def review(self, session: SessionState, at: float, reach: float) -> None:
        """Takes note of new evidence at a moment; ``reach`` is 0 if it repeats what was known."""
        if not self.live:
            return
        written = self._sessions.setdefault(session.id, _Written())
        written.changed = written.changed or reach > 0
        if written.changed and at >= written.due:
            moments = self._write(session, written)
            written.due = at + moments // _MOMENTS_A_SECOND

    def close(self, session: SessionState) -> None:
        """The last word on a session."""
        self._write(session, self._sessions.pop(session.id, _Written()))

    def _write(self, session: SessionState, written: _Written) -> int:
        """Writes what differs from what stands. Returns how many moments were looked at."""
        moments = len(session.timeline.moments())
        hosts = list(dict.fromkeys((*session.page_hosts, *sorted(session.timeline.hosts()))))
        if moments > _MAX_MOMENTS or len(hosts) > _MAX_HOSTS:
            reason = (
                "its consent changed so often, or on so many hosts, that not all of it is listed in consent_states; what each act was"
                " judged under stands with the act"
            )
            self.emitter.gap("consent-states-cut-short", session.site, reason)
        hosts = hosts[:_MAX_HOSTS]
        rows = {}
        for number, (host, category, span) in enumerate(_states(session.timeline, hosts), start=1):
            row = _row(f"{session.id}.{number}", session.id, host, category, span)
            rows[row.id] = row
            if written.rows.get(row.id) != row:
                self.emitter.add(row)
        stale = tuple(key for key in written.rows if key not in rows)
        if stale:
            self.emitter.add(StaleStatesRecord(ids=stale))
        written.rows, written.changed = rows if self.live else {}, False
        return min(moments, _MAX_MOMENTS) * (len(hosts) + 1)


def _states(timeline: Timeline, hosts: list[str]) -> Iterator[tuple[str | None, str, Span]]:
    """The spans that hold on any page, and for each host those of categories for which it has others."""
    anywhere = _of_pages(timeline)
    for category, found in anywhere.items():
        for span in found:
            yield None, category, span
    for host in hosts:
        for category, found in _of_pages(timeline.on_page(host)).items():
            if list(map(_comparable, found)) != list(map(_comparable, anywhere[category])):
                for span in found:
                    yield host, category, span


def _of_pages(timeline: Timeline) -> dict[str, list[Span]]:
    found = {str(category): spans(timeline, Need((category,)), _MAX_MOMENTS) for category in _CATEGORIES}
    found[SALE] = opt_out_spans(timeline, _MAX_MOMENTS)
    return found


def _comparable(span: Span) -> Span:
    """Without what a row does not show: when the signal after it was seen, and what was answered before and later."""
    return replace(span, state=replace(span.state, after_at=None, earlier_grant=False, answered_later=False))


def _row(number: str, session: str, host: str | None, category: str, span: Span) -> ConsentStateRecord:
    state = span.state
    return ConsentStateRecord(
        id=number,
        session_id=session,
        host=host,
        category=category,
        since=None if span.since == -math.inf else span.since,
        until=None if span.until == math.inf else span.until,
        state=state.standing,
        certainty=state.certainty,
        alternative=state.alternative,
        signals=json.dumps(_signals(state)),
    )


def _signals(state: ConsentState) -> list[str]:
    found = (state.decisive, state.before, state.after)
    return list(dict.fromkeys(signal.id for signal in found if signal is not None and signal.id))
