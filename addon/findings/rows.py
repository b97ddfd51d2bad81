"""Rows that several faces show: each kind once, with what reads it. Times are ISO 8601 text in UTC, as stored."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from addon.store import is_running
from addon.store.running_captures import file_of
from addon.store.schema import BY_NAME
from addon.store.selection import header_fields, selection
from vendor_catalog import shipped_catalogue

from .query import Connection
from .rules import Severity, Verdict

SUPPRESSED = "suppressed"
"""What ``triage`` says of a finding that the policy covers."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Violations with one fingerprint, and one of them in full."""

    fingerprint: str
    rule: str
    severity: Severity
    verdict: Verdict
    vendor: str | None
    destination: str | None
    site: str | None
    event_name: str | None
    violations: int
    first_at: str | None
    last_at: str | None
    triage: str
    phase: str
    explanation: str
    violation: str
    """Id of the violation that the phase and the explanation are from: the first of the surest, one that counts if there is one."""
    signal_source: str | None = None
    """Where the signal is from that was in force for it, or that dates the choice."""
    signal_at: str | None = None
    """When that signal was seen."""
    suppressed: str | None = None
    """Why the policy covers it."""

    @property
    def counts(self) -> bool:
        """Whether it is held against its captures: not taken back, and not suppressed."""
        return self.triage != SUPPRESSED and self.verdict is not Verdict.CLEARED


_FINDING = selection(
    Finding,
    BY_NAME["findings"],
    "f",
    phase="v.phase",
    explanation="v.explanation",
    violation="v.id",
    signal_source="(SELECT source FROM signals WHERE id = v.signal_id)",
    signal_at="(SELECT observed_at FROM signals WHERE id = v.signal_id)",
    suppressed="v.suppressed",
)
_LIKE_IT = "SELECT id FROM violations WHERE fingerprint = f.fingerprint"
_FINDINGS = f"""
FROM findings f JOIN violations v ON v.id = coalesce(
    ({_LIKE_IT} AND verdict = f.verdict AND suppressed IS NULL ORDER BY occurred_at, id LIMIT 1),
    ({_LIKE_IT} AND verdict = f.verdict ORDER BY occurred_at, id LIMIT 1),
    ({_LIKE_IT} ORDER BY occurred_at, id LIMIT 1))
"""


def findings(connection: Connection, rest: str = "", **values: object) -> list[Finding]:
    """Findings; ``rest`` is SQL behind FROM, which calls the finding ``f``."""
    return _FINDING.all(connection, _FINDINGS + rest, **values)


def finding(connection: Connection, fingerprint: str) -> Finding | None:
    return _FINDING.first(connection, f"{_FINDINGS} WHERE f.fingerprint = :fingerprint", fingerprint=fingerprint)


@dataclass(frozen=True, slots=True)
class Gap:
    """What could not be seen."""

    kind: str
    host: str | None
    reason: str


_GAP = selection(Gap, BY_NAME["gaps"])


def gaps(connection: Connection, without: Sequence[str] = ()) -> list[Gap]:
    """All of them, by kind; ``without`` those of some ids, of which something newer is known."""
    others = "FROM gaps WHERE id NOT IN (SELECT value FROM json_each(:without)) ORDER BY kind, host, reason"
    return _GAP.all(connection, others, without=json.dumps(without))


@dataclass(frozen=True, slots=True)
class Violation:
    """One rule broken by one act."""

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


COUNTED = "verdict <> 'cleared' AND suppressed IS NULL"
"""SQL: the same of a row of ``violations``."""
_VIOLATION = selection(Violation, BY_NAME["violations"], "v")


def violations(connection: Connection, rest: str, **values: object) -> list[Violation]:
    """Violations; ``rest`` is SQL behind FROM, which calls the violation ``v``."""
    return _VIOLATION.all(connection, f"FROM violations v {rest}", **values)


def violation(connection: Connection, key: str) -> Violation | None:
    return _VIOLATION.first(connection, "FROM violations v WHERE v.id = :id", id=key)


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


ENDED_AT = "max(s.ended_at, coalesce((SELECT max(started_at) FROM exchanges WHERE session_id = s.id), s.ended_at))"
"""SQL: the end of a session, which its own row has once the capture has ended; until then its exchanges say."""
CONSENT_SOURCE = """
coalesce(s.consent_source,
    (SELECT source FROM signals WHERE session_id = s.id
     ORDER BY source IN (SELECT value FROM json_each(:opt_outs)), carrier = 'stamp', carrier = 'no cookie', observed_at DESC LIMIT 1),
    (SELECT manager FROM banner_events WHERE session_id = s.id AND manager IS NOT NULL ORDER BY occurred_at LIMIT 1))
"""
"""SQL: where a session's consent is known from, likewise; with ``opt_outs()`` as JSON."""
_SESSION = selection(
    Session,
    BY_NAME["sessions"],
    "s",
    ended_at=ENDED_AT,
    consent_source=CONSENT_SOURCE,
    capture_kind="c.kind",
    capture_running="c.ended_at IS NULL",
    cookies_visible="c.cookies_visible",
)


def session(connection: Connection, number: str) -> Session | None:
    of_one = "FROM sessions s JOIN captures c ON c.id = s.capture_id WHERE s.id = :id"
    found = _SESSION.first(connection, of_one, id=number, opt_outs=opt_outs())
    if found is None or not found.capture_running:
        return found
    database = file_of(connection)
    return replace(found, capture_running=database is not None and is_running(database, found.capture_id))


@lru_cache(maxsize=1)
def opt_outs() -> str:
    """Sources of signals that never say that somebody consented, as JSON."""
    managers = shipped_catalogue().consent_managers.values()
    return json.dumps([manager.id for manager in managers if manager.role == "opt-out"])


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
    def unread(self) -> bool:
        """Whether it is a record that is there, or may be, and cannot be read."""
        return (self.carrier or "").startswith("unread ")

    @property
    def stamp(self) -> bool:
        """Whether it is a message's own stamp."""
        return self.carrier == "stamp"


_SIGNAL = selection(SignalRow, BY_NAME["signals"], "g", host="x.host")
_SIGNALS = "FROM signals g JOIN exchanges x ON x.id = g.exchange_id"


def signals(connection: Connection, session_id: str, limit: int) -> list[SignalRow]:
    of_session = f"{_SIGNALS} WHERE g.session_id = :session ORDER BY g.observed_at, g.rowid LIMIT :limit"
    return _SIGNAL.all(connection, of_session, session=session_id, limit=limit)


def signal(connection: Connection, number: str | None) -> SignalRow | None:
    return None if number is None else _SIGNAL.first(connection, f"{_SIGNALS} WHERE g.id = :id", id=number)


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
        return header_fields(self.request_headers)

    @property
    def received(self) -> list[tuple[str, str]]:
        return header_fields(self.response_headers)


_EXCHANGE = selection(
    ExchangeRow, BY_NAME["exchanges"], scheme="coalesce(scheme, 'https')", query="coalesce(query, '')"
)


def exchange(connection: Connection, number: str) -> ExchangeRow | None:
    return _EXCHANGE.first(connection, "FROM exchanges WHERE id = :id", id=number)


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
    consent: str | None
    alternative: str | None
    certainty: str | None
    signal_id: str | None
    stamp_choices: str | None
    category: str | None
    """What the message itself needs consent for."""

    @property
    def title(self) -> str:
        """``track 'Order Completed'``"""
        return f"{self.type} {self.name!r}" if self.name else self.type


_EVENT = selection(EventRow, BY_NAME["events"], "e", category="c.category")


def event(connection: Connection, number: str) -> EventRow | None:
    return _EVENT.first(
        connection, "FROM events e LEFT JOIN calls c ON c.id = e.exchange_id WHERE e.id = :id", id=number
    )
