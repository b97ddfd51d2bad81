"""The sessions of a run and what was seen of each so far, read from the database that the run writes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from addon.store.schema import BY_NAME
from addon.store.selection import selection

from .query import Connection, opened, rows
from .rows import CONSENT_SOURCE, COUNTED, ENDED_AT, Violation, opt_outs, violations

_MAX_ROWS = 1000


@dataclass(frozen=True, slots=True)
class SessionSummary:
    """One client on one site or in one app."""

    id: str
    client: str | None
    site: str | None
    app: str | None
    consent_source: str | None
    started_at: str | None
    ended_at: str | None
    exchanges: int
    events: int
    violations: int
    """Without cleared and suppressed ones."""


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One entry of a session's timeline: a signal, a banner event or a mark."""

    kind: str
    at: str
    source: str | None
    text: str | None
    answered: bool | None = None
    functional: bool | None = None
    analytics: bool | None = None
    marketing: bool | None = None
    effective_at: str | None = None


@dataclass(frozen=True, slots=True)
class SeenMark:
    """A mark as the analysis took it in."""

    capture: int
    session: str | None
    """The session that it is about; null if it is about none."""
    site: str | None
    kind: str
    text: str | None
    at: str
    """When it was made."""


@dataclass(frozen=True, slots=True)
class SessionState:
    """A session's consent so far."""

    session: SessionSummary
    latest: TimelineEntry | None
    """The latest signal that says whether anybody answered; where none does, the latest of all. What messages claim in their stamps
    mostly says nothing of it."""
    timeline: list[TimelineEntry]


_SUMMARY = selection(
    SessionSummary,
    BY_NAME["sessions"],
    "s",
    consent_source=CONSENT_SOURCE,
    ended_at=f"{ENDED_AT} AS last_at",
    exchanges="(SELECT count(*) FROM exchanges WHERE session_id = s.id)",
    events="(SELECT count(*) FROM events WHERE session_id = s.id)",
    violations=f"(SELECT count(*) FROM violations WHERE session_id = s.id AND {COUNTED})",
)
_OF_RUN = """
FROM sessions s WHERE capture_id = :capture AND (:client IS NULL OR client = :client) AND (:id IS NULL OR id = :id)
ORDER BY last_at DESC LIMIT :limit
"""
_TIMELINE = """
SELECT 'signal' AS kind, observed_at AS at, source, raw, answered, functional, analytics, marketing, effective_at
  FROM signals WHERE session_id = :id
UNION ALL SELECT 'banner', occurred_at, manager, kind || coalesce(': ' || detail, ''), NULL, NULL, NULL, NULL, NULL
  FROM banner_events WHERE session_id = :id
UNION ALL SELECT 'mark', marked_at, kind, text, NULL, NULL, NULL, NULL, NULL FROM marks WHERE session_id = :id
ORDER BY at LIMIT :limit
"""
_MARKS = """
SELECT marks.capture_id, session_id, coalesce(site, app), kind, text, marked_at
FROM marks LEFT JOIN sessions ON sessions.id = session_id
WHERE marks.capture_id = :capture AND (:at IS NULL OR marked_at = :at) ORDER BY marked_at, marks.id LIMIT :limit
"""
_VIOLATIONS = f"""
WHERE v.session_id = :id AND v.capture_id = :capture AND {COUNTED} ORDER BY v.occurred_at, v.id LIMIT :limit
"""


class RunResults:
    """Reads one capture of a database that is being written to."""

    def __init__(self, database: Path, capture: int) -> None:
        self._database = database
        self._capture = capture

    def sessions(self, client: str | None = None) -> list[SessionSummary]:
        """The sessions, the last used first; only those of ``client`` (an address) if it is given."""
        with opened(self._database, growing=True) as connection:
            return self._sessions(connection, client=client, id=None)

    def state(self, session: str) -> SessionState | None:
        """A session's consent; ``None`` if there is no such session."""
        with opened(self._database, growing=True) as connection:
            found = self._sessions(connection, client=None, id=session)
            if not found:
                return None
            timeline = rows(connection, _entry, _TIMELINE, id=session, limit=_MAX_ROWS)
        signals = [entry for entry in reversed(timeline) if entry.kind == "signal"]
        latest = next((entry for entry in signals if entry.answered is not None), signals[0] if signals else None)
        return SessionState(session=found[0], latest=latest, timeline=timeline)

    def violations(self, session: str) -> list[Violation]:
        """A session's violations that count, oldest first."""
        with opened(self._database, growing=True) as connection:
            return violations(connection, _VIOLATIONS, id=session, capture=self._capture, limit=_MAX_ROWS)

    def marks(self, at: str | None) -> list[SeenMark]:
        """The marks that the analysis has taken in, oldest first; only those of one moment if it is given."""
        with opened(self._database, growing=True) as connection:
            return rows(connection, SeenMark, _MARKS, at=at, capture=self._capture, limit=_MAX_ROWS)

    def _sessions(self, connection: Connection, **values: object) -> list[SessionSummary]:
        common = {"capture": self._capture, "limit": _MAX_ROWS, "opt_outs": opt_outs()}
        return _SUMMARY.all(connection, _OF_RUN, **common, **values)


def _entry(kind: str, at: str, source: str | None, text: str | None, *values: Any) -> TimelineEntry:
    """With SQLite's numbers as truth values; the last value is the time since when it holds."""
    *answers, effective_at = values
    answered, functional, analytics, marketing = (None if value is None else bool(value) for value in answers)
    return TimelineEntry(kind, at, source, text, answered, functional, analytics, marketing, effective_at)
