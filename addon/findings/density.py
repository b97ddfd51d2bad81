"""How many acts and violations there are when: for sessions too long to draw each act."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from .acts import Lane, Span
from .query import Connection, number, seconds
from .rules import cookie_rules


@dataclass(frozen=True, slots=True)
class Bucket:
    """Acts of one lane within a tenth of a second; in long spans, within a second."""

    lane: Lane
    at: str
    acts: int


@dataclass(frozen=True, slots=True)
class ViolationBucket:
    """Violations of one verdict, by acts of one lane, within as much."""

    lane: Lane
    at: str
    verdict: str
    error: bool
    violations: int


_EVENTS = """
SELECT substr(received_at, 1, :digits), count(*) FROM events
WHERE session_id = :session AND received_at BETWEEN :since AND :until GROUP BY 1
"""
_CALLS = """
SELECT substr(x.started_at, 1, :digits), c.kind, count(*) FROM exchanges x CROSS JOIN calls c ON c.id = x.id
WHERE x.session_id = :session AND x.started_at BETWEEN :since AND :until AND c.kind IN ('library', 'collect')
  AND NOT EXISTS (SELECT 1 FROM events e WHERE e.exchange_id = x.id)
  AND NOT EXISTS (SELECT 1 FROM duplicates d WHERE d.exchange_id = x.id)
GROUP BY 1, 2
"""
_VIOLATIONS = """
SELECT substr(v.occurred_at, 1, :digits), v.verdict,
       CASE WHEN v.event_id IS NOT NULL THEN 'event'
            WHEN v.rule IN (SELECT value FROM json_each(:cookie_rules)) THEN 'cookie'
            ELSE coalesce((SELECT kind FROM exchanges x WHERE x.id = v.exchange_id), '') END,
       v.severity = 'error', count(*)
FROM violations v
WHERE v.session_id = :session AND v.occurred_at BETWEEN :since AND :until AND v.suppressed IS NULL
GROUP BY 1, 2, 3, 4
"""
_LANES = {"event": Lane.EVENT, "cookie": Lane.COOKIE, "library": Lane.LIBRARY, "collect": Lane.CALL}
_BUSY = """
SELECT DISTINCT substr(started_at, 1, 19) FROM exchanges
WHERE session_id = :session AND started_at BETWEEN :since AND :until
"""


_EXCHANGES = """
SELECT count(*) FROM (SELECT 1 FROM exchanges WHERE session_id = :session AND started_at BETWEEN :since AND :until LIMIT :limit)
"""
_LONG = 180.0
"""Seconds from which on a tenth of a second is less than a pixel."""
_TO_THE_TENTH, _TO_THE_SECOND = 21, 19
"""Characters of a time."""


def _values(span: Span) -> dict[str, object]:
    return {"session": span.session, "since": span.since, "until": span.until}


def _with_digits(span: Span) -> dict[str, object]:
    lasts = (seconds(span.until) or 0.0) - (seconds(span.since) or 0.0)
    return {**_values(span), "digits": _TO_THE_SECOND if lasts > _LONG else _TO_THE_TENTH}


def has_more_exchanges(connection: Connection, span: Span, than: int) -> bool:
    """Whether more than so many crossed the wire."""
    return number(connection, _EXCHANGES, limit=than + 1, **_values(span)) > than


def busy_seconds(connection: Connection, span: Span) -> list[str]:
    """The seconds in which anything crossed the wire, from an index alone."""
    return [row[0] + "Z" for row in connection.execute(_BUSY, _values(span))]


def acts_over_time(connection: Connection, span: Span) -> Iterator[Bucket]:
    """Messages, library fetches and direct calls."""
    for at, count in connection.execute(_EVENTS, _with_digits(span)):
        yield Bucket(Lane.EVENT, _whole(at), count)
    for at, kind, count in connection.execute(_CALLS, _with_digits(span)):
        yield Bucket(_LANES[kind], _whole(at), count)


def violations_over_time(connection: Connection, span: Span) -> Iterator[ViolationBucket]:
    values = {**_with_digits(span), "cookie_rules": json.dumps(cookie_rules())}
    for at, verdict, kind, error, count in connection.execute(_VIOLATIONS, values):
        yield ViolationBucket(_LANES.get(kind, Lane.OTHER), _whole(at), verdict, bool(error), count)


def _whole(at: str) -> str:
    """``2026-11-23T12:00:03.1`` as a time that can be read."""
    return f"{at.rstrip('Z')}Z"
