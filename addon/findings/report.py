"""Everything in a database that a report says, read once, for every format."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from addon.store import Database, DatabaseError
from addon.store.losses import unwritten

from .audit import Question, audit
from .causes import Cause, read_causes
from .coverage import Coverage, read_coverage
from .gravity import gravest_first
from .names import Names, read_names
from .query import Connection, number, opened
from .rows import Finding, Gap, findings, gaps
from .rules import Severity, Verdict
from .visibility import Visibility, read_visibility


@dataclass(frozen=True, slots=True)
class Gate:
    """What of a report fails its captures."""

    fail_on: Severity = Severity.ERROR
    """The mildest severity that does."""
    allow_unproven: bool = False
    """Whether what could not be decided fails nothing."""
    known: frozenset[str] = frozenset()
    """Fingerprints of what an earlier run found: they fail nothing."""

    def fails(self, finding: Finding) -> bool:
        """Whether a finding counts, is grave enough, and sure enough."""
        decided = finding.verdict is not Verdict.UNPROVEN or not self.allow_unproven
        grave = finding.severity.at_least(self.fail_on)
        return finding.counts and decided and grave and finding.fingerprint not in self.known


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
    anchor: str = "consentwire.toml"
    """The file of a repository that formats for code hosts point to: what happened on a wire stands in none."""
    audit: list[Question] = field(default_factory=list)
    """The questions of an audit, answered."""
    places: frozenset[str] = frozenset()
    """Sites and apps that it has sessions of."""
    coverage: Coverage = field(default_factory=lambda: Coverage(()))
    """In which states of consent what was seen."""
    gate: Gate = Gate()
    """What fails."""
    unwritten: bool = False
    """Whether some of the gaps are not in the database: of captures that broke off, and of what is noted beside it."""

    @property
    def failing(self) -> list[Finding]:
        """The findings that fail it."""
        return [finding for finding in self.findings if self.gate.fails(finding)]


_PLACES = "SELECT DISTINCT coalesce(site, app) FROM sessions"


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
    coverage = read_coverage(connection)
    return Report(
        captures=tuple(connection.execute("SELECT id, kind, path FROM captures ORDER BY id")),
        sessions=count("sessions"),
        exchanges=count("exchanges"),
        events=count("events"),
        calls=count("calls"),
        signals=count("signals"),
        findings=tuple(findings(connection, f"ORDER BY {gravest_first('f')}")),
        causes=tuple(read_causes(connection, names)),
        gaps=(
            *gaps(connection, without=[gap.id for gap in noted]),
            *(Gap(gap.kind, gap.host, gap.reason) for gap in noted),
        ),
        names=names,
        visibility=read_visibility(connection),
        coverage=coverage,
        audit=audit(connection, coverage),
        places=frozenset(row[0] for row in connection.execute(_PLACES) if row[0]),
        unwritten=bool(noted),
    )
