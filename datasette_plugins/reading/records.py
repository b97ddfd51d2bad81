"""What pages show of rows that several of them show. Times are ISO 8601 text in UTC, as stored."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import lru_cache

from addon.store import is_running
from vendor_catalog import shipped_catalogue

from .query import Connection, document, file_of, first


@dataclass(frozen=True, slots=True)
class Violation:
    """A violation, without what only its own page needs."""

    id: str
    session_id: str
    exchange_id: str
    event_id: str | None
    rule: str
    severity: str
    verdict: str
    phase: str
    vendor: str | None
    destination: str | None
    category: str | None
    site: str | None
    event_name: str | None
    occurred_at: str
    explanation: str
    fingerprint: str
    suppressed: str | None

    @property
    def counted(self) -> bool:
        return self.verdict != "cleared" and self.suppressed is None


VIOLATION = """
SELECT v.id, v.session_id, v.exchange_id, v.event_id, v.rule, v.severity, v.verdict, v.phase, v.vendor, v.destination,
       v.category, v.site, v.event_name, v.occurred_at, v.explanation, v.fingerprint, v.suppressed
FROM violations v
"""


@dataclass(frozen=True, slots=True)
class Session:
    """A session, and what of its capture decides how it is read."""

    id: str
    capture_id: int
    client: str | None
    site: str | None
    app: str | None
    user_agent: str | None
    surface: str | None
    started_at: str | None
    ended_at: str | None
    consent_source: str | None
    capture_kind: str
    capture_running: bool
    cookies_visible: bool

    @property
    def place(self) -> str:
        """The site or app; what stands for it where there is neither."""
        return self.site or self.app or ("a server" if self.surface == "server" else "unknown")


_SESSION = """
SELECT s.id, s.capture_id, s.client, s.site, s.app, s.user_agent, s.surface, s.started_at,
       max(s.ended_at, coalesce((SELECT max(started_at) FROM exchanges WHERE session_id = s.id), s.ended_at)),
       coalesce(s.consent_source, (
           SELECT source FROM signals WHERE session_id = s.id AND source NOT IN (SELECT value FROM json_each(:opt_outs))
           ORDER BY carrier = 'stamp', carrier = 'no cookie' LIMIT 1)),
       c.kind, c.ended_at IS NULL, c.cookies_visible
FROM sessions s JOIN captures c ON c.id = s.capture_id
WHERE s.id = :id
"""
# the end and the consent's source are written when a capture ends, so while it runs they are read from what is there


def session(connection: Connection, number: str) -> Session | None:
    found = first(connection, Session, _SESSION, id=number, opt_outs=json.dumps(_opt_outs()))
    if found is None or not found.capture_running:
        return found
    database = file_of(connection)
    return replace(found, capture_running=database is not None and is_running(database, found.capture_id))


@lru_cache(maxsize=1)
def _opt_outs() -> list[str]:
    """Sources of signals that never say that somebody consented."""
    return [manager.id for manager in shipped_catalogue().consent_managers.values() if manager.role == "opt-out"]


@dataclass(frozen=True, slots=True)
class SignalRow:
    """One observation of consent."""

    id: str
    exchange_id: str
    source: str
    carrier: str | None
    raw: str | None
    answered: bool | None
    functional: bool | None
    analytics: bool | None
    marketing: bool | None
    observed_at: str
    effective_at: str | None
    effective_precision: str | None
    host: str
    """Of the exchange that carried it."""

    @property
    def absent(self) -> bool:
        """Whether it is a first-party request without the cookie."""
        return self.carrier == "no cookie"

    @property
    def stamp(self) -> bool:
        """Whether it is a message's own stamp."""
        return self.carrier == "stamp"


def _signal(*values: object) -> SignalRow:
    row = list(values)
    row[5:9] = [None if value is None else bool(value) for value in row[5:9]]
    return SignalRow(*row)  # type: ignore[arg-type]  # columns in the order of the fields


_SIGNAL_COLUMNS = """
SELECT g.id, g.exchange_id, g.source, g.carrier, g.raw, g.answered, g.functional, g.analytics, g.marketing,
       g.observed_at, g.effective_at, g.effective_precision, x.host
FROM signals g JOIN exchanges x ON x.id = g.exchange_id
"""
_SIGNALS = _SIGNAL_COLUMNS + "WHERE g.session_id = :session ORDER BY g.observed_at, g.rowid LIMIT :limit"
_SIGNAL = _SIGNAL_COLUMNS + "WHERE g.id = :id"


def signals(connection: Connection, session_id: str, limit: int) -> list[SignalRow]:
    """A session's signals, in the order in which they were seen."""
    return [_signal(*row) for row in connection.execute(_SIGNALS, {"session": session_id, "limit": limit})]


def signal(connection: Connection, number: str | None) -> SignalRow | None:
    return None if number is None else first(connection, _signal, _SIGNAL, id=number)


@dataclass(frozen=True, slots=True)
class ExchangeRow:
    """The evidence."""

    id: str
    session_id: str | None
    started_at: str
    method: str
    scheme: str
    host: str
    path: str
    query: str
    status: int | None
    failure: str | None
    vendor: str | None
    kind: str | None
    request_headers: str | None
    request_body: str | None
    response_headers: str | None
    response_body: str | None

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.host}{self.path}" + (f"?{self.query}" if self.query else "")

    @property
    def sent(self) -> list[tuple[str, str]]:
        return _fields(self.request_headers)

    @property
    def received(self) -> list[tuple[str, str]]:
        return _fields(self.response_headers)


def _fields(text: str | None) -> list[tuple[str, str]]:
    listed = document(text)
    pairs = [item for item in listed if isinstance(item, list) and len(item) == 2] if isinstance(listed, list) else []
    return [(str(name), str(value)) for name, value in pairs]


_EXCHANGE = """
SELECT id, session_id, started_at, method, coalesce(scheme, 'https'), host, path, coalesce(query, ''), status, failure, vendor, kind,
       request_headers, request_body, response_headers, response_body
FROM exchanges WHERE id = :id
"""


def exchange(connection: Connection, number: str) -> ExchangeRow | None:
    return first(connection, ExchangeRow, _EXCHANGE, id=number)


@dataclass(frozen=True, slots=True)
class EventRow:
    """A CDP message."""

    id: str
    exchange_id: str
    session_id: str
    cdp: str
    write_key: str | None
    message_id: str | None
    type: str
    name: str | None
    anonymous_id: str | None
    user_id: str | None
    timestamp: str | None
    sent_at: str | None
    received_at: str
    surface: str | None
    library: str | None
    stamped: str | None
    stamp: str | None
    integrations: str | None
    payload: str | None
    category: str | None
    """What the message itself needs consent for."""

    @property
    def title(self) -> str:
        """``track 'Order Completed'``"""
        return f"{self.type} {self.name!r}" if self.name else self.type


_EVENT = """
SELECT e.id, e.exchange_id, e.session_id, e.cdp, e.write_key, e.message_id, e.type, e.name, e.anonymous_id, e.user_id,
       e.timestamp, e.sent_at, e.received_at, e.surface, e.library, e.stamped, e.stamp, e.integrations, e.payload, c.category
FROM events e LEFT JOIN calls c ON c.id = e.exchange_id
WHERE e.id = :id
"""


def event(connection: Connection, number: str) -> EventRow | None:
    return first(connection, EventRow, _EVENT, id=number)
