"""A session, or a part of it, as a picture: choices, ribbon, lanes. Where everything is, and what it says and leads to."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlencode

from addon.findings import density, sentences
from addon.findings.acts import Lane, Span
from addon.findings.consent import CATEGORIES, Consent
from addon.findings.names import Names
from addon.findings.query import Connection, iso, seconds
from addon.findings.rows import Session
from addon.findings.text import counted
from datasette_plugins.drawing.axis import Axis, Cut, Tick, clock
from datasette_plugins.drawing.lanes import Mark, Spot, marks
from datasette_plugins.drawing.ribbon import Band, bands
from datasette_plugins.plugin.links import Links

from .spots import spots

WIDTH = 1180.0
STRIP_WIDTH = 860.0
_LEFT = 124.0
_RIGHT = 34.0
_TOP = 40.0
_ROW = 24.0
_LANE = 32.0
_BOTTOM = 34.0
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
    by_lane = spots(connection, links, span, consent)
    busy = [seconds(at) or start for at in density.busy_seconds(connection, span)]
    busy += [at for at in consent.moments() if start <= at <= end]
    axis = Axis(start, end, busy, _LEFT, width - _LEFT - _RIGHT)
    page = links.session(session.id)
    ribbon = [_ribbon_row(position, category, consent, axis, page) for position, category in enumerate(CATEGORIES)]
    y = _TOP + _ROW * len(ribbon) + 10
    drawn = [lane for lane in Lane if by_lane.get(lane)]
    lanes = [_lane(lane, by_lane[lane], axis, y + _LANE * place, page) for place, lane in enumerate(drawn)]
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
        sightings=_sightings(consent, axis, links, names, session),
    )


# --- ribbon


def _ribbon_row(position: int, category: str, consent: Consent, axis: Axis, session: str) -> RibbonRow:
    listed = consent.stretches(category, axis.start, axis.end)
    return RibbonRow(category, _TOP + _ROW * position, [_band(band, category, session) for band in bands(listed, axis)])


def _band(band: Band, category: str, session: str) -> DrawnBand:
    stretch = band.stretch
    state = stretch.state
    standing = sentences.standing(state.state, state.alternative)
    span = f"{clock(stretch.start, 0.01)} to {clock(stretch.end, 0.01)}"
    decisive = state.decisive
    return DrawnBand(
        x=band.x,
        width=band.width,
        shape=band.shape,
        other=band.other,
        label=standing if band.width > len(standing) * _LETTER + 12 else "",
        title=f"{category}: {standing}, {span} ({sentences.certainty(state.certainty)})",
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
        answer = sentences.choice(row.functional, row.analytics, row.marketing)
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
                title=f"Choice at {clock(at, 0.01)}: {answer} (dated by {names.source(row.source)})",
                href=links.signal(session.id, row.id),
            )
        )
    return found


def _sightings(
    consent: Consent, axis: Axis, links: Links, names: Names, session: Session
) -> list[tuple[float, str, str]]:
    """Where signals were seen. Stamps are left out: each message has one."""
    return [
        (axis.x(at), f"{names.source(row.source)} seen at {clock(at, 0.01)}", links.signal(session.id, row.id))
        for row in consent.rows
        if not row.stamp and (at := seconds(row.observed_at)) is not None and axis.start <= at <= axis.end
    ]


# --- lanes


def _lane(lane: Lane, spots: list[Spot], axis: Axis, y: float, session: str) -> DrawnLane:
    placed = [_drawn(mark, y, session) for mark in marks(spots, axis, lane.value)]
    return DrawnLane(lane.value, y, sum(spot.count for spot in spots), placed)


def _drawn(mark: Mark, y: float, session: str) -> DrawnMark:
    at = clock(mark.first, 0.01)
    when = at if mark.last - mark.first < 2 * _MILLISECOND else f"{at} to {clock(mark.last, 0.01)}"
    title = f"{mark.title[:160]}, {when}"
    if mark.verdict is not None:
        title += f": {counted(mark.errors, 'violation')}, at the surest {mark.verdict}"
    if mark.mild:
        title += f"; {counted(mark.mild, 'warning or note', 'warnings and notes')}"
    # the database counts by tenths of a second, so the window ends behind the last of them
    window = urlencode({"from": iso(mark.first), "to": iso(mark.last + 0.1)})
    return DrawnMark(
        x=mark.x,
        y=y + (_LANE - mark.height) / 2,
        height=mark.height,
        look=mark.verdict or ("mild" if mark.mild else "fine"),
        many=mark.count > 1,
        title=title,
        href=mark.href or f"{session}?{window}#acts",
    )
