"""A session as one line of the first page, with a small ribbon of its consent."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from addon.findings import sentences
from addon.findings.consent import CATEGORIES, read_consent
from addon.findings.gravity import HELD
from addon.findings.names import Names
from addon.findings.overview import Overview
from addon.findings.query import Connection, seconds
from addon.findings.rows import Session
from datasette_plugins.drawing.axis import Axis
from datasette_plugins.drawing.ribbon import bands
from datasette_plugins.plugin.links import Links

_WIDTH = 180.0


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
    label: str
    """The ribbon in words."""


def session_line(connection: Connection, links: Links, session: Session, seen: Overview, names: Names) -> SessionLine:
    """A session with what was found in it."""
    verdicts = seen.tally.by_session.get(session.id, Counter())
    server = session.surface == "server"
    ribbon, label = ([], "") if server else _ribbon(connection, session)
    return SessionLine(
        session=session,
        source="a server, which has no banner" if server else names.source(session.consent_source),
        verdicts={verdict: verdicts[verdict] for verdict in HELD if verdicts[verdict]},
        href=links.session(session.id),
        ribbon=ribbon,
        label=label,
    )


def _ribbon(connection: Connection, session: Session) -> tuple[list[MiniBand], str]:
    """A ribbon of three thin rows, and what it shows of marketing in words."""
    start, end = seconds(session.started_at), seconds(session.ended_at)
    if start is None or end is None:
        return [], "nothing known"
    consent = read_consent(connection, session)
    axis = Axis(start, end, [*consent.moments(), *(page.at for page in consent.pages)], 0.0, _WIDTH)
    drawn: list[MiniBand] = []
    states: list[str] = []
    for position, category in enumerate(CATEGORIES):
        listed = consent.stretches(category, axis.start, axis.end)
        states = [sentences.standing(stretch.state.state, stretch.state.alternative) for stretch in listed]
        drawn += [
            MiniBand(band.x, position * 6, band.width, band.shape, band.stretch.state.undecided)
            for band in bands(listed, axis)
        ]
    return drawn, f"marketing: {', then '.join(states[:4])}"
