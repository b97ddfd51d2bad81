"""Observation points: at this time, this host showed this signal. Of runs of equal ones only the ends are kept, so that a long
session stays small."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from operator import attrgetter

from addon.consent.signal import Signal

MAX_BETWEEN = 100
MAX_POINTS = 4000
BY_TIME = attrgetter("at")
"""The key by which points and looks are sorted."""


@dataclass(slots=True)
class Point:
    """One observation of a signal."""

    at: float
    signal: Signal
    between: list[float] = field(default_factory=list)
    """When else it was seen since the point before, which shows the same: the latest ``MAX_BETWEEN`` times. They become
    points again if an exchange that took longer shows something else in their midst."""


@dataclass(slots=True)
class Look:
    """A first-party request whose cookies were all visible: which origins' cookies it carried."""

    at: float
    present: frozenset[str]
    exchange: str
    dropped: tuple[float, str] | None = None
    """Moment and exchange of the latest of those that were dropped just before it, which carried the same. It becomes a look of its own
    again if a request that took longer shows something else after it."""


def repeat(points: list[Point], signal: Signal, at: float) -> bool:
    """Adds another observation of the latest signal, if it is that: the quick way. Says whether it was."""
    if not points or points[-1].signal is not signal or at < points[-1].at:
        return False
    if len(points) > 1 and points[-2].signal is signal:
        last = points[-1]
        last.between.append(last.at)
        last.at = at
        if len(last.between) > 2 * MAX_BETWEEN:
            del last.between[:-MAX_BETWEEN]
    else:
        points.append(Point(at, signal))
    return True


def insert(points: list[Point], signal: Signal, at: float) -> None:
    """Adds an observation in its place, and drops what says nothing more beside it."""
    index = reopen(points, bisect_right(points, at, key=BY_TIME), at)
    points.insert(index, Point(at, signal))
    collapse(points, index)
    del points[: max(len(points) - MAX_POINTS, 0)]


def insert_look(looks: list[Look], look: Look) -> None:
    """Adds a look in its place; of runs of equal ones only the ends are kept."""
    if len(looks) > 1 and looks[-2].present == looks[-1].present == look.present and look.at >= looks[-1].at:
        looks[-1].dropped = looks[-1].at, looks[-1].exchange
        looks[-1].at, looks[-1].exchange = look.at, look.exchange
        return
    index = bisect_right(looks, look.at, key=BY_TIME)
    following = looks[index] if index < len(looks) else None
    if following is not None and following.dropped is not None and following.dropped[0] <= look.at:
        at, exchange = following.dropped
        looks.insert(index, Look(at, following.present, exchange))
        following.dropped = None
        index += 1
    looks.insert(index, look)
    for middle in (index + 1, index, index - 1):
        if 0 < middle < len(looks) - 1:
            first, dropped, last = looks[middle - 1], looks[middle], looks[middle + 1]
            if first.present == dropped.present == last.present:
                known = last.dropped
                last.dropped = known if known is not None and known[0] > dropped.at else (dropped.at, dropped.exchange)
                del looks[middle]
    del looks[: max(len(looks) - MAX_POINTS, 0)]


def reopen(points: list[Point], index: int, at: float) -> int:
    """Before an observation at ``at`` goes to ``index``: makes the dropped ones next to it points again. Returns its index
    among them."""
    if index == len(points) or not points[index].between:
        return index
    last = points[index]
    cut = bisect_right(last.between, at)
    earlier, later = last.between[:cut], last.between[cut:]
    last.between = later[1:]
    if later:
        points.insert(index, Point(later[0], last.signal))
    if not earlier:
        return index
    points.insert(index, Point(earlier[-1], last.signal, earlier[:-1]))
    return index + 1


def collapse(points: list[Point], index: int) -> None:
    """Drops the points around a new one whose neighbours on both sides say the same as they do."""
    for middle in (index + 1, index, index - 1):
        if 0 < middle < len(points) - 1:
            first, point, last = points[middle - 1], points[middle], points[middle + 1]
            if first.signal.same_content(point.signal) and point.signal.same_content(last.signal):
                last.between = [*point.between, point.at, *last.between][-MAX_BETWEEN:]
                del points[middle]
