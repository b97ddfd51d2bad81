"""Records of several consent managers in one session: which of them decides.

A site has one consent manager; what another left behind stays in the browser until it expires. The one whose script runs decides.
Among those of which that is not known the newest record does: a record is newer than another if the earliest moment at which it can
have been written is later than the latest at which the other can. Where neither is newer both may be in force.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from addon.consent.signal import Rank, Signal
from vendor_catalog import Category

from .points import BY_TIME, Point

_NEAR = 50
"""How many points before and after a moment are looked at, so that a site that changes its record all the time costs no more."""
_DAY = 86_400.0
"""What a timestamp with day precision leaves open, in seconds."""


class Written(NamedTuple):
    """Between which moments a record can have been written (Unix time in seconds)."""

    after: float
    by: float

    def is_older_than(self, other: Written) -> bool:
        return other.after >= self.by and other != self


@dataclass(slots=True)
class Rivals:
    """What is known of the consent managers of one session, to tell which of them counts."""

    answering: set[str] = field(default_factory=set)
    """Those whose record said something of an answer or of what is granted."""
    running: set[str] = field(default_factory=set)
    """Those whose script was seen to run."""
    hidden: set[str] = field(default_factory=set)
    """Those whose script no address tells, so that it may run unseen."""
    named: str | None = None
    """The one that the policy names for the site: then no other one's record counts."""

    @property
    def contested(self) -> bool:
        """Whether records of several of them said something."""
        return len(self.answering) > 1

    def among(self, origins: Collection[str]) -> Rivals:
        """The same for a part of the session, where only some origins show anything."""
        return Rivals(self.answering & set(origins), self.running, self.hidden, self.named)

    def order(
        self, origins: Sequence[str], points: Mapping[str, Sequence[Point]], at: float, margin: float
    ) -> tuple[Sequence[str], Sequence[str]]:
        """The origins by trust without those that others supersede, and those of them that may count, where it is not known which."""
        if self.named is not None:
            others = (points[each][0].signal.rank is not Rank.MANAGER or each == self.named for each in origins)
            return [origin for origin, counts in zip(origins, others, strict=True) if counts], ()
        if not self.contested:
            return origins, ()
        rivals = {origin: points[origin] for origin in origins if origin in self.answering}
        left = deciding(rivals, at, margin, self.running, self.hidden)
        superseded = rivals.keys() - set(left)
        return [origin for origin in origins if origin not in superseded], left if len(left) > 1 else ()


def says_something(signal: Signal) -> bool:
    """Whether a signal says anything of an answer or of what is granted."""
    stated = (value for category, value in signal.values.items() if category is not Category.NECESSARY)
    return signal.speaks and (signal.answered is not None or any(value is not None for value in stated))


def deciding(
    rivals: Mapping[str, Sequence[Point]], at: float, margin: float, running: Collection[str], hidden: Collection[str]
) -> list[str]:
    """The consent managers that may decide at a moment: one, or several of which nothing tells which.

    Args:
        rivals: consent managers whose records say something, the most trusted first, each with its points.
        margin: seconds by which the person's device may differ from the capture's clock.
        running: consent managers whose script was seen to run.
        hidden: consent managers whose script no address tells, so that it may run unseen.
    """
    seen_running = any(origin in running for origin in rivals)
    left = [origin for origin in rivals if not seen_running or origin in running or origin in hidden]
    if len(left) < 2:
        return left
    written = {origin: when for origin in left if (when := _written(rivals[origin], at, margin)) is not None}
    return [origin for origin, when in written.items() if not any(map(when.is_older_than, written.values()))] or left


def _written(points: Sequence[Point], at: float, margin: float) -> Written | None:
    """When the record that was in force at a moment was written, or the one that may have been because it came next; ``None`` if
    that says itself that it was not there yet."""
    following = bisect_right(points, at, key=BY_TIME)
    index = _in_force(points, following, at + margin)
    if index is None:
        return Written(-math.inf, math.inf)
    chosen = points[index]
    dated = _date(chosen.signal)
    if dated is not None and index >= following and dated > at + margin:
        return None
    while index and points[index - 1].signal.same_content(chosen.signal):
        index -= 1
    before, first_seen = points[index - 1].at if index else -math.inf, points[index].at
    signal = chosen.signal
    if signal.effective_at is not None:
        return Written(signal.effective_at, signal.effective_at)
    if signal.not_before is not None:
        return Written(signal.not_before, max(signal.not_before, min(first_seen, signal.not_before + _DAY)))
    return Written(before, first_seen)


def _in_force(points: Sequence[Point], following: int, until: float) -> int | None:
    """The point whose record was in force before the one at ``following`` came, or by its own date."""
    later = range(following, min(following + _NEAR, len(points)))
    said = [index for index in later if says_something(points[index].signal)]
    dated = [index for index in said if (date := _date(points[index].signal)) is not None and date <= until]
    if dated:
        return dated[-1]
    earlier = range(following - 1, max(following - _NEAR, 0) - 1, -1)
    return next((index for index in earlier if says_something(points[index].signal)), said[0] if said else None)


def _date(signal: Signal) -> float | None:
    return signal.effective_at if signal.effective_at is not None else signal.not_before
