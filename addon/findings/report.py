"""Everything in a database that a report says, read once, for every format."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from addon.store import Database, DatabaseError
from addon.store.losses import unwritten

from .causes import Cause, causes_of
from .gravity import gravest_first
from .names import Names, read_names
from .query import Connection, number, opened
from .rows import Finding, Gap, findings, gaps
from .rules import Severity
from .visibility import Visibility, read_visibility


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
    """The gravest first."""
    causes: tuple[Cause, ...]
    """What would end them, the gravest first."""
    gaps: tuple[Gap, ...]
    names: Names
    visibility: Visibility
    """How much of it was seen and judged, and whether that no violation was found proves anything."""
    unwritten: bool = False
    """Whether some of the gaps are not in the database: of captures that broke off, and of what is noted beside it."""

    def at_or_above(self, severity: Severity) -> list[Finding]:
        """The findings that count, of a severity and graver ones."""
        return [finding for finding in self.findings if finding.counts and finding.severity.at_least(severity)]


def read_report(path: Path) -> Report:
    """What a consentwire database says, and what is to be said of it. Captures that broke off are given their end in it; where
    that cannot be written, it is said all the same.

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
    with opened(path) as connection:
        return _read(connection)


def _read(connection: Connection) -> Report:
    def count(table: str) -> int:
        return number(connection, f"SELECT count(*) FROM {table}")

    noted = unwritten(connection)
    names = read_names(connection)
    listed = findings(connection, f"ORDER BY {gravest_first('f')}")
    return Report(
        captures=tuple(connection.execute("SELECT id, kind, path FROM captures ORDER BY id")),
        sessions=count("sessions"),
        exchanges=count("exchanges"),
        events=count("events"),
        calls=count("calls"),
        signals=count("signals"),
        findings=tuple(listed),
        causes=tuple(causes_of(connection, names, listed)),
        gaps=(
            *gaps(connection, without=[gap.id for gap in noted]),
            *(Gap(gap.kind, gap.host, gap.reason) for gap in noted),
        ),
        names=names,
        visibility=read_visibility(connection),
        unwritten=bool(noted),
    )
