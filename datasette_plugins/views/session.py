"""A session: who, what, when; its consent and its acts as a picture, then as lists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlencode

from addon.findings import sentences
from addon.findings.acts import Act, Lane, Place, Span, acts, span_of
from addon.findings.consent import MAX_SIGNALS, Consent, read_consent
from addon.findings.events import DestinationConsent, destination_consent
from addon.findings.names import Names, read_names
from addon.findings.query import Connection, number, seconds
from addon.findings.rows import Session, session
from addon.findings.rules import OPTED_OUT
from addon.findings.text import counted, joined
from datasette_plugins.drawing.axis import duration
from datasette_plugins.plugin.links import Links
from datasette_plugins.plugin.page import Ask, Entry, Page, Shown
from vendor_catalog import Category

from .parts.picture import picture
from .parts.spots import address

_PAGE = 100
_SHOWN_SIGNALS = 100
_COUNTS = {
    "exchanges": "SELECT count(*) FROM exchanges WHERE session_id = :session",
    "events": "SELECT count(*) FROM events WHERE session_id = :session",
    "calls": "SELECT count(*) FROM calls WHERE session_id = :session",
    "cookies": "SELECT count(*) FROM cookies WHERE session_id = :session",
}
_NOUNS = {"exchanges": "exchange", "events": "event", "calls": "vendor call", "cookies": "cookie"}
_DELIVERED = """
SELECT d.outcome, count(*) FROM events e JOIN deliveries d ON d.event_id = e.id WHERE e.session_id = :session GROUP BY 1
"""
_VERDICTS = """
SELECT verdict, suppressed IS NOT NULL, count(*) FROM violations WHERE session_id = :session GROUP BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class DestinationLine:
    """The consent for what some destinations of a message need."""

    in_force: str
    how_known: str
    shape: str


@dataclass(frozen=True, slots=True)
class ActLine:
    """An act as a line of the list."""

    act: Act
    href: str | None
    in_force: str
    """The consent for what it needs."""
    how_known: str
    shape: str
    destinations: list[DestinationLine]
    """The same for the destinations that a message may reach, as far as that differs."""


@dataclass(frozen=True, slots=True)
class Counts:
    """A session in numbers."""

    rows: dict[str, int]
    deliveries: dict[str, int]
    verdicts: dict[str, int]
    suppressed: int


def counts(connection: Connection, key: str) -> Counts:
    verdicts: Counter[str] = Counter()
    suppressed = 0
    for verdict, silent, count in connection.execute(_VERDICTS, {"session": key}):
        if silent:
            suppressed += count
        else:
            verdicts[verdict] += count
    return Counts(
        rows={table: number(connection, sql, session=key) for table, sql in _COUNTS.items()},
        deliveries=dict(connection.execute(_DELIVERED, {"session": key}).fetchall()),
        verdicts=dict(verdicts),
        suppressed=suppressed,
    )


def read(ask: Ask) -> Shown:
    """The page of a session."""
    connection, links = ask.connection, ask.links
    found = session(connection, ask.key)
    if found is None:
        raise ask.missing("session", "sessions")
    consent, names = read_consent(connection, found), read_names(connection)
    whole = span_of(found)
    window = _window(ask, whole)
    after = Place.parse(ask.arguments.get("after", ""))
    listed = acts(connection, window, consent.pages, _PAGE, after)
    lines = _lines(ask, found, consent, names, listed[:_PAGE])
    following = _following(ask, listed[_PAGE - 1]) if len(listed) > _PAGE else None
    numbers = counts(connection, found.id)
    context = {
        "session": found,
        "consent": consent,
        "names": names,
        "source": names.source(found.consent_source),
        "counts": numbers,
        "lasted": _lasted(found),
        "summary": joined(counted(numbers.rows[table], noun) for table, noun in _NOUNS.items()),
        "picture": picture(connection, links, names, found, consent, whole),
        "lines": lines,
        "following": None if following is None else f"{links.session(found.id)}?{following}#acts",
        "narrowed": window != whole or after is not None,
        "window": window,
        "signals": consent.rows[:_SHOWN_SIGNALS],
        "more_signals": len(consent.rows) > _SHOWN_SIGNALS,
        "most_signals": MAX_SIGNALS,
    }
    document = {
        "session": asdict(found),
        "counts": asdict(numbers),
        "pages": [asdict(each) for each in consent.pages],
        "signals": [asdict(row) for row in consent.rows],
        "acts": [_act(line) for line in lines],
        "next": None if following is None else f"{links.session(found.id, '.json')}?{following}",
    }
    return Shown(context, document)


def _window(ask: Ask, whole: Span) -> Span:
    """What the address narrows the list of acts to."""
    since, until = ask.arguments.get("from", ""), ask.arguments.get("to", "")
    return Span(
        whole.session,
        whole.capture,
        since if seconds(since) is not None else whole.since,
        until if seconds(until) is not None else whole.until,
    )


def _following(ask: Ask, last: Act) -> str:
    """The query that goes on behind an act."""
    kept = {name: ask.arguments[name] for name in ("from", "to") if name in ask.arguments}
    return urlencode({**kept, "after": str(Place(*last.order))})


def _lasted(found: Session) -> str:
    start, end = seconds(found.started_at), seconds(found.ended_at)
    return "" if start is None or end is None else duration(end - start)


def _lines(ask: Ask, found: Session, consent: Consent, names: Names, listed: Sequence[Act]) -> list[ActLine]:
    messages = [act.id for act in listed if act.lane is Lane.EVENT and found.surface != "server"]
    onward = destination_consent(ask.connection, messages)
    return [_line(ask.links, consent, names, act, onward.get(act.id, ())) for act in listed]


def _act(line: ActLine) -> dict[str, Any]:
    """The same for machines."""
    destinations = [{"consent": each.in_force, "how_known": each.how_known} for each in line.destinations]
    return {**asdict(line.act), "consent": line.in_force, "how_known": line.how_known, "destinations": destinations}


def _line(links: Links, consent: Consent, names: Names, act: Act, onward: Sequence[DestinationConsent]) -> ActLine:
    at = seconds(act.at)
    state = _in_force(consent, act, at) if at is not None else None
    if at is None or state is None:
        return ActLine(act, address(links, act), "", "", "none", _destinations("", onward))
    standing, alternative, certainty = state
    opt_out = consent.opt_out(at) if act.category == Category.MARKETING else None
    text = (
        f"{act.category or 'consent'}: {sentences.standing(standing, alternative)}{sentences.opted_out(opt_out, names)}"
    )
    return ActLine(
        act,
        address(links, act),
        text,
        sentences.certainty(certainty),
        _shape(standing, alternative),
        _destinations(text, onward),
    )


def _destinations(own: str, onward: Sequence[DestinationConsent]) -> list[DestinationLine]:
    """What was in force for a message's destinations, without what was in force for the message itself."""
    found: dict[str, DestinationLine] = {}
    for each in onward:
        text = f"{each.category}: {sentences.standing(each.consent, each.alternative)}"
        if text != own:
            how_known = sentences.certainty(each.certainty)
            found.setdefault(text, DestinationLine(text, how_known, _shape(each.consent, each.alternative)))
    return list(found.values())


def _in_force(consent: Consent, act: Act, at: float) -> tuple[str, str | None, str | None] | None:
    """What an act was judged under, as its row says; what has no row met what was in force of its category."""
    if act.consent is not None:
        return act.consent, act.alternative, act.certainty
    row = None if act.has_row or act.category is None else consent.state(act.category, at)
    return None if row is None else (row.state, row.alternative, row.certainty)


def _shape(consent: str, alternative: str | None) -> str:
    """How a state of consent looks in the list."""
    if alternative is not None:
        return "undecided"
    return "denied" if consent == OPTED_OUT else consent.partition(" ")[0]


PAGE = Page(
    route="/{database}/-/sessions/{key}",
    template="consentwire/session.html",
    tables=(
        *("captures", "sessions", "exchanges", "events", "signals", "violations"),
        *("calls", "cookies", "banner_events", "marks", "deliveries", "duplicates", "consent_states", "names", "gaps"),
    ),
    read=read,
    row_of="sessions",
    entry=Entry("Sessions", 40),
)
