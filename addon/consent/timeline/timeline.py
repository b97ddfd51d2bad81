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
from itertools import takewhile
from operator import attrgetter
from typing import NamedTuple

from addon.consent.signal import Rank, Signal
from vendor_catalog import Category

from .points import MAX_BETWEEN, Look, Point, collapse, reopen
from .state import Certainty, ConsentState, Need, Standing, standing_of

TESTER_ORIGIN = "tester"
"""The origin of a tester's mark."""
_BY_TIME = attrgetter("at")
_SALE = Need((Category.MARKETING,))
"""What an opt-out string refuses: sale, sharing and targeted advertising."""
_MAX_POINTS = 4000
_MAX_HOSTS = 1000
_CLAIMS = (Standing.GRANTED, Standing.UNCLEAR, Standing.DENIED)


class _Found(NamedTuple):
    """What one origin shows about one moment."""

    standing: Standing
    certainty: Certainty
    alternative: Standing | None = None
    mark: Point | None = None
    """The tester's mark that settles it."""
    lasted: bool = False
    """Whether an answer held until the later time that the next one gives for itself."""


@dataclass(slots=True)
class Timeline:
    """The consent of one session."""

    clock_margin: float = 0.0
    """Seconds by which the person's device may differ from the capture's clock: 0 if both are one machine."""
    _points: dict[str, list[Point]] = field(default_factory=dict)
    _looks: dict[str, list[Look]] = field(default_factory=dict)
    _missing_on: dict[str, set[str]] = field(default_factory=dict)
    """Origin -> hosts on which it was seen to be missing."""
    _spoken: set[str] = field(default_factory=set)
    """Origins of which something was there to be seen."""
    _ranked: list[str] | None = None
    """Origins by trust; ``None`` when a new one may have to be put in its place."""
    managers: set[str] = field(default_factory=set)
    """Consent managers that are in use: what they keep counts before what merely has a consent manager's name."""
    opted_out_since: float | None = None
    """When an opt-out preference signal (``Sec-GPC: 1``) was first seen."""

    def observe(self, signal: Signal, at: float) -> Signal:
        """Adds an observation. Returns the signal that now stands for it: an equal one seen just before or just after it,
        or, if it brought something new, the given one."""
        points = self._points.setdefault(signal.origin, [])
        if signal.origin not in self._spoken:
            self._ranked = None
            if signal.speaks:
                self._spoken.add(signal.origin)
        if signal.absent:
            self._missing_on.setdefault(signal.origin, set()).add(signal.host)
        signal = self.standing_for(signal, at) or signal
        index = reopen(points, bisect_right(points, at, key=_BY_TIME), at)
        points.insert(index, Point(at, signal))
        collapse(points, index)
        del points[: max(len(points) - _MAX_POINTS, 0)]
        return signal

    def standing_for(self, signal: Signal, at: float) -> Signal | None:
        """The signal that says the same just before or just after a moment; ``None`` if it is news there."""
        points = self._points.get(signal.origin, ())
        index = bisect_right(points, at, key=_BY_TIME)
        neighbours = (points[near].signal for near in (index - 1, index) if 0 <= near < len(points))
        return next((neighbour for neighbour in neighbours if neighbour.same_content(signal)), None)

    def repeats(self, signal: Signal, at: float) -> bool:
        """Adds another observation of the latest signal of its origin, if it is that: the quick way, because a cookie
        travels on every request. Says whether it was."""
        points = self._points.get(signal.origin)
        if not points or points[-1].signal is not signal or at < points[-1].at:
            return False
        if len(points) > 1 and points[-2].signal is signal:
            points[-1].between.append(points[-1].at)
            points[-1].at = at
            if len(points[-1].between) > 2 * MAX_BETWEEN:
                del points[-1].between[:-MAX_BETWEEN]
        else:
            points.append(Point(at, signal))
        return True

    def look(self, host: str, at: float, present: frozenset[str], exchange: str) -> None:
        """Adds a first-party request in which every cookie was visible."""
        if host not in self._looks and len(self._looks) >= _MAX_HOSTS:
            return  # nothing is then said of what was missing there, and nobody is accused by it
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
        """Origins with signals, the most trusted first; then consent managers in use without any."""
        if self._ranked is None:
            self._ranked = self._rank()
        return self._ranked

    def _rank(self) -> list[str]:
        rank = {origin: points[0].signal.rank for origin, points in self._points.items()}
        origins = [origin for origin in rank if rank[origin] is not Rank.OPT_OUT]
        silent = sorted(origin for origin in origins if origin not in self._spoken)
        spoken = [origin for origin in origins if origin in self._spoken]
        return sorted(spoken, key=lambda origin: (-rank[origin], origin)) + silent

    def points(self, origin: str) -> Sequence[Point]:
        """What was observed of one origin, in order of time."""
        return self._points.get(origin, ())

    def opt_outs(self, at: float, page_host: str | None = None, *, outline: bool = False) -> dict[str, ConsentState]:
        """The opt-outs from sale and sharing that may have been in force at a moment, by who keeps them (GPC, US Privacy, GPP)."""
        found: dict[str, ConsentState] = {}
        for origin, points in sorted(self._points.items()):
            if points[0].signal.rank is Rank.OPT_OUT:
                state = self._state_of(points, _SALE, at, page_host, outline=outline)
                if state is not None and Standing.DENIED in (state.standing, state.alternative):
                    found[origin] = state
        return found

    def moments(self) -> list[float]:
        """Every moment at which the state of some need can change (Unix time in seconds), in order."""
        found = {looks[-1].at for looks in self._looks.values() if looks}
        for points in self._points.values():
            for point in points:
                effective, not_before = point.signal.effective_at, point.signal.not_before
                found.add(point.at)
                if effective is not None:
                    found.update((effective - self.clock_margin, effective, effective + self.clock_margin))
                if not_before is not None:
                    found.add(not_before - self.clock_margin)
        return sorted(found)

    def hosts(self) -> set[str]:
        """Hosts on which something may hold that does not hold elsewhere."""
        return {*self._looks}.union(*self._missing_on.values())

    def on_page(self, host: str) -> Timeline:
        """The same as the pages of one host have it: what was missing on another one says nothing there."""
        kept = {origin: self._on_page(points, host) for origin, points in self._points.items()}
        return Timeline(
            clock_margin=self.clock_margin,
            _points={origin: points for origin, points in kept.items() if points},
            _looks={host: self._looks[host]} if host in self._looks else {},
            _missing_on={origin: {host} for origin, hosts in self._missing_on.items() if host in hosts},
            _spoken=self._spoken,
            opted_out_since=self.opted_out_since,
        )

    def state(
        self,
        need: Need,
        at: float,
        page_host: str | None = None,
        *,
        direct_only: bool = False,
        outline: bool = False,
    ) -> ConsentState:
        """What was in force at a moment.

        Args:
            at: Unix time in seconds.
            page_host: the host of the page that acted; a missing cookie counts only on the page's own host.
            direct_only: leave out the site's own stamps, so that they can be compared with the rest.
            outline: leave out ``earlier_grant`` and ``answered_later``, so that a long session takes no longer.
        """
        unclear: ConsentState | None = None
        unreadable: ConsentState | None = None
        foreign: ConsentState | None = None
        for origin in self.origins():
            points = self._points[origin]
            stamped = points[0].signal.rank.claimed
            if stamped and (direct_only or unclear is not None):
                continue
            state = self._state_of(points, need, at, page_host, outline=outline)
            if state is None:
                continue
            if stamped:
                return self._against_silence(state, need, at, page_host)
            if Standing.UNREADABLE in state.possible and origin in self.managers:
                unreadable = unreadable or state
            elif Standing.UNREADABLE in state.possible:
                foreign = foreign or state
            elif Standing.UNCLEAR in state.possible:
                unclear = unclear or state
            elif state.missing:
                # that nothing of one is there says little while another is in use whose record cannot be read
                return unreadable or self._unread_record(need, at, page_host) or state
            else:
                return state
        return unclear or unreadable or foreign or self._nothing(at, page_host)

    def _unread_record(self, need: Need, at: float, page_host: str | None) -> ConsentState | None:
        """The state by the record of a consent manager in use that cannot be read, if there is one."""
        for origin in self.origins():
            if origin in self.managers:
                state = self._state_of(self._points[origin], need, at, page_host)
                if state is not None and Standing.UNREADABLE in state.possible:
                    return state
        return None

    def _against_silence(self, stamped: ConsentState, need: Need, at: float, page_host: str | None) -> ConsentState:
        """A claim of the site's stamps alone stays open while a consent manager in use shows nothing; doubt is in the site's
        favour."""
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

    def _state_of(
        self, points: list[Point], need: Need, at: float, page_host: str | None, *, outline: bool = False
    ) -> ConsentState | None:
        """One origin's state, or ``None`` if it says nothing about this page at all."""
        relevant = points if page_host is None else self._on_page(points, page_host)
        if not relevant:
            return None
        index = bisect_right(relevant, at, key=_BY_TIME)
        earlier, later = relevant[:index], relevant[index:]
        before, following = earlier[-1] if earlier else None, later[0] if later else None
        standing_before = Standing.NOTHING if before is None else standing_of(before.signal, need)
        now = _now(earlier, following, need, at)
        if now is not None:
            certainty, other = now
            found = _Found(standing_before, certainty, other)
        elif following is not None:
            found = self._between(before, standing_before, following, need, at)
        elif before is None:
            return None
        else:
            seen = standing_before is not Standing.NOTHING
            found = _Found(standing_before, Certainty.SEEN_BEFORE if seen else Certainty.NOTHING_AFTER)
        after = found.mark or following
        return ConsentState(
            found.standing,
            found.certainty,
            found.alternative,
            before=None if before is None else before.signal,
            after=None if after is None else after.signal,
            after_at=None if after is None else after.at,
            earlier_grant=not outline and any(standing_of(point.signal, need) is Standing.GRANTED for point in earlier),
            answered_later=not outline and any(point.signal.answered is True for point in later),
            at_odds=now is not None and found.alternative is not None,
            lasted=found.lasted,
        )

    def _on_page(self, points: list[Point], host: str) -> list[Point]:
        """One origin's points that say something of the pages of a host."""
        elsewhere = self._missing_on.get(points[0].signal.origin, ())
        if not elsewhere or elsewhere == {host}:
            return points
        return [point for point in points if not point.signal.absent or point.signal.host == host]

    def _between(
        self, before: Point | None, standing_before: Standing, following: Point, need: Need, at: float
    ) -> _Found:
        """What was in force between two observations, of which there may be no first."""
        standing_after = standing_of(following.signal, need)
        if before is not None and before.signal.same_content(following.signal):
            return _Found(standing_after, Certainty.BRACKETED)
        if following.signal.unread is not None and before is not None and before.signal.speaks:
            return _Found(standing_before, Certainty.SEEN_BEFORE)  # what cannot be read tells of no change
        dated = self._dated(before, following, at)
        if dated is True:
            return _Found(standing_after, Certainty.DATED)
        if dated is False and before is None:
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
        mark = self._mark(-math.inf if before is None else before.at, at, need, standing_after)
        if mark is not None:
            return _Found(standing_after, Certainty.DATED, mark=mark)
        return _Found(standing_before, Certainty.OPEN_WINDOW, standing_after)

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


def _now(
    earlier: list[Point], following: Point | None, need: Need, at: float
) -> tuple[Certainty, Standing | None] | None:
    """What was observed at the very moment: how certain that makes the latest of it, and what else was said just then."""
    if not earlier or earlier[-1].at != at or not earlier[-1].signal.speaks:
        return None
    latest = earlier[-1].signal
    just_then = takewhile(lambda point: point.at == at, reversed(earlier))
    others = {standing_of(point.signal, need) for point in just_then} - {standing_of(latest, need)}
    if others:
        return Certainty.OPEN_WINDOW, others.pop() if len(others) == 1 else Standing.UNCLEAR
    repeated = following is not None and latest.same_content(following.signal)
    return None if repeated else (Certainty.OBSERVED, None)
