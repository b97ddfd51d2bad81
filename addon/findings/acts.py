"""What a session did, in order: page loads, library fetches, messages, direct vendor calls, cookies, what people said."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from .consent import PageLoad
from .gravity import violation_gravity
from .query import Connection, iso, seconds
from .rows import Session, Violation, violations
from .rules import Severity, cookie_rules
from .sentences import lead


class Lane(StrEnum):
    """Kinds of acts, in the order in which the picture has them."""

    PAGE = "pages"
    BANNER = "banner"
    MARK = "marks"
    LIBRARY = "SDK loads"
    EVENT = "events"
    CALL = "direct calls"
    COOKIE = "cookies"
    OTHER = "other"


@dataclass(slots=True)
class Act:
    """One thing that happened."""

    lane: Lane
    at: str
    row: int
    """Orders acts of one moment."""
    id: str
    exchange_id: str | None
    title: str
    vendor: str | None = None
    category: str | None = None
    """What it needs consent for."""
    stamped: str | None = None
    """For messages."""
    name: str | None = None
    """For cookies."""
    consent: str | None = None
    """What was in force for it, as it was judged."""
    alternative: str | None = None
    certainty: str | None = None
    violations: list[Violation] = field(default_factory=list)

    @property
    def order(self) -> tuple[str, int, int]:
        return self.at, _ORDER[self.lane], self.row

    @property
    def has_row(self) -> bool:
        """Whether it has a row of its own; else it is known by its violation alone."""
        return all(each.id != self.id for each in self.violations)

    @property
    def grave(self) -> bool:
        """Whether an error that counts is held against it."""
        return any(each.counted and each.severity == Severity.ERROR for each in self.violations)


_ORDER = {lane: position for position, lane in enumerate(Lane)}


_DIGITS = 18
"""Of a number that SQLite can hold."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a list of acts goes on: after this moment, lane and row."""

    at: str
    lane: int = -1
    row: int = -1

    def __str__(self) -> str:
        return f"{self.at}~{self.lane}~{self.row}"

    @classmethod
    def parse(cls, text: str) -> Place | None:
        """A place from an address; ``None`` for what is none."""
        parts = text.split("~")
        if seconds(parts[0]) is None:
            return None
        numbers = [int(part) for part in parts[1:] if part.isdecimal() and len(part) <= _DIGITS]
        return cls(parts[0], *numbers) if len(numbers) in (0, 2) and len(numbers) == len(parts) - 1 else None

    def within(self, lane: Lane) -> dict[str, object]:
        """The last moment and row of a lane that lie before it, for ``(at, row) > (:at, :row)``."""
        position = _ORDER[lane]
        row = self.row if position == self.lane else -1 if position > self.lane else 2**62
        return {"at": self.at, "row": row}


_EVENTS = """
SELECT e.received_at, e.rowid, e.id, e.exchange_id, e.type, e.name, e.cdp, e.stamped, c.category, e.consent, e.alternative, e.certainty
FROM events e LEFT JOIN calls c ON c.id = e.exchange_id
WHERE e.session_id = :session AND (e.received_at, e.rowid) > (:at, :row) AND e.received_at <= :until
ORDER BY e.received_at, e.rowid LIMIT :limit
"""
_CALLS = """
SELECT x.started_at, x.rowid, x.id, c.vendor, c.category, c.consent, c.alternative, c.certainty, x.method, x.host, x.path
FROM exchanges x CROSS JOIN calls c ON c.id = x.id
WHERE x.session_id = :session AND (x.started_at, x.rowid) > (:at, :row) AND x.started_at <= :until AND c.kind = :kind
  AND NOT EXISTS (SELECT 1 FROM events e WHERE e.exchange_id = x.id)
  AND NOT EXISTS (SELECT 1 FROM duplicates d WHERE d.exchange_id = x.id)
ORDER BY x.started_at, x.rowid LIMIT :limit
"""
_COOKIES = """
SELECT first_seen_at, rowid, id, exchange_id, name, host, vendor, category, seen_by, consent, alternative, certainty FROM cookies
WHERE session_id = :session AND vendor IS NOT NULL LIMIT :limit
"""
_BANNERS = "SELECT occurred_at, rowid, id, kind, detail FROM banner_events WHERE session_id = :session LIMIT :limit"
_MARKS = """
SELECT marked_at, rowid, id, text FROM marks
WHERE session_id = :session OR (session_id IS NULL AND capture_id = :capture AND marked_at BETWEEN :since AND :until)
LIMIT :limit
"""
_VIOLATIONS = "WHERE v.session_id = :session AND v.occurred_at BETWEEN :since AND :until LIMIT :limit"
_FEW = 1500
_MANY = 200_000
"""Violations of a page of acts: as many as there are, within reason, because an act without its violations would look fine."""


@dataclass(frozen=True, slots=True)
class Span:
    """Part of a session."""

    session: str
    capture: int
    since: str
    until: str


def span_of(found: Session) -> Span:
    """A whole session. Answers that came back after its last request still belong to it."""
    since = found.started_at or found.ended_at or "1970-01-01T00:00:00.000Z"
    return Span(found.id, found.capture_id, since, max(found.ended_at or since, since))


def acts(
    connection: Connection, span: Span, pages: Iterable[PageLoad], limit: int, after: Place | None = None
) -> list[Act]:
    """The first acts of a span (behind a place), with the violations of each; one more than ``limit`` if there are more."""
    place = after or Place(span.since)
    found: list[Act] = []
    for lane, read in ((Lane.EVENT, _events), (Lane.LIBRARY, _libraries), (Lane.CALL, _calls)):
        values = {"session": span.session, "until": span.until, "limit": limit + 1, **place.within(lane)}
        found += read(connection, values)
    start = (place.at, place.lane, place.row)
    others = [*_opened(pages), *small(connection, span), *_elsewhere(connection, span)]
    found += [act for act in others if act.order > start and act.at <= span.until]
    found.sort(key=lambda act: act.order)
    listed = found[: limit + 1]
    _attach(connection, span, listed)
    return listed


def _events(connection: Connection, values: Mapping[str, object]) -> list[Act]:
    return [
        Act(
            Lane.EVENT,
            at,
            row,
            number,
            exchange,
            f"{kind} {name!r}" if name else kind,
            cdp,
            category,
            stamped,
            None,
            *state,
        )
        for at, row, number, exchange, kind, name, cdp, stamped, category, *state in connection.execute(
            _EVENTS, dict(values)
        )
    ]


def _libraries(connection: Connection, values: Mapping[str, object]) -> list[Act]:
    return _called(connection, {**values, "kind": "library"}, Lane.LIBRARY)


def _calls(connection: Connection, values: Mapping[str, object]) -> list[Act]:
    return _called(connection, {**values, "kind": "collect"}, Lane.CALL)


def _called(connection: Connection, values: Mapping[str, object], lane: Lane) -> list[Act]:
    return [
        Act(lane, at, row, number, number, f"{method} {host}{path}", vendor, category, None, None, *state)
        for at, row, number, vendor, category, *state, method, host, path in connection.execute(_CALLS, dict(values))
    ]


def _opened(pages: Iterable[PageLoad]) -> list[Act]:
    return [
        Act(Lane.PAGE, iso(page.at), position, page.exchange, page.exchange, page.address)
        for position, page in enumerate(pages)
    ]


def small(connection: Connection, span: Span) -> list[Act]:
    """Cookies, banner events and marks: never many."""
    session: dict[str, object] = {"session": span.session, "limit": _FEW}
    found = [
        Act(
            Lane.COOKIE,
            at,
            row,
            number,
            exchange,
            f"{'key' if seen_by == 'storage' else 'cookie'} {name} ({how} {host})",
            vendor,
            category,
            None,
            name,
            *state,
        )
        for at, row, number, exchange, name, host, vendor, category, seen_by, *state in connection.execute(
            _COOKIES, session
        )
        for how in [_HOW.get(seen_by, f"seen by {seen_by} on")]
    ]
    found += [
        Act(Lane.BANNER, at, row, number, None, f"banner {kind}" + (f": {detail}" if detail else ""))
        for at, row, number, kind, detail in connection.execute(_BANNERS, session)
    ]
    marked = {**session, "capture": span.capture, "since": span.since, "until": span.until}
    found += [
        Act(Lane.MARK, at, row, number, None, text) for at, row, number, text in connection.execute(_MARKS, marked)
    ]
    return [act for act in found if act.at]


_HOW = {"set-cookie": "set by", "sent": "sent to", "storage": "written to the storage of"}
"""How a cookie was seen, in words."""
_ELSEWHERE = """
LEFT JOIN exchanges x ON x.id = v.exchange_id
WHERE v.session_id = :session AND v.occurred_at BETWEEN :since AND :until AND v.event_id IS NULL
  AND CASE WHEN v.rule IN (SELECT value FROM json_each(:cookie_rules))
           THEN NOT EXISTS (SELECT 1 FROM cookies k WHERE k.exchange_id = v.exchange_id AND k.name = v.event_name)
           ELSE coalesce(x.kind, '') NOT IN ('library', 'collect') END
ORDER BY v.occurred_at LIMIT :limit
"""


def _elsewhere(connection: Connection, span: Span) -> list[Act]:
    """Violations by what is in no list: a source's settings, a consent string, a cookie that was still there later."""
    cookies = cookie_rules()
    values = {"session": span.session, "since": span.since, "until": span.until, "limit": _FEW}
    found = []
    for position, each in enumerate(violations(connection, _ELSEWHERE, cookie_rules=json.dumps(cookies), **values)):
        cookie = each.rule in cookies
        title = f"cookie {each.event_name} (still there)" if cookie else lead(each.explanation)
        lane = Lane.COOKIE if cookie else Lane.OTHER
        act = Act(lane, each.occurred_at, position, each.id, each.exchange_id, title, each.vendor, each.category)
        act.violations.append(each)
        found.append(act)
    return found


def _attach(connection: Connection, span: Span, listed: list[Act]) -> None:
    """Gives each act its violations."""
    if not listed:
        return
    values = {"session": span.session, "since": listed[0].at, "until": listed[-1].at, "limit": _MANY}
    by_event: dict[str | None, list[Violation]] = {}
    by_exchange: dict[tuple[str, str | None], list[Violation]] = {}
    cookies = set(cookie_rules())
    for violation in violations(connection, _VIOLATIONS, **values):
        if violation.event_id is not None:
            by_event.setdefault(violation.event_id, []).append(violation)
        else:
            cookie = violation.event_name if violation.rule in cookies else None
            by_exchange.setdefault((violation.exchange_id, cookie), []).append(violation)
    for held in (*by_event.values(), *by_exchange.values()):
        held.sort(key=violation_gravity)
    for act in listed:
        if act.lane is Lane.EVENT:
            act.violations = by_event.get(act.id, [])
        elif act.lane is Lane.COOKIE:
            act.violations = act.violations or by_exchange.get((act.exchange_id or "", act.name), [])
        elif act.lane in (Lane.LIBRARY, Lane.CALL):
            act.violations = by_exchange.get((act.exchange_id or "", None), [])
