"""The first page: what leaked, to whom, under what consent; and what could not be seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from addon.findings import visibility
from addon.findings.causes import Cause, cause_document, count_causes, read_causes
from addon.findings.gravity import HELD
from addon.findings.headline import headline, limits
from addon.findings.names import read_names
from addon.findings.overview import Overview, overview
from addon.findings.query import Connection
from addon.findings.visibility import text
from datasette_plugins.plugin.links import Links
from datasette_plugins.plugin.page import Ask, Entry, Page, Shown

from .parts import receivers
from .parts.receivers import ReceiverRow
from .parts.session_line import SessionLine, session_line

_RECEIVERS = 8
_CAUSES = 6
_SESSIONS = 5
_CAPTURES = 3


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
    rows: list[ReceiverRow]
    more_receivers: int
    sessions: list[SessionLine]
    causes: list[Cause]
    """The gravest."""
    more_causes: int
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
            "receivers": [receivers.document(row) for row in self.rows],
            "more_receivers": self.more_receivers,
            "causes": [cause_document(cause) for cause in self.causes],
            "more_causes": self.more_causes,
            "sessions": [
                {**asdict(line.session), "consent": line.source, "violations": line.verdicts} for line in self.sessions
            ],
            "gaps": [asdict(gap) for gap in self.overview.gaps],
            "limits": self.limits,
            "visibility": visibility.document(self.overview.visibility),
        }


def summary(connection: Connection, links: Links) -> Summary:
    """Everything about one database."""
    seen = overview(connection, most_sessions=_SESSIONS, most_captures=_CAPTURES)
    names = read_names(connection)
    received = receivers.gravest(seen, names)
    causes = read_causes(connection, names, _CAUSES)
    opening = headline(seen, received, names)
    return Summary(
        name=links.database,
        links=links,
        headline=opening.text,
        whom=opening.whom,
        tone=opening.tone,
        overview=seen,
        rows=[receivers.receiver_row(each, links, seen, names) for each in received[:_RECEIVERS]],
        more_receivers=max(len(received) - _RECEIVERS, 0),
        sessions=[session_line(connection, links, each, seen, names) for each in seen.sessions],
        causes=causes,
        more_causes=count_causes(connection) - len(causes),
        limits=limits(seen),
        gaps=sum(gap.gaps for gap in seen.gaps),
        ratio=text.ratio(seen.visibility),
        hosts=text.hosts(seen.visibility.hosts),
    )


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
        *("findings", "violation_counts", "gaps", "calls", "cookies", "sources", "destinations", "names"),
    ),
    read=read,
    combined=combined,
    entry=Entry("Home", 0),
)
