"""Everything on the first page, of one database: few queries, each counted from one pass."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from addon.findings.visibility import Visibility, read_visibility
from addon.store import Lag, is_running, lag_of
from addon.store.running_captures import file_of

from .gravity import HELD, counts
from .query import Connection, number, rows
from .rows import Session, session
from .rules import Phase, Severity, Verdict

PHASES = tuple(Phase)
MILD = "mild"
"""What stands in a receiver's row for warnings and notes, whatever their phase: most of them judge no moment."""


@dataclass(frozen=True, slots=True)
class Capture:
    """A recording."""

    id: int
    kind: str
    path: str | None
    started_at: str | None
    ended_at: str | None
    policy: str | None
    tool_version: str
    exchanges_read: int | None
    cookies_visible: bool | None
    running: bool = False
    """Whether it is being recorded: a process holds it."""
    last_exchange_at: str | None = None
    lag: Lag | None = None
    """How far the analysis of a running one is behind."""

    @property
    def broken_off(self) -> bool:
        """Whether it has no end, and nobody records it: its proxy was ended by force."""
        return self.ended_at is None and not self.running


@dataclass(slots=True)
class Receiver:
    """A row of the matrix: who received, or would receive, and how often in which phase."""

    vendor: str | None
    destination: str | None
    cells: dict[str, Counter[str]] = field(default_factory=dict)
    """Phase (or ``mild``) -> counts by verdict."""

    @property
    def grave(self) -> int:
        """Errors, in all phases."""
        return sum(sum(self.cells[phase].values()) for phase in PHASES if phase in self.cells)

    @property
    def surest(self) -> tuple[int, ...]:
        """Errors by verdict, the surest first."""
        return tuple(sum(self.cells[phase][verdict] for phase in PHASES if phase in self.cells) for verdict in HELD)


@dataclass(slots=True)
class Tally:
    """What all violations add up to. Suppressed and cleared ones count nowhere but in their own number."""

    verdicts: Counter[str] = field(default_factory=Counter)
    phases: Counter[str] = field(default_factory=Counter)
    """Errors only."""
    by_session: dict[str, Counter[str]] = field(default_factory=dict)
    receivers: dict[tuple[str | None, str | None], Receiver] = field(default_factory=dict)
    suppressed: int = 0
    cleared: int = 0

    @property
    def violations(self) -> int:
        return sum(self.verdicts.values())


_TALLY = """
SELECT c.session_id, f.vendor, f.destination, f.severity, c.phase, c.verdict, c.suppressed, sum(c.violations)
FROM violation_counts c JOIN findings f ON f.fingerprint = c.fingerprint
GROUP BY 1, 2, 3, 4, 5, 6, 7
"""


def tally(connection: Connection) -> Tally:
    """What the violations add up to, from their counts."""
    found = Tally()
    for session_id, vendor, destination, severity, phase, verdict, suppressed, count in connection.execute(_TALLY):
        if verdict == Verdict.CLEARED:
            found.cleared += count
        elif suppressed:
            found.suppressed += count
        else:
            found.verdicts[verdict] += count
            found.by_session.setdefault(session_id, Counter())[verdict] += count
            column = phase if severity == Severity.ERROR else MILD
            if severity == Severity.ERROR:
                found.phases[phase] += count
            receiver = found.receivers.setdefault((vendor, destination), Receiver(vendor, destination))
            receiver.cells.setdefault(column, Counter())[verdict] += count
    return found


_ROUTERS = """
SELECT DISTINCT d.name, s.cdp FROM destinations d JOIN sources s ON s.id = d.source_id WHERE s.cdp IS NOT NULL ORDER BY s.cdp
"""


def routers(connection: Connection) -> dict[str, list[str]]:
    """Destination -> the CDPs that have one of that name."""
    found: dict[str, list[str]] = {}
    for destination, cdp in connection.execute(_ROUTERS):
        found.setdefault(destination, []).append(cdp)
    return found


@dataclass(frozen=True, slots=True)
class GapKind:
    """Gaps of one kind."""

    kind: str
    gaps: int
    places: int
    place: str | None
    """One of them."""
    reason: str


_GAPS = """
SELECT kind, count(*), count(DISTINCT host), min(host), min(reason) FROM gaps GROUP BY kind ORDER BY count(*) DESC, kind
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """How much there was to judge."""

    exchanges: int
    sessions: int
    events: int
    calls: int
    cookies: int
    signals: int
    findings: int
    without_consent_source: int
    """Sessions without any signal of consent."""
    sites: int
    """With violations that count; likewise ``apps``."""
    apps: int


_CAPTURES = """
SELECT c.id, c.kind, c.path, c.started_at, c.ended_at, c.policy, c.tool_version, c.exchanges_read, c.cookies_visible
FROM captures c ORDER BY c.id DESC LIMIT :limit
"""
_COUNTED_FINDINGS = f"SELECT count(*) FROM findings WHERE {counts()}"
_SILENT = """
SELECT count(*) FROM sessions s
WHERE coalesce(s.surface, '') <> 'server' AND NOT EXISTS (SELECT 1 FROM signals WHERE session_id = s.id)
"""
_SITES = "SELECT count(DISTINCT site) FROM sessions WHERE id IN (SELECT value FROM json_each(:listed))"
_APPS = "SELECT count(DISTINCT app) FROM sessions WHERE id IN (SELECT value FROM json_each(:listed))"
_LATEST = "SELECT started_at FROM exchanges WHERE capture_id = :capture ORDER BY rowid DESC LIMIT 1"
_SO_FAR = "SELECT count(*) FROM exchanges WHERE capture_id = :capture"


@dataclass(frozen=True, slots=True)
class Overview:
    """One database."""

    captures: list[Capture]
    capture_count: int
    running: list[Capture]
    broken_off: list[Capture]
    seen: Seen
    tally: Tally
    routers: dict[str, list[str]]
    """Destination -> the CDPs that send on to it."""
    sessions: list[Session]
    gaps: list[GapKind]
    blind_captures: int
    """Captures without any cookie."""
    visibility: Visibility
    """How much of it was seen and judged."""


def overview(connection: Connection, *, most_sessions: int, most_captures: int) -> Overview:
    """Everything on the first page.

    Args:
        most_sessions: how many are wanted; likewise ``most_captures``.
    """
    counted = tally(connection)
    listed = rows(connection, Capture, _CAPTURES, limit=1000)
    listed = [_so_far(connection, capture) if capture.ended_at is None else capture for capture in listed]
    running = [capture for capture in listed if capture.running]
    listed_sessions = json.dumps(list(counted.by_session))
    seen = Seen(
        exchanges=number(connection, "SELECT count(*) FROM exchanges"),
        sessions=number(connection, "SELECT count(*) FROM sessions"),
        events=number(connection, "SELECT count(*) FROM events"),
        calls=number(connection, "SELECT count(*) FROM calls"),
        cookies=number(connection, "SELECT count(*) FROM cookies"),
        signals=number(connection, "SELECT count(*) FROM signals"),
        findings=number(connection, _COUNTED_FINDINGS),
        without_consent_source=number(connection, _SILENT),
        sites=number(connection, _SITES, listed=listed_sessions),
        apps=number(connection, _APPS, listed=listed_sessions),
    )
    worst = sorted(counted.by_session, key=lambda each: _weight(counted.by_session[each]), reverse=True)
    return Overview(
        captures=listed[:most_captures],
        capture_count=len(listed),
        running=running[:3],
        broken_off=[capture for capture in listed if capture.broken_off][:3],
        seen=seen,
        tally=counted,
        routers=routers(connection),
        sessions=_sessions(connection, worst[:most_sessions], most_sessions),
        gaps=rows(connection, GapKind, _GAPS),
        blind_captures=sum(capture.cookies_visible == 0 for capture in listed),
        visibility=read_visibility(connection),
    )


def _weight(verdicts: Counter[str]) -> tuple[int, ...]:
    return tuple(verdicts[verdict] for verdict in HELD)


def _so_far(connection: Connection, capture: Capture) -> Capture:
    """A capture without an end, whose own row is only completed then."""
    database = file_of(connection)
    running = database is not None and is_running(database, capture.id)
    latest = connection.execute(_LATEST, {"capture": capture.id}).fetchone()
    return replace(
        capture,
        exchanges_read=number(connection, _SO_FAR, capture=capture.id),
        last_exchange_at=None if latest is None else latest[0],
        running=running,
        lag=lag_of(database, capture.id) if running and database is not None else None,
    )


def _sessions(connection: Connection, worst: Iterable[str], wanted: int) -> list[Session]:
    """Those with the most violations, then the first ones."""
    others = connection.execute("SELECT id FROM sessions ORDER BY started_at LIMIT :limit", {"limit": wanted})
    numbers = list(dict.fromkeys([*worst, *(row[0] for row in others)]))[:wanted]
    return [found for each in numbers if (found := session(connection, each)) is not None]
