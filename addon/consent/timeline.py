"""A session's signals put in order: what consent was in force when, and how certain that is.

A consent cookie is written by the page's script, so the wire shows a choice only on the next first-party request. That
leaves a window, between the last request that still showed the old state and the first that shows the new one, in which
the choice was made. A timestamp inside the value closes the window; without one, what happened in it cannot be decided.

For each origin (a consent manager, a TC string, the stamps) the timeline keeps observation points: at this time, this
host showed this signal. Runs of equal points keep only their ends, so that a long session stays small.
"""

from __future__ import annotations

import math
from bisect import bisect_right, insort
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from operator import attrgetter

from vendor_catalog import Category

from .signal import Rank, Signal


class Standing(StrEnum):
    """The state of one category at one moment."""

    GRANTED = "granted"
    DENIED = "denied"
    UNANSWERED = "unanswered"
    NOTHING = "nothing known"
    UNCLEAR = "unclear"
    """Answered, but what the answer means for this category cannot be told."""


class Certainty(StrEnum):
    """How we know the state."""

    DATED = "dated"
    """By the timestamp inside a signal."""
    OBSERVED = "observed"
    """The act's own request, or one of the same moment, carried it."""
    BRACKETED = "bracketed"
    """Observed before and after, the same both times."""
    SEEN_BEFORE = "seen before"
    """Observed before; nothing after."""
    OPEN_WINDOW = "open window"
    """It changed, undated, between two observations: either may have been in force."""
    ONLY_AFTER = "only after"
    """Not observed before; what was observed later still shows no consent."""
    NOTHING_AFTER = "nothing after"
    """Neither observed before nor after."""


@dataclass(frozen=True, slots=True)
class Need:
    """What an act needs consent for."""

    categories: tuple[Category, ...]
    """All of them are needed, the most sensitive first; empty if only the workspace knows what its ``keys`` mean."""
    vendor: str | None = None
    keys: tuple[str, ...] = ()
    """Workspace category ids that are all needed, where the workspace maps the destination."""

    @property
    def category(self) -> Category | None:
        return self.categories[0] if self.categories else None


@dataclass(frozen=True, slots=True)
class ConsentState:
    """The state of one need at one moment, with the signals that show it."""

    standing: Standing
    certainty: Certainty
    alternative: Standing | None = None
    """In an open window: the other state that may have been in force."""
    before: Signal | None = None
    """The last signal seen before the moment."""
    after: Signal | None = None
    """The first signal seen after it."""
    after_at: float | None = None
    """When that was seen."""
    earlier_grant: bool = False
    """Whether consent was in force before, so that a denial is a withdrawal."""
    answered_later: bool = False
    """Whether an answer was seen after the moment."""
    at_odds: bool = False
    """Whether the window is open because signals of one and the same moment differ."""
    lasted: bool = False
    """Whether an answer, ``before``, held until the later time that ``after`` gives for the next one."""

    @property
    def explicit(self) -> bool:
        """Whether a signal that is there (not merely missing) showed the state before the moment."""
        return self.before is not None and not self.before.absent

    @property
    def decisive(self) -> Signal | None:
        """The signal to show as evidence: the one that decides, or the one that comes nearest to it."""
        if self.before is None or (self.certainty in (Certainty.DATED, Certainty.ONLY_AFTER) and not self.lasted):
            return self.after or self.before
        return self.before


@dataclass(slots=True)
class Point:
    """One observation of a signal."""

    at: float
    signal: Signal
    between: list[float] = field(default_factory=list)
    """When else it was seen since the point before, which shows the same: the latest ``_MAX_BETWEEN`` times. They become
    points again if an exchange that took longer shows something else in their midst."""


@dataclass(slots=True)
class Look:
    """A first-party request whose cookies were all visible: which origins' cookies it carried."""

    at: float
    present: frozenset[str]
    exchange: str


TESTER_ORIGIN = "tester"
"""Who speaks in a mark."""
_BY_TIME = attrgetter("at")
_SALE = Need((Category.MARKETING,))
"""What an opt-out string refuses: sale, sharing and targeted advertising."""
_MAX_POINTS = 4000
_MAX_BETWEEN = 100
_CLAIMS = (Standing.GRANTED, Standing.UNCLEAR, Standing.DENIED)


@dataclass(slots=True)
class Timeline:
    """The consent of one session."""

    clock_margin: float = 0.0
    """Seconds by which the person's device may differ from the capture's clock: 0 if both are one machine."""
    _points: dict[str, list[Point]] = field(default_factory=dict)
    _looks: dict[str, list[Look]] = field(default_factory=dict)
    _spoken: set[str] = field(default_factory=set)
    """Origins of which something was there to be seen."""
    _ranked: list[str] | None = None
    """Origins by trust; ``None`` when a new one may have to be put in its place."""
    opted_out_since: float | None = None
    """When an opt-out preference signal (``Sec-GPC: 1``) was first seen."""

    def observe(self, signal: Signal, at: float) -> Signal:
        """Adds an observation. Returns the signal that now stands for it: an equal one seen just before or just after it,
        or, if it brought something new, the given one."""
        points = self._points.setdefault(signal.origin, [])
        if signal.origin not in self._spoken:
            self._ranked = None
            if not signal.absent:
                self._spoken.add(signal.origin)
        index = bisect_right(points, at, key=_BY_TIME)
        neighbours = [points[near].signal for near in (index - 1, index) if 0 <= near < len(points)]
        signal = next((neighbour for neighbour in neighbours if neighbour.same_content(signal)), signal)
        index = _reopen(points, index, at)
        points.insert(index, Point(at, signal))
        _collapse(points, index)
        del points[: max(len(points) - _MAX_POINTS, 0)]
        return signal

    def repeats(self, signal: Signal, at: float) -> bool:
        """Adds another observation of the latest signal of its origin, if it is that: the quick way, because a cookie
        travels on every request. Says whether it was."""
        points = self._points.get(signal.origin)
        if not points or points[-1].signal is not signal or at < points[-1].at:
            return False
        if len(points) > 1 and points[-2].signal is signal:
            points[-1].between.append(points[-1].at)
            points[-1].at = at
            if len(points[-1].between) > 2 * _MAX_BETWEEN:
                del points[-1].between[:-_MAX_BETWEEN]
        else:
            points.append(Point(at, signal))
        return True

    def look(self, host: str, at: float, present: frozenset[str], exchange: str) -> None:
        """Adds a first-party request in which every cookie was visible."""
        looks = self._looks.setdefault(host, [])
        if len(looks) > 1 and looks[-2].present == looks[-1].present == present and at >= looks[-1].at:
            looks[-1].at, looks[-1].exchange = at, exchange
            return
        insort(looks, Look(at, present, exchange), key=_BY_TIME)
        index = bisect_right(looks, at, key=_BY_TIME) - 1
        for middle in (index + 1, index, index - 1):
            if (
                0 < middle < len(looks) - 1
                and looks[middle - 1].present == looks[middle].present == looks[middle + 1].present
            ):
                del looks[middle]
        del looks[: max(len(looks) - _MAX_POINTS, 0)]

    def looks_without(self, origin: str) -> list[tuple[str, Look]]:
        """Earlier first-party requests that did not carry an origin's cookie, by host: for a consent manager that is
        recognised only now."""
        return [(host, look) for host, looks in self._looks.items() for look in looks if origin not in look.present]

    def looked_after(self, at: float, host: str | None) -> bool:
        """Whether a first-party request came later, on this host or, if the page is unknown, on any."""
        lists = self._looks.values() if host is None else [self._looks.get(host, [])]
        return any(looks and looks[-1].at > at for looks in lists)

    def origins(self) -> list[str]:
        """Who has spoken, the most trusted first; then who is in use and has not."""
        if self._ranked is None:
            self._ranked = self._rank()
        return self._ranked

    def _rank(self) -> list[str]:
        rank = {origin: points[0].signal.rank for origin, points in self._points.items()}
        asked = [origin for origin in rank if rank[origin] is not Rank.OPT_OUT]
        silent = sorted(origin for origin in asked if origin not in self._spoken)
        spoken = [origin for origin in asked if origin in self._spoken]
        return sorted(spoken, key=lambda origin: (-rank[origin], origin)) + silent

    def points(self, origin: str) -> Sequence[Point]:
        """What was observed of one origin, in order of time."""
        return self._points.get(origin, ())

    def opt_outs(self, at: float, page_host: str | None = None) -> dict[str, ConsentState]:
        """The opt-outs from sale and sharing that may have been in force at a moment, by who keeps them (Global Privacy Control,
        US Privacy, GPP)."""
        found: dict[str, ConsentState] = {}
        for origin, points in sorted(self._points.items()):
            if points[0].signal.rank is Rank.OPT_OUT:
                state = self._state_of(points, _SALE, at, page_host)
                if state is not None and Standing.DENIED in (state.standing, state.alternative):
                    found[origin] = state
        return found

    def state(self, need: Need, at: float, page_host: str | None = None, *, direct_only: bool = False) -> ConsentState:
        """What was in force at a moment.

        Args:
            at: Unix time in seconds.
            page_host: the host of the page that acted; a missing cookie counts only on the page's own host.
            direct_only: leave out the site's own stamps, so that they can be compared with the rest.
        """
        unclear: ConsentState | None = None
        for origin in self.origins():
            points = self._points[origin]
            stamped = points[0].signal.rank.claimed
            if stamped and (direct_only or unclear is not None):
                continue
            state = self._state_of(points, need, at, page_host)
            if state is None:
                continue
            if stamped:
                return self._against_silence(state, need, at, page_host)
            if Standing.UNCLEAR not in (state.standing, state.alternative):
                return state
            unclear = unclear or state
        return unclear or self._nothing(at, page_host)

    def _against_silence(self, stamped: ConsentState, need: Need, at: float, page_host: str | None) -> ConsentState:
        """What only the site's own stamps claim, while a consent manager in use shows nothing, is not settled; what they
        leave open speaks for the site."""
        possible = (stamped.standing, stamped.alternative)
        claim = next((claim for claim in _CLAIMS if claim in possible), None)
        for origin in self.origins():
            points = self._points[origin]
            if not points[0].signal.rank.claimed:
                silent = self._state_of(points, need, at, page_host)
                if silent is not None and silent.standing is Standing.UNANSWERED:
                    if claim is None:
                        return silent
                    shown = stamped.decisive if stamped.standing is claim else stamped.after
                    return replace(
                        silent,
                        certainty=Certainty.OPEN_WINDOW,
                        alternative=claim,
                        after=shown,
                        after_at=stamped.after_at if shown is stamped.after else None,
                    )
        return stamped

    def _nothing(self, at: float, page_host: str | None) -> ConsentState:
        after = Certainty.ONLY_AFTER if self.looked_after(at, page_host) else Certainty.NOTHING_AFTER
        return ConsentState(Standing.NOTHING, after)

    def _state_of(self, points: list[Point], need: Need, at: float, page_host: str | None) -> ConsentState | None:
        """One origin's state, or ``None`` if it says nothing about this page at all."""
        relevant = [
            point for point in points if not point.signal.absent or page_host is None or point.signal.host == page_host
        ]
        if not relevant:
            return None
        index = bisect_right(relevant, at, key=_BY_TIME)
        before = relevant[index - 1] if index > 0 else None
        following = relevant[index] if index < len(relevant) else None
        earlier_grant = any(standing_of(point.signal, need) is Standing.GRANTED for point in relevant[:index])
        answered_later = any(point.signal.answered is True for point in relevant[index:])
        standing_before = Standing.NOTHING if before is None else standing_of(before.signal, need)

        def state(standing: Standing, certainty: Certainty, alternative: Standing | None = None) -> ConsentState:
            return ConsentState(
                standing,
                certainty,
                alternative,
                None if before is None else before.signal,
                None if following is None else following.signal,
                None if following is None else following.at,
                earlier_grant,
                answered_later,
            )

        now = _now(relevant[:index], following, need, at)
        if now is not None:
            certainty, other = now
            return replace(state(standing_before, certainty, other), at_odds=other is not None)
        if following is None:
            if before is None:
                return None
            certainty = Certainty.SEEN_BEFORE if standing_before is not Standing.NOTHING else Certainty.NOTHING_AFTER
            return state(standing_before, certainty)
        standing_after = standing_of(following.signal, need)
        if before is not None and before.signal.same_content(following.signal):
            return state(standing_after, Certainty.BRACKETED)
        dated = self._dated(before, following, at)
        if dated is True:
            return state(standing_after, Certainty.DATED)
        if dated is False and before is None:
            return state(Standing.UNANSWERED, Certainty.OPEN_WINDOW, Standing.UNCLEAR)
        if dated is False:
            lasted = standing_before in (Standing.GRANTED, Standing.DENIED)
            standing = Standing.UNANSWERED if standing_before is Standing.NOTHING else standing_before
            return replace(state(standing, Certainty.DATED), lasted=lasted)
        if before is None and standing_after not in (Standing.GRANTED, Standing.UNCLEAR):
            return state(
                Standing.UNANSWERED if standing_after is Standing.UNANSWERED else Standing.NOTHING, Certainty.ONLY_AFTER
            )
        if standing_after is standing_before:
            return state(standing_before, Certainty.BRACKETED)
        mark = self._mark(-math.inf if before is None else before.at, at, need, standing_after)
        if mark is not None:
            return replace(state(standing_after, Certainty.DATED), after=mark.signal, after_at=mark.at)
        return state(standing_before, Certainty.OPEN_WINDOW, standing_after)

    def _mark(self, since: float, until: float, need: Need, standing: Standing) -> Point | None:
        """The tester's mark in an open window that says what the signal at its end says: from then on that was in force."""
        for point in self._points.get(TESTER_ORIGIN, ()):
            if since < point.at <= until and standing_of(point.signal, need) is standing:
                return point
        return None

    def _dated(self, before: Point | None, following: Point, at: float) -> bool | None:
        """Whether the later signal was in force at the moment already, by its own timestamp; ``None`` if it cannot say.

        A timestamp outside the window between the two observations comes from a clock that is wrong, or is not that of
        this value: it is not used.
        """
        signal = following.signal
        effective = signal.effective_at
        latest = following.at + self.clock_margin + 1
        if effective is not None:
            plausible = effective <= latest and (before is None or effective >= before.at - self.clock_margin - 1)
            if plausible and abs(effective - at) >= self.clock_margin:
                return effective <= at
            return None
        if signal.not_before is not None and at + self.clock_margin < signal.not_before <= latest:
            return False
        return None


def standing_of(signal: Signal, need: Need) -> Standing:
    """What one signal says of a need."""
    if signal.absent:
        return Standing.UNANSWERED if signal.answered is False else Standing.NOTHING
    if signal.answered is False:
        return Standing.UNANSWERED
    value = signal.value(need.categories, need.vendor, need.keys)
    if value is None:
        return Standing.UNCLEAR
    return Standing.GRANTED if value else Standing.DENIED


def _now(
    earlier: list[Point], following: Point | None, need: Need, at: float
) -> tuple[Certainty, Standing | None] | None:
    """What was observed at the very moment: how certain that makes the latest of it, and what else was said just then."""
    if not earlier or earlier[-1].at != at or earlier[-1].signal.absent:
        return None
    latest = earlier[-1].signal
    others = {standing_of(point.signal, need) for point in earlier if point.at == at} - {standing_of(latest, need)}
    if others:
        return Certainty.OPEN_WINDOW, others.pop() if len(others) == 1 else Standing.UNCLEAR
    repeated = following is not None and latest.same_content(following.signal)
    return None if repeated else (Certainty.OBSERVED, None)


def _reopen(points: list[Point], index: int, at: float) -> int:
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


def _collapse(points: list[Point], index: int) -> None:
    """Drops the points around a new one whose neighbours on both sides say the same as they do."""
    for middle in (index + 1, index, index - 1):
        if 0 < middle < len(points) - 1:
            first, point, last = points[middle - 1], points[middle], points[middle + 1]
            if first.signal.same_content(point.signal) and point.signal.same_content(last.signal):
                last.between = [*point.between, point.at, *last.between][-_MAX_BETWEEN:]
                del points[middle]
