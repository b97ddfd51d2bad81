"""A finding's violations over time and captures, and the signals behind a violation."""

from __future__ import annotations

from dataclasses import dataclass

from .query import Connection, number, rows
from .rows import SignalRow, Violation, signal, violations


@dataclass(frozen=True, slots=True)
class Evidence:
    """The signals behind a violation."""

    in_force: SignalRow | None
    """That was in force, or that dates the choice."""
    later: SignalRow | None
    """The first one seen after it."""


def evidence(connection: Connection, key: str) -> Evidence:
    row = connection.execute("SELECT signal_id, later_signal_id FROM violations WHERE id = :id", {"id": key}).fetchone()
    in_force, later = (None, None) if row is None else (row[0], row[1])
    return Evidence(signal(connection, in_force), None if later == in_force else signal(connection, later))


def of_event(connection: Connection, event: str) -> list[Violation]:
    """The violations of one message."""
    return violations(connection, "WHERE v.event_id = :event ORDER BY v.destination, v.id LIMIT 500", event=event)


@dataclass(frozen=True, slots=True)
class OfCapture:
    """A finding's violations in one capture."""

    capture: int
    path: str | None
    first_at: str
    last_at: str
    confirmed: int
    likely: int
    unproven: int
    cleared: int
    suppressed: int
    sessions: int


_BY_CAPTURE = """
SELECT v.capture_id, c.path, min(v.occurred_at), max(v.occurred_at), sum(v.verdict = 'confirmed'), sum(v.verdict = 'likely'),
       sum(v.verdict = 'unproven'), sum(v.verdict = 'cleared'), sum(v.suppressed IS NOT NULL), count(DISTINCT v.session_id)
FROM violations v JOIN captures c ON c.id = v.capture_id
WHERE v.fingerprint = :fingerprint GROUP BY v.capture_id ORDER BY v.capture_id
"""
_PAGE = """
WHERE v.fingerprint = :fingerprint AND (v.occurred_at, v.id) > (:at, :id) ORDER BY v.occurred_at, v.id LIMIT :limit
"""


def by_capture(connection: Connection, fingerprint: str) -> list[OfCapture]:
    """How often it happened in each capture."""
    return rows(connection, OfCapture, _BY_CAPTURE, fingerprint=fingerprint)


def of_finding(connection: Connection, fingerprint: str, limit: int, at: str, key: str) -> list[Violation]:
    """Its violations behind a moment and a number, in order; one more than ``limit`` if there are more."""
    return violations(connection, _PAGE, fingerprint=fingerprint, at=at, id=key, limit=limit + 1)


@dataclass(frozen=True, slots=True)
class Moment:
    """A finding's violations at one time, for the strip."""

    at: str
    verdict: str
    violations: int


_OVER_TIME = """
SELECT substr(occurred_at, 1, 19), verdict, count(*) FROM violations
WHERE fingerprint = :fingerprint AND suppressed IS NULL GROUP BY 1, 2 ORDER BY 1 LIMIT 20000
"""


def over_time(connection: Connection, fingerprint: str) -> list[Moment]:
    """Counted by the second."""
    return rows(connection, Moment, _OVER_TIME, fingerprint=fingerprint)


def like_it(connection: Connection, fingerprint: str) -> int:
    """How many violations a finding has."""
    return number(
        connection, "SELECT violations FROM findings WHERE fingerprint = :fingerprint", fingerprint=fingerprint
    )
