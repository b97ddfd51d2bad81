"""The first page: what leaked, to whom, under what consent; and what could not be seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from addon.findings import sentences, visibility
from addon.findings.consent import CATEGORIES, read_consent
from addon.findings.gravity import HELD
from addon.findings.headline import headline, limits
from addon.findings.names import Names, read_names
from addon.findings.overview import MILD, PHASES, Overview, Receiver, overview
from addon.findings.query import Connection, seconds
from addon.findings.rows import Finding, Session
from addon.findings.rules import Severity, rule_of
from addon.findings.text import joined
from addon.findings.visibility import wording
from datasette_plugins.drawing.axis import Axis
from datasette_plugins.drawing.ribbon import bands
from datasette_plugins.plugin.links import Links
from datasette_plugins.plugin.page import Ask, Entry, Page, Shown

_RECEIVERS = 8
_FINDINGS = 6
_SESSIONS = 5
_CAPTURES = 3
_MINI_WIDTH = 180.0


@dataclass(frozen=True, slots=True)
class Cell:
    """A number in the matrix."""

    count: int
    verdicts: dict[str, int]
    surest: str | None
    href: str
    shares: list[tuple[str, float, float]]
    """Verdict, start and width, in per cent of the cell's bar."""
    title: str


@dataclass(frozen=True, slots=True)
class Row:
    """A receiver."""

    name: str
    vendor: str | None
    destination: str | None
    via: str
    """The CDPs that send on to it; empty for one that was called itself."""
    href: str
    cells: list[Cell | None]
    """One a phase, then warnings and notes."""


@dataclass(frozen=True, slots=True)
class MiniBand:
    """A stretch of a small ribbon."""

    x: float
    y: int
    width: float
    shape: str
    undecided: bool


@dataclass(frozen=True, slots=True)
class SessionLine:
    """A session in the list."""

    session: Session
    source: str
    verdicts: dict[str, int]
    href: str
    ribbon: list[MiniBand]
    told: str
    """The ribbon in words."""


@dataclass(frozen=True, slots=True)
class Summary:
    """One database."""

    name: str
    links: Links
    headline: str
    whom: str
    tone: str
    """``leaks``, ``undecided``, ``blind`` or ``quiet``: which of them the headline says."""
    overview: Overview
    rows: list[Row]
    more_receivers: int
    sessions: list[SessionLine]
    findings: list[tuple[Finding, str, str, str]]
    """With its sentence, its receiver, and its phase, or its severity where no phase says anything."""
    limits: list[str]
    """What no gap says, and yet was not seen."""
    gaps: int
    ratio: str
    """How much was seen, judged, unread and lost."""
    hosts: str
    """Whom it went to, and who of them is unknown."""

    @property
    def document(self) -> dict[str, Any]:
        """The same for machines."""
        tally = self.overview.tally
        return {
            "database": self.name,
            "headline": self.headline,
            "violations": {verdict: tally.verdicts[verdict] for verdict in HELD},
            "suppressed": tally.suppressed,
            "cleared": tally.cleared,
            "seen": asdict(self.overview.seen),
            "running": [capture.id for capture in self.overview.running],
            "broken_off": [capture.id for capture in self.overview.broken_off],
            "captures": [asdict(capture) for capture in self.overview.captures],
            "receivers": [_receiver(row) for row in self.rows],
            "more_receivers": self.more_receivers,
            "findings": [
                {"sentence": sentence, "receiver": receiver, **asdict(found)}
                for found, sentence, receiver, _ in self.findings
            ],
            "sessions": [
                {**asdict(line.session), "consent": line.source, "violations": line.verdicts} for line in self.sessions
            ],
            "gaps": [asdict(gap) for gap in self.overview.gaps],
            "limits": self.limits,
            "visibility": visibility.document(self.overview.visibility),
        }


def _receiver(row: Row) -> dict[str, Any]:
    counts = {
        phase: cell.verdicts for phase, cell in zip((*PHASES, "warnings-and-notes"), row.cells, strict=True) if cell
    }
    return {"name": row.name, "vendor": row.vendor, "destination": row.destination, "phases": counts}


def summary(connection: Connection, links: Links) -> Summary:
    """Everything about one database."""
    seen = overview(connection, most_findings=_FINDINGS, most_sessions=_SESSIONS, most_captures=_CAPTURES)
    names = read_names(connection)
    receivers = sorted(
        seen.tally.receivers.values(),
        key=lambda each: (
            -each.grave,
            *(-count for count in each.surest),
            names.receiver(each.vendor, each.destination),
        ),
    )
    said = headline(seen, receivers, names)
    return Summary(
        name=links.database,
        links=links,
        headline=said.text,
        whom=said.whom,
        tone=said.tone,
        overview=seen,
        rows=[_row(each, links, seen, names) for each in receivers[:_RECEIVERS]],
        more_receivers=max(len(receivers) - _RECEIVERS, 0),
        sessions=[_session(connection, links, each, seen, names) for each in seen.sessions],
        findings=[_told(found, names) for found in seen.gravest],
        limits=limits(seen),
        gaps=sum(gap.gaps for gap in seen.gaps),
        ratio=wording.ratio(seen.visibility),
        hosts=wording.hosts(seen.visibility.hosts),
    )


# --- the matrix


def _row(receiver: Receiver, links: Links, seen: Overview, names: Names) -> Row:
    whom = _filters(receiver)
    cells: list[Cell | None] = []
    for phase in (*PHASES, MILD):
        counts = receiver.cells.get(phase, Counter())
        which = {"severity__not": "error"} if phase == MILD else {"severity": "error", "phase": phase}
        cells.append(_cell(counts, links.table("violations", **whom, **which, **_COUNTED)) if counts else None)
    href = links.vendor(receiver.vendor) if receiver.vendor else links.table("violations", **whom, **_COUNTED)
    via = (names.receiver(cdp).removeprefix("Twilio ") for cdp in seen.routers.get(receiver.destination or "", ()))
    name = names.receiver(receiver.vendor, receiver.destination)
    return Row(name, receiver.vendor, receiver.destination, joined(via), href, cells)


_COUNTED = {"verdict__not": "cleared", "suppressed__isnull": "1"}
"""Datasette's filters for the violations that count."""


def _filters(receiver: Receiver) -> dict[str, str]:
    found: dict[str, str] = {}
    for column, value in (("vendor", receiver.vendor), ("destination", receiver.destination)):
        found[column if value else f"{column}__isnull"] = value or "1"
    return found


def _cell(counts: Counter[str], href: str) -> Cell:
    total = sum(counts.values())
    shares: list[tuple[str, float, float]] = []
    start = 0.0
    for verdict in HELD:
        width = 100 * counts[verdict] / total
        if width:
            shares.append((verdict, round(start, 2), round(width, 2)))
        start += width
    return Cell(
        count=total,
        verdicts={verdict: counts[verdict] for verdict in HELD if counts[verdict]},
        surest=next((verdict for verdict in HELD if counts[verdict]), None),
        href=href,
        shares=shares,
        title=", ".join(f"{counts[verdict]:,} {verdict}" for verdict in HELD if counts[verdict]),
    )


def _told(found: Finding, names: Names) -> tuple[Finding, str, str, str]:
    receiver = names.receiver(found.vendor, found.destination)
    told = sentences.title(found.explanation, found.verdict, names, found.vendor)
    phase = sentences.phase(found.phase, rule_of(found.rule)) if found.severity is Severity.ERROR else None
    return found, told, receiver, phase or found.severity


# --- sessions


def _session(connection: Connection, links: Links, session: Session, seen: Overview, names: Names) -> SessionLine:
    verdicts = seen.tally.by_session.get(session.id, Counter())
    server = session.surface == "server"
    ribbon, told = ([], "") if server else _mini(connection, session)
    return SessionLine(
        session=session,
        source="a server, which has no banner" if server else names.source(session.consent_source),
        verdicts={verdict: verdicts[verdict] for verdict in HELD if verdicts[verdict]},
        href=links.session(session.id),
        ribbon=ribbon,
        told=told,
    )


def _mini(connection: Connection, session: Session) -> tuple[list[MiniBand], str]:
    """A ribbon of three thin rows, and what it shows of marketing in words."""
    start, end = seconds(session.started_at), seconds(session.ended_at)
    if start is None or end is None:
        return [], "nothing known"
    consent = read_consent(connection, session)
    axis = Axis(start, end, [*consent.moments(), *(page.at for page in consent.pages)], 0.0, _MINI_WIDTH)
    drawn: list[MiniBand] = []
    told: list[str] = []
    for position, category in enumerate(CATEGORIES):
        listed = consent.stretches(category, axis.start, axis.end)
        told = [sentences.standing(stretch.state.state, stretch.state.alternative) for stretch in listed]
        drawn += [
            MiniBand(band.x, position * 6, band.width, band.shape, band.stretch.state.undecided)
            for band in bands(listed, axis)
        ]
    return drawn, f"marketing: {', then '.join(told[:4])}"


def read(ask: Ask) -> Shown:
    """What the first page shows of one database."""
    found = summary(ask.connection, ask.links)
    return Shown({"summary": found}, found.document)


def combined(parts: Sequence[Shown], others: Sequence[Mapping[str, str]]) -> Shown:
    """The first page, over all databases."""
    summaries: list[Summary] = [part.context["summary"] for part in parts]
    running = any(each.overview.running for each in summaries)
    return Shown(
        {"summaries": summaries, "others": others, "running": running},
        {"databases": [part.document for part in parts], "others": list(others)},
    )


PAGE = Page(
    route="/",
    template="consentwire/home.html",
    tables=(
        *(
            "captures",
            "sessions",
            "exchanges",
            "events",
            "duplicates",
            "signals",
            "consent_states",
            "banner_events",
            "violations",
        ),
        *("findings", "gaps", "calls", "cookies", "sources", "destinations", "names"),
    ),
    read=read,
    combined=combined,
    entry=Entry("Home", 0),
)
