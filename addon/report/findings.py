"""A database's findings and gaps, read once, for every format."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from addon.findings.visibility import Visibility, read_visibility
from addon.judge.rule import Severity
from addon.judge.verdict import Verdict
from addon.store import Database, DatabaseError, recognise, require_database
from addon.store.file import reason_of, refuse_damage
from addon.store.losses import unwritten
from addon.store.schema import BY_NAME
from addon.store.selection import selection


@dataclass(frozen=True, slots=True)
class Finding:
    """Violations with one fingerprint, and one of them told in full."""

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
    """Id of the violation that the explanation is from: the first of the surest."""

    @property
    def counts(self) -> bool:
        """Whether it is held against the capture: not taken back, and not suppressed."""
        return self.triage != "suppressed" and self.verdict is not Verdict.CLEARED


@dataclass(frozen=True, slots=True)
class Gap:
    """What could not be seen, and how often."""

    kind: str
    host: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that a report tells."""

    captures: tuple[tuple[int, str, str | None], ...]
    """Number, kind and file."""
    sessions: int
    exchanges: int
    events: int
    calls: int
    signals: int
    findings: tuple[Finding, ...]
    gaps: tuple[Gap, ...]
    visibility: Visibility
    """How much of it was seen and judged, and whether that no violation was found proves anything."""
    unwritten: bool = False
    """Whether some of the gaps are not in the database: of captures that broke off, and of what is noted beside it."""

    def at_or_above(self, severity: Severity) -> list[Finding]:
        """The findings that count, of a severity and graver ones."""
        return [finding for finding in self.findings if finding.counts and finding.severity.at_least(severity)]


_FINDINGS = selection(Finding, BY_NAME["findings"], "f", phase="v.phase", explanation="v.explanation", violation="v.id")
_GRAVEST_FIRST = """
FROM findings f
JOIN violations v ON v.id = (
    SELECT id FROM violations WHERE fingerprint = f.fingerprint AND verdict = f.verdict ORDER BY occurred_at, id LIMIT 1)
ORDER BY CASE f.verdict WHEN 'confirmed' THEN 0 WHEN 'likely' THEN 1 WHEN 'unproven' THEN 2 ELSE 3 END,
         CASE f.severity WHEN 'error' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END,
         f.rule, f.site, f.vendor, f.destination, f.event_name
"""
_GAPS = selection(Gap, BY_NAME["gaps"])
_OTHER_GAPS = "FROM gaps WHERE id NOT IN (SELECT value FROM json_each(:noted)) ORDER BY kind, host, reason"
"""Those of which nothing newer is noted beside the database."""


def read_report(path: Path) -> Report:
    """What a consentwire database says, and what is to be said of it. Captures that broke off are given their end in it; where
    that cannot be written, it is told all the same.

    Raises:
        DatabaseError: if the file is none, of another version, or damaged.
    """
    require_database(path)
    report = _report_of(path)
    if report.unwritten:
        with suppress(DatabaseError):
            Database(path).close()
            report = _report_of(path)
    return report


def _report_of(path: Path) -> Report:
    # without a write-ahead log beside it nobody writes to it, and SQLite then need not make one (which it cannot where the
    # folder is not ours, and would leave behind where it is)
    mode = "mode=ro" if path.with_name(f"{path.name}-wal").exists() else "mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?{mode}", uri=True)) as connection:
            recognise(connection, path)
            refuse_damage(connection, path)
            return _read(connection)
    except sqlite3.DatabaseError as error:
        raise DatabaseError(f"{path}: {reason_of(error) if 'malformed' in str(error) else error}") from error


def _read(connection: sqlite3.Connection) -> Report:
    def count(table: str) -> int:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])

    noted = unwritten(connection)
    ids = json.dumps([gap.id for gap in noted])
    return Report(
        captures=tuple(connection.execute("SELECT id, kind, path FROM captures ORDER BY id")),
        sessions=count("sessions"),
        exchanges=count("exchanges"),
        events=count("events"),
        calls=count("calls"),
        signals=count("signals"),
        findings=tuple(_FINDINGS.all(connection, _GRAVEST_FIRST)),
        gaps=(*_GAPS.all(connection, _OTHER_GAPS, noted=ids), *(Gap(gap.kind, gap.host, gap.reason) for gap in noted)),
        visibility=read_visibility(connection),
        unwritten=bool(noted),
    )
