"""A database's findings and gaps, read once, for every format."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from addon.judge.rule import Severity
from addon.judge.verdict import Verdict
from addon.store import Database, DatabaseError, schema
from addon.store.file import reason_of, refuse_damage
from addon.store.losses import cut_short, noted
from addon.store.running import broken_off


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
    judged: int
    """Messages, calls and cookies that need consent and belong to a session: what a verdict could be given on."""
    findings: tuple[Finding, ...]
    gaps: tuple[Gap, ...]
    unwritten: bool = False
    """Whether some of the gaps are not in the database: of captures that broke off, and of what is noted beside it."""

    def at_or_above(self, severity: Severity) -> list[Finding]:
        """The findings that count, of a severity and graver ones."""
        return [finding for finding in self.findings if finding.counts and finding.severity.at_least(severity)]


_FINDINGS = """
SELECT f.fingerprint, f.rule, f.severity, f.verdict, f.vendor, f.destination, f.site, f.event_name, f.violations,
       f.first_at, f.last_at, f.triage, v.phase, v.explanation, v.id
FROM findings f
JOIN violations v ON v.id = (
    SELECT id FROM violations WHERE fingerprint = f.fingerprint AND verdict = f.verdict ORDER BY occurred_at, id LIMIT 1)
ORDER BY CASE f.verdict WHEN 'confirmed' THEN 0 WHEN 'likely' THEN 1 WHEN 'unproven' THEN 2 ELSE 3 END,
         CASE f.severity WHEN 'error' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END,
         f.rule, f.site, f.vendor, f.destination, f.event_name
"""


_JUDGED = """
SELECT (SELECT count(*) FROM events)
     + (SELECT count(*) FROM calls WHERE session_id IS NOT NULL AND category <> 'necessary')
     + (SELECT count(*) FROM cookies WHERE category <> 'necessary')
"""


def read_report(path: Path) -> Report:
    """What a consentwire database says, and what is to be said of it. Captures that broke off are given their end in it; where
    that cannot be written, it is told all the same.

    Raises:
        DatabaseError: if the file is none, of another version, or damaged.
    """
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
            _recognise(connection, path)
            refuse_damage(connection, path)
            return _read(connection, path)
    except sqlite3.DatabaseError as error:
        raise DatabaseError(f"{path}: {reason_of(error) if 'malformed' in str(error) else error}") from error


def is_database(path: Path) -> bool:
    """Whether a file starts as a SQLite database does."""
    try:
        with path.open("rb") as file:
            return file.read(16) == b"SQLite format 3\0"
    except OSError:
        return False


def _recognise(connection: sqlite3.Connection, path: Path) -> None:
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if application != schema.APPLICATION_ID:
        raise DatabaseError(f"{path}: a SQLite database, but not one of consentwire's")
    if version != schema.VERSION:
        raise DatabaseError(
            f"{path}: written by another version of consentwire (schema {version}, this one has {schema.VERSION});"
            " analyse the capture again"
        )


def _read(connection: sqlite3.Connection, path: Path) -> Report:
    def count(table: str) -> int:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])

    findings = [
        Finding(row[0], row[1], Severity(row[2]), Verdict(row[3]), *row[4:]) for row in connection.execute(_FINDINGS)
    ]
    gaps = [Gap(*row) for row in connection.execute("SELECT kind, host, reason FROM gaps ORDER BY kind, host, reason")]
    unwritten = [cut_short(*each) for each in broken_off(connection, path)] + noted(path)
    return Report(
        captures=tuple(connection.execute("SELECT id, kind, path FROM captures ORDER BY id")),
        sessions=count("sessions"),
        exchanges=count("exchanges"),
        events=count("events"),
        calls=count("calls"),
        signals=count("signals"),
        judged=int(connection.execute(_JUDGED).fetchone()[0]),
        findings=tuple(findings),
        gaps=(*gaps, *(Gap(gap.kind, gap.host, gap.reason) for gap in unwritten)),
        unwritten=bool(unwritten),
    )
