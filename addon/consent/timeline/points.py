"""Observation points: at this time, this host showed this signal. Of runs of equal ones only the ends are kept, so that a long
session stays small."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from operator import attrgetter

from addon.consent.signal import Signal

MAX_BETWEEN = 100
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
