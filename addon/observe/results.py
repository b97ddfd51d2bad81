"""What the run has found so far, read from its database."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from pydantic import BaseModel

_MAX_ROWS = 1000


class SessionSummary(BaseModel):
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


class Said(BaseModel):
    """One entry of a session's timeline: a signal, a banner event or a mark."""

    kind: str
    at: str
    source: str | None
    told: str | None
    answered: bool | None = None
    functional: bool | None = None
    analytics: bool | None = None
    marketing: bool | None = None
    effective_at: str | None = None


class SeenMark(BaseModel):
    """A mark as the analysis took it in."""

    capture: int
    session: str | None
    """The session that it is about; null if it is about none."""
    site: str | None
    kind: str
    text: str | None
    at: str
    """When it was made."""


class SessionState(BaseModel):
    """A session's consent so far."""

    session: SessionSummary
    latest: Said | None
    """The latest signal that says whether anybody answered; where none does, the latest of all. What messages claim in their stamps
    mostly says nothing of it."""
    timeline: list[Said]


class Violation(BaseModel):
    """One rule broken by one act."""

    id: str
    rule: str
    severity: str | None
    verdict: str | None
    phase: str | None
    vendor: str | None
    destination: str | None
    category: str | None
    occurred_at: str | None
    explanation: str | None


# a session's own row is written when it begins and when it ends: until then, its signals and exchanges say how it stands
_SESSIONS = """
SELECT id, client, site, app, started_at,
  coalesce(
    (SELECT source FROM signals WHERE session_id = sessions.id ORDER BY carrier = 'stamp', observed_at DESC LIMIT 1),
    consent_source,
    (SELECT manager FROM banner_events WHERE session_id = sessions.id AND manager IS NOT NULL ORDER BY occurred_at LIMIT 1)
  ) AS consent_source,
  max(ended_at, coalesce((SELECT max(started_at) FROM exchanges WHERE session_id = sessions.id), '')) AS ended_at,
  (SELECT count(*) FROM exchanges WHERE session_id = sessions.id) AS exchanges,
  (SELECT count(*) FROM events WHERE session_id = sessions.id) AS events,
  (SELECT count(*) FROM violations WHERE session_id = sessions.id AND verdict <> 'cleared' AND suppressed IS NULL) AS violations
FROM sessions WHERE capture_id = :capture AND (:client IS NULL OR client = :client) AND (:id IS NULL OR id = :id)
ORDER BY 7 DESC LIMIT :limit
"""
_TIMELINE = """
SELECT 'signal' AS kind, observed_at AS at, source, raw AS told, answered, functional, analytics, marketing, effective_at
  FROM signals WHERE session_id = :id
UNION ALL SELECT 'banner', occurred_at, manager, kind || coalesce(': ' || detail, ''), NULL, NULL, NULL, NULL, NULL
  FROM banner_events WHERE session_id = :id
UNION ALL SELECT 'mark', marked_at, kind, text, NULL, NULL, NULL, NULL, NULL FROM marks WHERE session_id = :id
ORDER BY at LIMIT :limit
"""
_MARKS = """
SELECT marks.capture_id AS capture, session_id AS session, coalesce(site, app) AS site, kind, text, marked_at AS at
FROM marks LEFT JOIN sessions ON sessions.id = session_id
WHERE marks.capture_id = :capture AND (:at IS NULL OR marked_at = :at) ORDER BY marked_at, marks.id LIMIT :limit
"""
_VIOLATIONS = """
SELECT id, rule, severity, verdict, phase, vendor, destination, category, occurred_at, explanation FROM violations
WHERE session_id = :id AND capture_id = :capture AND verdict <> 'cleared' AND suppressed IS NULL
ORDER BY occurred_at, id LIMIT :limit
"""


class Results:
    """Reads one capture of a database that is being written to."""

    def __init__(self, database: Path, capture: int) -> None:
        self._uri = f"{database.resolve().as_uri()}?mode=ro"
        self._capture = capture

    def sessions(self, client: str | None = None) -> list[SessionSummary]:
        """The sessions, the last used first; only those of ``client`` (an address) if it is given."""
        return [SessionSummary(**dict(row)) for row in self._rows(_SESSIONS, client=client, id=None)]

    def state(self, session: str) -> SessionState | None:
        """A session's consent; ``None`` if there is no such session."""
        found = self._rows(_SESSIONS, client=None, id=session)
        if not found:
            return None
        timeline = [Said(**dict(row)) for row in self._rows(_TIMELINE, id=session)]
        signals = [said for said in reversed(timeline) if said.kind == "signal"]
        latest = next((said for said in signals if said.answered is not None), signals[0] if signals else None)
        return SessionState(session=SessionSummary(**dict(found[0])), latest=latest, timeline=timeline)

    def violations(self, session: str) -> list[Violation]:
        """A session's violations, oldest first."""
        return [Violation(**dict(row)) for row in self._rows(_VIOLATIONS, id=session)]

    def marks(self, at: str | None) -> list[SeenMark]:
        """The marks that the analysis has taken in, oldest first; only those of one moment if it is given."""
        return [SeenMark(**dict(row)) for row in self._rows(_MARKS, at=at)]

    def _rows(self, sql: str, **values: object) -> list[sqlite3.Row]:
        with self._connection() as connection:
            return connection.execute(sql, {"capture": self._capture, "limit": _MAX_ROWS, **values}).fetchall()

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._uri, uri=True, timeout=5)) as connection:
            connection.row_factory = sqlite3.Row
            yield connection
