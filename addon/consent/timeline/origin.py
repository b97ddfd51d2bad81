"""What one origin shows about one moment.

A consent cookie is written by the page's script, so the wire shows a choice only on the next first-party request. That
leaves a window, between the last request that still showed the old state and the first that shows the new one, in which
the choice was made. A timestamp inside the value closes the window, and so does a tester's mark; without either, what happened in
it cannot be decided. Nobody takes back that a banner was answered: a record that is seen unanswered was so ever since one was last
seen that is answered, or cannot be read.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, takewhile
from typing import NamedTuple

from addon.consent.signal import Unread

from .points import BY_TIME, Point
from .state import Certainty, ConsentState, Need, Standing, standing_of

_NEVER_SEEN = (Unread.NO_READER, Unread.OFF_WIRE)
"""Why a record may say nothing although none was seen that could."""

_UNLOAD = 5.0
"""Seconds in which what a page sends as it is left arrives."""


class _Found(NamedTuple):
    """What one origin shows about one moment."""

    standing: Standing
    certainty: Certainty
    alternative: Standing | None = None
    settled_by: Point | None = None
    """What settles it, if that is not the next observation: a tester's mark, a later record that is unanswered."""
    lasted: bool = False
    """Whether an answer held until the later time that the next one gives for itself."""
    parted: bool = False
    """Whether the page that showed it last was left with it just before."""
    at_odds: bool = False
    """Whether something else was observed at the very same moment."""
    waits: bool = False
    """Whether it is a later record that shows that nobody had answered yet."""


def origin_state(
    points: list[Point],
    need: Need,
    at: float,
    margin: float,
    marks: Sequence[Point],
    *,
    until: float = math.inf,
    outline: bool = False,
) -> ConsentState:
    """What one origin shows of a need at a moment.

    Args:
        points: its observation points, in order of time; at least one.
        at: Unix time in seconds.
        margin: seconds by which the person's device may differ from the capture's clock.
        marks: the tester's marks, in order of time.
        until: what is seen from then on may be another window's, so that nothing follows from it for what went before.
        outline: leave out ``earlier_grant`` and ``answered_later``, so that a long session takes no longer.
    """
    index = bisect_right(points, at, key=BY_TIME)
    before = points[index - 1] if index else None
    following = points[index] if index < len(points) else None
    found = _found(points, index, need, at, margin, marks, until)
    after = found.settled_by or following
    return ConsentState(
        found.standing,
        found.certainty,
        found.alternative,
        before=None if before is None else before.signal,
        after=None if after is None else after.signal,
        after_at=None if after is None else after.at,
        earlier_grant=not outline
        and any(standing_of(point.signal, need) is Standing.GRANTED for point in islice(points, index)),
        answered_later=not outline and any(point.signal.answered is True for point in _from(points, index)),
        at_odds=found.at_odds,
        lasted=found.lasted,
        waits=found.waits,
        parted=found.parted,
    )


def _found(
    points: list[Point], index: int, need: Need, at: float, margin: float, marks: Sequence[Point], until: float
) -> _Found:
    """What stood at a moment, by the points before and from ``index`` on."""
    before = points[index - 1] if index else None
    following = points[index] if index < len(points) else None
    standing_before = Standing.NOTHING if before is None else standing_of(before.signal, need)
    now = _now(points, index, need, at)
    if now is not None:
        certainty, other = now
        return _Found(standing_before, certainty, other, at_odds=other is not None)
    unanswered = _still_unanswered(before, _from(points, index), until)
    if unanswered is not None:
        return _Found(Standing.UNANSWERED, Certainty.ONLY_AFTER, settled_by=unanswered, waits=True)
    if following is not None:
        return _between(before, standing_before, following, need, at, margin, marks)
    seen = standing_before is not Standing.NOTHING
    parted = before is not None and before.signal.parting and at - before.at <= _UNLOAD
    return _Found(standing_before, Certainty.SEEN_BEFORE if seen else Certainty.NOTHING_AFTER, parted=parted)


def _from(points: list[Point], index: int) -> Iterator[Point]:
    """The points from a place on; no copy, because sessions have thousands."""
    return (points[place] for place in range(index, len(points)))


def _now(points: list[Point], index: int, need: Need, at: float) -> tuple[Certainty, Standing | None] | None:
    """What was observed at the very moment, before the point at ``index``: how certain that makes the latest of it, and what else was
    said just then."""
    if not index or points[index - 1].at != at or not points[index - 1].signal.speaks:
        return None
    latest = points[index - 1].signal
    following = points[index] if index < len(points) else None
    just_then = takewhile(lambda point: point.at == at, (points[place] for place in range(index - 1, -1, -1)))
    others = {standing_of(point.signal, need) for point in just_then} - {standing_of(latest, need)}
    if others:
        return Certainty.OPEN_WINDOW, others.pop() if len(others) == 1 else Standing.UNCLEAR
    repeated = following is not None and latest.same_content(following.signal)
    return None if repeated else (Certainty.OBSERVED, None)


def _still_unanswered(before: Point | None, later: Iterable[Point], until: float) -> Point | None:
    """The later observation by which nobody had answered yet, where nothing of an answer was seen before, nor in between. Where the
    consent manager asked nobody, nothing follows from that."""
    if before is not None and not before.signal.absent and before.signal.unread not in _NEVER_SEEN:
        return None
    shown = next((point for point in later if not point.signal.absent), None)
    return shown if shown is not None and shown.at < until and shown.signal.asks else None


def _between(
    before: Point | None,
    standing_before: Standing,
    following: Point,
    need: Need,
    at: float,
    margin: float,
    marks: Sequence[Point],
) -> _Found:
    """What was in force between two observations, of which there may be no first."""
    standing_after = standing_of(following.signal, need)
    if before is not None and before.signal.same_content(following.signal):
        return _Found(standing_after, Certainty.BRACKETED)
    if following.signal.unread is not None and before is not None and before.signal.speaks:
        return _Found(standing_before, Certainty.SEEN_BEFORE)  # what cannot be read tells of no change
    dated = _dated(before, following, at, margin)
    if dated is True:
        return _Found(standing_after, Certainty.DATED)
    if before is None and (dated is False or following.signal.between(at)):
        return _Found(Standing.UNANSWERED, Certainty.OPEN_WINDOW, Standing.UNCLEAR)
    if dated is False:
        unanswered = standing_before is Standing.NOTHING
        lasted = standing_before in (Standing.GRANTED, Standing.DENIED)
        return _Found(Standing.UNANSWERED if unanswered else standing_before, Certainty.DATED, lasted=lasted)
    if before is None and standing_after not in (Standing.GRANTED, Standing.UNCLEAR, Standing.UNREADABLE):
        unanswered = standing_after is Standing.UNANSWERED
        return _Found(Standing.UNANSWERED if unanswered else Standing.NOTHING, Certainty.ONLY_AFTER)
    if standing_after is standing_before:
        return _Found(standing_before, Certainty.BRACKETED)
    mark = _mark(marks, -math.inf if before is None else before.at, at, need, standing_after)
    if mark is not None:
        return _Found(standing_after, Certainty.DATED, settled_by=mark)
    return _Found(standing_before, Certainty.OPEN_WINDOW, standing_after)


def _mark(marks: Sequence[Point], since: float, until: float, need: Need, standing: Standing) -> Point | None:
    """The tester's mark in an open window that says what the signal at its end says: from then on that was in force."""
    for point in marks:
        if since < point.at <= until and standing_of(point.signal, need) is standing:
            return point
    return None


def _dated(before: Point | None, following: Point, at: float, margin: float) -> bool | None:
    """Whether the later signal was in force at the moment already, by its own timestamp; ``None`` if it cannot say.

    A timestamp outside the window between the two observations comes from a clock that is wrong, or is not that of
    this value: it is not used.
    """
    signal = following.signal
    effective = signal.effective_at
    latest = following.at + margin + 1
    if signal.between(at):
        return None
    if effective is not None:
        plausible = effective <= latest and (before is None or effective >= before.at - margin - 1)
        if plausible and abs(effective - at) >= margin:
            return effective <= at
        return None
    if signal.not_before is not None and at + margin < signal.not_before <= latest:
        return False
    return None
