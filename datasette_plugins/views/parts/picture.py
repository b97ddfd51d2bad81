"""A session, or a part of it, as a picture: choices, ribbon, lanes. Where everything is, and what it says and leads to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlencode

from addon.findings import density, sentences
from addon.findings.acts import Act, Lane, Span, acts, small
from addon.findings.consent import CATEGORIES, Consent
from addon.findings.names import Names
from addon.findings.query import Connection, iso, seconds
from addon.findings.rows import Session
from addon.findings.rules import Severity, Verdict
from addon.findings.text import counted
from datasette_plugins.drawing.axis import Axis, Cut, Tick, clock
from datasette_plugins.drawing.lanes import Mark, Spot, marks
from datasette_plugins.drawing.ribbon import Band, bands
from datasette_plugins.plugin.links import Links

WIDTH = 1180.0
STRIP_WIDTH = 860.0
_LEFT = 124.0
_RIGHT = 34.0
_TOP = 40.0
_ROW = 24.0
_LANE = 32.0
_BOTTOM = 34.0
_DRAWN_ONE_BY_ONE = 600
"""Acts up to which each is read; more are counted by the database."""
_LOOKED_THROUGH = 1200
"""Exchanges up to which acts are read without being counted first."""
_LETTER = 6.1
"""Pixels that a letter of a label takes, about."""
_MILLISECOND = 0.001


@dataclass(frozen=True, slots=True)
class RibbonRow:
    """One category."""

    label: str
    y: float
    bands: list[DrawnBand]


@dataclass(frozen=True, slots=True)
class DrawnBand:
    """A stretch of one state."""

    x: float
    width: float
    shape: str
    other: str | None
    """The shape that is hatched over it, where either may be."""
    label: str
    title: str
    href: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A choice that a signal dates."""

    x: float
    label: str
    label_x: float
    label_y: float
    anchor: str
    title: str
    href: str


@dataclass(frozen=True, slots=True)
class DrawnLane:
    """Acts of one kind."""

    label: str
    y: float
    count: int
    marks: list[DrawnMark]


@dataclass(frozen=True, slots=True)
class DrawnMark:
    """One act or several."""

    x: float
    y: float
    height: float
    look: str
    """``fine``, ``mild`` (only warnings and notes), or the surest verdict."""
    many: bool
    title: str
    href: str


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything that the template draws. Pixels."""

    height: float
    ribbon: list[RibbonRow]
    choices: list[Choice]
    lanes: list[DrawnLane]
    ticks: list[Tick]
    cuts: list[Cut]
    label: str
    focus: float | None = None
    """Where the act is that the page is about."""
    width: float = WIDTH
    left: float = _LEFT
    right: float = WIDTH - _RIGHT
    """Where the axis ends."""
    top: float = _TOP
    sightings: list[tuple[float, str, str]] = field(default_factory=list)
    """Where signals were seen: pixels, title, address."""


def picture(
    connection: Connection,
    links: Links,
    names: Names,
    session: Session,
    consent: Consent,
    span: Span,
    focus: float | None = None,
    width: float = WIDTH,
) -> Picture:
    """A part of a session.

    Args:
        focus: the moment (Unix time in seconds) that is to be marked.
        width: of the whole, in pixels.
    """
    start, end = seconds(span.since) or 0.0, seconds(span.until) or 0.0
    by_lane = _spots(connection, links, span, consent)
    busy = [seconds(at) or start for at in density.busy_seconds(connection, span)]
    busy += [at for at in consent.moments() if start <= at <= end]
    axis = Axis(start, end, busy, _LEFT, width - _LEFT - _RIGHT)
    ribbon = [
        _ribbon_row(position, category, consent, axis, links.session(session.id))
        for position, category in enumerate(CATEGORIES)
    ]
    y = _TOP + _ROW * len(ribbon) + 10
    wanted = [lane for lane in Lane if by_lane.get(lane)]
    lanes = [
        _lane(lane, by_lane[lane], axis, y + _LANE * place, links.session(session.id))
        for place, lane in enumerate(wanted)
    ]
    return Picture(
        height=y + _LANE * len(lanes) + _BOTTOM,
        ribbon=ribbon,
        choices=_choices(consent, axis, links, names, session),
        lanes=lanes,
        ticks=axis.ticks(),
        cuts=axis.cuts(),
        label=f"Consent and acts of {session.place} from {span.since} to {span.until}",
        focus=None if focus is None else axis.x(focus),
        width=width,
        right=width - _RIGHT,
        sightings=[
            (axis.x(at), f"{names.source(row.source)} seen at {clock(at, 0.01)}", links.signal(session.id, row.id))
            for row in consent.rows
            if not row.stamp and (at := seconds(row.observed_at)) is not None and start <= at <= end
        ],
    )


# --- ribbon


def _ribbon_row(position: int, category: str, consent: Consent, axis: Axis, session: str) -> RibbonRow:
    listed = consent.stretches(category, axis.start, axis.end)
    return RibbonRow(category, _TOP + _ROW * position, [_band(band, category, session) for band in bands(listed, axis)])


def _band(band: Band, category: str, session: str) -> DrawnBand:
    stretch = band.stretch
    state = stretch.state
    told = sentences.standing(state.state, state.alternative)
    span = f"{clock(stretch.start, 0.01)} to {clock(stretch.end, 0.01)}"
    decisive = state.decisive
    return DrawnBand(
        x=band.x,
        width=band.width,
        shape=band.shape,
        other=band.other,
        label=told if band.width > len(told) * _LETTER + 12 else "",
        title=f"{category}: {told}, {span} ({sentences.certainty(state.certainty)})",
        href=f"{session}#signal-{decisive}" if decisive is not None else f"{session}#signals",
    )


def _choices(consent: Consent, axis: Axis, links: Links, names: Names, session: Session) -> list[Choice]:
    found: list[Choice] = []
    taken = [-1e9, -1e9]
    """The right edge of the last label in each of two rows."""
    for at, row in consent.choices():
        if not axis.start <= at <= axis.end:
            continue
        x = axis.x(at)
        said = sentences.choice(row.functional, row.analytics, row.marketing)
        brief = sentences.choice_in_brief(row.functional, row.analytics, row.marketing)
        label = f"{brief} · {clock(at, 0.1)}"
        width = len(label) * _LETTER
        flipped = x + width > axis.left + axis.width + _RIGHT
        left = x - width - 6 if flipped else x + 6
        line = next((line for line in (0, 1) if taken[line] < left), None)
        if line is not None:
            taken[line] = left + width
        found.append(
            Choice(
                x=x,
                label=label if line is not None else "",
                label_x=x - 6 if flipped else x + 6,
                label_y=14.0 + 15 * (line or 0),
                anchor="end" if flipped else "start",
                title=f"Choice at {clock(at, 0.01)}: {said} (dated by {names.source(row.source)})",
                href=links.signal(session.id, row.id),
            )
        )
    return found


# --- lanes


def _lane(lane: Lane, spots: list[Spot], axis: Axis, y: float, session: str) -> DrawnLane:
    placed = [_drawn(mark, y, session) for mark in marks(spots, axis, lane.value)]
    return DrawnLane(lane.value, y, sum(spot.count for spot in spots), placed)


def _drawn(mark: Mark, y: float, session: str) -> DrawnMark:
    at = clock(mark.first, 0.01)
    when = at if mark.last - mark.first < 2 * _MILLISECOND else f"{at} to {clock(mark.last, 0.01)}"
    told = f"{mark.title[:160]}, {when}"
    if mark.verdict is not None:
        told += f": {counted(mark.errors, 'violation')}, at the surest {mark.verdict}"
    if mark.mild:
        told += f"; {counted(mark.mild, 'warning or note', 'warnings and notes')}"
    # the database counts by tenths of a second, so the window ends behind the last of them
    window = urlencode({"from": iso(mark.first), "to": iso(mark.last + 0.1)})
    return DrawnMark(
        x=mark.x,
        y=y + (_LANE - mark.height) / 2,
        height=mark.height,
        look=mark.verdict or ("mild" if mark.mild else "fine"),
        many=mark.count > 1,
        title=told,
        href=mark.href or f"{session}?{window}#acts",
    )


def address(links: Links, act: Act) -> str | None:
    """Where an act is told in full: a message's page, else its violation's, else its exchange."""
    if act.lane is Lane.EVENT:
        return links.event(act.id)
    if act.violations:
        return links.violation(act.violations[0].id)
    return None if act.exchange_id is None else links.exchange(act.exchange_id)


def _spots(connection: Connection, links: Links, span: Span, consent: Consent) -> dict[Lane, list[Spot]]:
    """What is drawn, by lane."""
    if density.has_more_exchanges(connection, span, _LOOKED_THROUGH):
        buckets = list(density.acts_over_time(connection, span))
        if sum(bucket.acts for bucket in buckets) > _DRAWN_ONE_BY_ONE:
            return _counted(connection, links, span, consent, buckets)
    listed = acts(connection, span, consent.pages, _DRAWN_ONE_BY_ONE)
    if len(listed) > _DRAWN_ONE_BY_ONE:
        return _counted(connection, links, span, consent, density.acts_over_time(connection, span))
    return _each(links, listed)


def _each(links: Links, listed: Iterable[Act]) -> dict[Lane, list[Spot]]:
    found: dict[Lane, list[Spot]] = {}
    for act in listed:
        at = seconds(act.at)
        if at is not None:
            held = [each for each in act.violations if each.suppressed is None]
            verdicts = Counter(each.verdict for each in held if each.severity == Severity.ERROR)
            mild = sum(each.severity != Severity.ERROR and each.verdict != Verdict.CLEARED for each in held)
            found.setdefault(act.lane, []).append(Spot(at, 1, act.title, address(links, act), verdicts, mild))
    return found


def _counted(
    connection: Connection, links: Links, span: Span, consent: Consent, buckets: Iterable[density.Bucket]
) -> dict[Lane, list[Spot]]:
    """Of a long session: what there are few of, each; the rest counted."""
    pages = [
        Act(Lane.PAGE, iso(page.at), position, page.exchange, page.exchange, page.address)
        for position, page in enumerate(consent.pages)
        if span.since <= iso(page.at) <= span.until
    ]
    found = _each(links, [*pages, *(act for act in small(connection, span) if span.since <= act.at <= span.until)])
    for bucket in buckets:
        at = seconds(bucket.at)
        if at is not None:
            found.setdefault(bucket.lane, []).append(Spot(at, bucket.acts, bucket.lane.value, None))
    for each in density.violations_over_time(connection, span):
        at = seconds(each.at)
        if at is not None:
            verdicts = {each.verdict: each.violations} if each.error else {}
            mild = 0 if each.error or each.verdict == Verdict.CLEARED else each.violations
            found.setdefault(each.lane, []).append(Spot(at, 0, each.lane.value, None, verdicts, mild))
    return found
