"""A session's answers in order: which choice held when, and between which two moments it was made.

The timeline says what was in force at one moment. Code that compares choices (was one withdrawn, is one older) uses the
stretches between them from here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from addon.consent.signal import Rank, Signal

from .points import Point
from .state import Need, Standing, standing_of
from .timeline import Timeline


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time in which one and the same answer was seen."""

    standing: Standing
    after: float
    """The earliest moment at which it can have begun; ``-inf`` if nothing tells (Unix time in seconds)."""
    by: float
    """The latest moment at which it can have begun."""
    seen_at: float
    """When it was first seen."""
    seen_until: float
    """When it was last seen."""
    signal: Signal
    """What showed it first."""


def history(timeline: Timeline, need: Need) -> tuple[Stretch, ...]:
    """The stretches of a need, in order, by the most trusted of those who answered for it. An answer that was given again,
    by its own date, begins a stretch of its own. There are none while it is not known which of several consent managers decides."""
    ordered, undecided = timeline.order(math.inf)
    for origin in ordered:
        if origin in undecided:
            return ()
        points = timeline.points(origin)
        if points[0].signal.rank is not Rank.OPT_OUT:
            stretches = _stretches(points, need, timeline.clock_margin)
            if any(stretch.standing in (Standing.GRANTED, Standing.DENIED) for stretch in stretches):
                return stretches
    return ()


def _stretches(points: Sequence[Point], need: Need, margin: float) -> tuple[Stretch, ...]:
    found: list[Stretch] = []
    answered_on: str | None = None
    """The host that the latest answer was seen on: that another one has none says nothing."""
    for point in points:
        signal = point.signal
        if signal.absent:
            if answered_on is not None and signal.host != answered_on:
                continue
        else:
            answered_on = signal.host
        standing = standing_of(signal, need)
        last = found[-1] if found else None
        same = last is not None and last.standing is standing and _date(last.signal) == _date(signal)
        if last is not None and same:
            found[-1] = replace(last, seen_until=point.at)
        else:
            found.append(_begun(standing, point.at, signal, last, margin))
    return tuple(found)


def _begun(standing: Standing, at: float, signal: Signal, last: Stretch | None, margin: float) -> Stretch:
    after = -math.inf if last is None else last.seen_until
    by = at
    effective = signal.effective_at
    if effective is not None and after - margin - 1 <= effective <= at + margin + 1:
        earliest = effective if signal.not_before is None else min(effective, signal.not_before)
        after, by = max(after, earliest - margin), min(at, effective + margin)
    elif signal.not_before is not None and signal.not_before <= at:
        after = max(after, signal.not_before)
    return Stretch(standing, min(after, by), by, at, at, signal)


def _date(signal: Signal) -> float | None:
    return signal.effective_at if signal.effective_at is not None else signal.not_before
