"""A session's consent as it was judged: states over time, signals, pages, choices. Nothing here judges it again."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from math import inf

from addon.consent.timeline.state import Certainty
from addon.store.schema import BY_NAME
from addon.store.selection import selection
from vendor_catalog import Category

from .query import Connection, document, number, seconds
from .rows import Session, SignalRow, signals

MAX_SIGNALS = 300
"""Signals of a session that are listed; a site that flips its consent all the time has more."""
MAX_PAGES = 500
CATEGORIES = (Category.FUNCTIONAL, Category.ANALYTICS, Category.MARKETING)
SALE = "sale"
"""The category of the states that say when an opt-out from sale and sharing was in force."""
CUT_SHORT = "consent-states-cut-short"
"""The kind of gap that says that not every state is stored."""


@dataclass(frozen=True, slots=True)
class PageLoad:
    """A page in the address bar."""

    at: float
    exchange: str
    address: str
    host: str
    opened: bool
    """Whether it is not just an address that leads elsewhere."""


@dataclass(frozen=True, slots=True)
class StateRow:
    """What was in force of one category for a while, as it stands in ``consent_states``."""

    host: str | None
    category: str
    since: float | None
    until: float | None
    state: str
    certainty: str
    alternative: str | None
    signals: str

    @property
    def begins(self) -> float:
        return -inf if self.since is None else self.since

    @property
    def ends(self) -> float:
        return inf if self.until is None else self.until

    @property
    def decisive(self) -> str | None:
        """Id of the signal that decides it, or comes nearest to it."""
        listed = document(self.signals)
        return str(listed[0]) if isinstance(listed, list) and listed else None

    @property
    def undecided(self) -> bool:
        """Whether another state may have been in force: it changed within, and nothing says when."""
        return self.alternative is not None or self.certainty == Certainty.OPEN_WINDOW


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of time in which one category's state is the same. Times are Unix time in seconds."""

    start: float
    end: float
    state: StateRow


@dataclass(frozen=True, slots=True)
class OptOut:
    """An opt-out from sale and sharing."""

    source: str
    """Who keeps it."""
    certain: bool


@dataclass(slots=True)
class Consent:
    """What is stored of a session's consent."""

    rows: list[SignalRow]
    """Its signals, at most ``MAX_SIGNALS``."""
    pages: list[PageLoad]
    complete: bool = True
    """Whether every signal is in it."""
    cut_short: bool = False
    """Whether the states are not all stored."""
    _states: dict[tuple[str | None, str], list[StateRow]] = field(default_factory=dict)
    """Host of a page (``None``: any other) and category -> states in order of time."""
    _keepers: dict[str, str] = field(default_factory=dict)
    """Signals on which opt-outs rest -> their sources."""

    def state(self, category: str, at: float) -> StateRow | None:
        """What was in force at a moment, on the page that was open then."""
        found = self._of(self.page_host(at), category)
        index = bisect_right(found, at, key=lambda row: row.begins) - 1
        if index > 0 and found[index - 1].begins == at == found[index - 1].ends:
            return found[index - 1]  # held at that one moment only
        return found[index] if index >= 0 and (at < found[index].ends or at == found[index].begins) else None

    def opt_out(self, at: float) -> OptOut | None:
        """The opt-out from sale and sharing that was in force at a moment."""
        row = self.state(SALE, at)
        return None if row is None else OptOut(self._keepers.get(row.decisive or "", ""), not row.undecided)

    @property
    def opted_out(self) -> list[str]:
        """Who kept an opt-out from sale and sharing at any time: sources of signals."""
        return list(dict.fromkeys(self._keepers.values()))

    def stretches(self, category: str, start: float, end: float) -> list[Stretch]:
        """A category's states between two times, on the pages that were open then."""
        found: list[Stretch] = []
        edges = [start, *sorted({page.at for page in self.pages if page.opened and start < page.at < end}), end]
        for earlier, later in pairwise(edges):
            for row in self._between(self.page_host(earlier), category, earlier, later):
                first, last = max(earlier, row.begins), min(later, row.ends)
                if found and found[-1].end == first and _look(found[-1].state) == _look(row):
                    found[-1] = replace(found[-1], end=last)
                else:
                    found.append(Stretch(first, last, row))
        return found

    def page_host(self, at: float) -> str | None:
        index = bisect_right(self.pages, at, key=lambda page: page.at)
        return next((page.host for page in reversed(self.pages[:index]) if page.opened), None)

    def moments(self) -> list[float]:
        """When anything of it was seen, or may have changed (Unix time in seconds), in order."""
        found = {
            at for row in self.rows for at in (seconds(row.observed_at), seconds(row.effective_at)) if at is not None
        }
        found.update(
            at for listed in self._states.values() for row in listed for at in (row.since, row.until) if at is not None
        )
        return sorted(found)

    def choices(self) -> list[tuple[float, SignalRow]]:
        """Answers that say themselves when they were given, each once, in order."""
        found: dict[float, SignalRow] = {}
        for row in self.rows:
            at = seconds(row.effective_at)
            if at is not None and row.effective_precision == "exact" and row.answered:
                found.setdefault(at, row)
        return sorted(found.items())

    def _of(self, host: str | None, category: str) -> list[StateRow]:
        """A page of a host for which there are states is looked up in these; every other one in those without a host."""
        return self._states.get((host, category)) or self._states.get((None, category), [])

    def _between(self, host: str | None, category: str, start: float, end: float) -> Iterator[StateRow]:
        found = self._of(host, category)
        for index in range(max(bisect_right(found, start, key=lambda row: row.begins) - 1, 0), len(found)):
            row = found[index]
            if row.begins >= end:
                return
            if row.begins < row.ends and row.ends > start:
                yield row


def _look(row: StateRow) -> tuple[object, ...]:
    """What can be seen of a state in a ribbon."""
    return row.state, row.alternative, row.undecided


_STATES = selection(StateRow, BY_NAME["consent_states"])
# a state without a beginning held from the start; one of a single moment stands before the one that begins with it
_OF_SESSION = "FROM consent_states WHERE session_id = :session ORDER BY host, category, since, coalesce(until, '~')"
_PAGES = """
SELECT started_at, id, scheme, host, path, coalesce(status, 0) BETWEEN 300 AND 399 AND status <> 304 FROM exchanges
WHERE session_id = :session AND page AND vendor IS NULL ORDER BY started_at LIMIT :limit
"""
_SOURCES = "SELECT id, source FROM signals WHERE id IN (SELECT value FROM json_each(:ids)) ORDER BY observed_at, id"
_CUT = "SELECT EXISTS (SELECT 1 FROM gaps WHERE capture_id = :capture AND kind = :kind AND host IS :place)"


def read_consent(connection: Connection, session: Session) -> Consent:
    """The consent of a session."""
    listed = signals(connection, session.id, MAX_SIGNALS + 1)
    states: dict[tuple[str | None, str], list[StateRow]] = {}
    for row in _STATES.all(connection, _OF_SESSION, session=session.id):
        states.setdefault((row.host, row.category), []).append(row)
    sale = [row.decisive for (_, category), found in states.items() if category == SALE for row in found]
    keepers = connection.execute(_SOURCES, {"ids": json.dumps(sale)}).fetchall() if sale else []
    place = session.site or session.app
    return Consent(
        rows=listed[:MAX_SIGNALS],
        pages=page_loads(connection, session.id),
        complete=len(listed) <= MAX_SIGNALS,
        cut_short=number(connection, _CUT, capture=session.capture_id, kind=CUT_SHORT, place=place) > 0,
        _states=states,
        _keepers=dict(keepers),
    )


def page_loads(connection: Connection, session_id: str) -> list[PageLoad]:
    """The pages that a session opened, in order."""
    values: dict[str, object] = {"session": session_id, "limit": MAX_PAGES}
    return [
        PageLoad(at, key, f"{scheme or 'https'}://{host}{path}", host, not elsewhere)
        for started_at, key, scheme, host, path, elsewhere in connection.execute(_PAGES, values)
        if (at := seconds(started_at)) is not None
    ]
