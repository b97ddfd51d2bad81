"""A session's signals put in order: what consent was in force when, and how certain that is.

For each origin (a consent manager, a TC string, the stamps) the timeline keeps observation points: at this time, this
host showed this signal. Runs of equal points keep only their ends, so that a long session stays small.
"""

from __future__ import annotations

import math
from bisect import bisect_right, insort
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from addon.consent.signal import Rank, Signal
from vendor_catalog import Category

from .hosts import HostRecords
from .origin import origin_state
from .points import BY_TIME, MAX_POINTS, Look, Point, insert, insert_look, repeat
from .rivals import Rivals, says_something
from .state import Certainty, ConsentState, Need, Standing

TESTER_ORIGIN = "tester"
"""The origin of a tester's mark."""
_SALE = Need((Category.MARKETING,))
"""What an opt-out string refuses: sale, sharing and targeted advertising."""
_MAX_HOSTS = 1000
_MAX_ANSWERED = 500
_MAX_PARTS = 20
_CLAIMS = (Standing.GRANTED, Standing.UNCLEAR, Standing.DENIED)


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
    _records: HostRecords = field(default_factory=HostRecords)
    """What each host showed."""
    _openings: list[float] = field(default_factory=list)
    """When a page was opened that may be another window's, in order; the first ``MAX_POINTS`` of them."""
    managers: set[str] = field(default_factory=set)
    """Consent managers that are in use: what they keep counts before what merely has a consent manager's name."""
    rivals: Rivals = field(default_factory=Rivals)
    """Which of several consent managers counts."""
    opted_out_since: float | None = None
    """When an opt-out preference signal (``Sec-GPC: 1``) was first seen."""
    _answered: dict[tuple[object, ...], ConsentState] = field(default_factory=dict)
    """States that were looked up since the last observation: the messages of a batch, their destinations and the rules ask for the
    same one again and again."""

    def observe(self, signal: Signal, at: float, host: str | None = None) -> Signal:
        """Adds an observation. Returns the signal that now stands for it: an equal one seen just before or just after it,
        or, if it brought something new, the given one.

        Args:
            host: where it was made, if the signal stands for an equal one of another host.
        """
        self._answered.clear()
        points = self._points.setdefault(signal.origin, [])
        if signal.origin not in self._spoken:
            self._ranked = None
            if signal.speaks:
                self._spoken.add(signal.origin)
        if signal.rank is Rank.MANAGER and says_something(signal):
            self.rivals.answering.add(signal.origin)
        if signal.absent:
            self._missing_on.setdefault(signal.origin, set()).add(signal.host)
        host, signal = host or signal.host, self.standing_for(signal, at) or signal
        self._records.observe(signal, host, at, points)
        insert(points, signal, at)
        return signal

    def opened(self, at: float) -> None:
        """Notes that a page was opened to which no other led, and without any cookie: it may be another window's."""
        self._answered.clear()
        if len(self._openings) < MAX_POINTS:
            insort(self._openings, at)

    def set_for(self, signal: Signal, domain: str | None) -> None:
        """Notes for which domain a response set a record; ``None`` for its own host alone."""
        self._answered.clear()
        self._records.set_for(signal, domain)

    def standing_for(self, signal: Signal, at: float) -> Signal | None:
        """The signal that says the same just before or just after a moment; ``None`` if it is news there."""
        points = self._points.get(signal.origin, ())
        index = bisect_right(points, at, key=BY_TIME)
        neighbours = (points[near].signal for near in (index - 1, index) if 0 <= near < len(points))
        return next((neighbour for neighbour in neighbours if neighbour.same_content(signal)), None)

    def repeats(self, signal: Signal, at: float, host: str) -> bool:
        """Adds another observation of the latest signal of its origin, if it is that: the quick way, because a cookie
        travels on every request of a host. Says whether it was."""
        points = self._points.get(signal.origin)
        if not points or points[-1].signal is not signal or at < points[-1].at:
            return False
        self._answered.clear()
        self._records.observe(signal, host, at, points)
        return repeat(points, signal, at)

    def look(self, host: str, at: float, present: frozenset[str], exchange: str) -> None:
        """Adds a first-party request in which every cookie was visible."""
        if host not in self._looks and len(self._looks) >= _MAX_HOSTS:
            return  # nothing is then said of what was missing there, and nobody is accused by it
        self._answered.clear()
        looks = self._looks.setdefault(host, [])
        if len(self._looks) > 1:
            late = bool(looks) and at < looks[-1].at
            self._records.looked(host, change=late or not looks or looks[-1].present != present)
        insert_look(looks, Look(at, present, exchange))

    def use(self, manager: str, *, hidden: bool = False) -> None:
        """Notes that a consent manager is in use, by its id; ``hidden`` if its script has no address by which it could be seen."""
        self._answered.clear()
        self.managers.add(manager)
        if hidden:
            self.rivals.hidden.add(manager)

    def run(self, manager: str) -> bool:
        """Notes that a consent manager's script runs. Whether that changes what may have been in force."""
        if manager in self.rivals.running:
            return False
        self._answered.clear()
        self.rivals.running.add(manager)
        return self.rivals.contested

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

    def order(self, at: float) -> tuple[Sequence[str], Sequence[str]]:
        """The origins by trust at a moment, without the consent managers that others supersede; and those of them that may decide,
        where it is not known which."""
        return self.rivals.order(self.origins(), self._points, at, self.clock_margin)

    def _rank_of(self, origin: str) -> Rank:
        return self._points[origin][0].signal.rank

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
        found = {*self._openings, *(looks[-1].at for looks in self._looks.values() if looks)}
        for points in self._points.values():
            for point in points:
                effective, not_before = point.signal.effective_at, point.signal.not_before
                found.add(point.at)
                if effective is not None:
                    found.update((effective - self.clock_margin, effective, effective + self.clock_margin))
                if not_before is not None:
                    found.add(not_before - self.clock_margin)
        return sorted(found)

    def parts(self) -> list[tuple[frozenset[str], Timeline]]:
        """The timeline once for each group of hosts that keep records of their own, each with its hosts; a single one, of no host in
        particular, if all share theirs."""
        groups: list[tuple[set[str], Timeline]] = []
        for host in sorted(self.hosts())[:_MAX_PARTS]:
            apart = [self._records.apart(origin, host, self._looks) for origin in self._records.origins()]
            for hosts, _ in groups:
                if not any(hosts & each for each in apart):
                    hosts.add(host)
                    break
            else:
                groups.append(({host}, self.on_page(host)))
        if len(groups) < 2:
            return [(frozenset(), self)]
        return [(frozenset(hosts), timeline) for hosts, timeline in groups]

    def hosts(self) -> set[str]:
        """Hosts on which something may hold that does not hold elsewhere."""
        return {*self._looks}.union(*self._missing_on.values())

    def on_page(self, host: str) -> Timeline:
        """The same as the pages of one host have it: what was missing on another one, or is kept for another one, says nothing there."""
        kept = {origin: self._on_page(points, host) for origin, points in self._points.items()}
        return Timeline(
            clock_margin=self.clock_margin,
            _points={origin: points for origin, points in kept.items() if points},
            _looks={host: self._looks[host]} if host in self._looks else {},
            _missing_on={origin: {host} for origin, hosts in self._missing_on.items() if host in hosts},
            _spoken=self._spoken,
            managers=self.managers,
            rivals=self.rivals.among(kept),
            _openings=self._openings,
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
            outline: do without ``earlier_grant`` and ``answered_later``, so that a long session takes no longer.
        """
        query = need, at, page_host, direct_only, outline
        known = self._answered.get(query)
        if known is None and outline:
            known = self._answered.get((*query[:-1], False))
        if known is None:
            if len(self._answered) >= _MAX_ANSWERED:
                self._answered.clear()
            known = self._answered[query] = self._state(need, at, page_host, direct_only=direct_only, outline=outline)
        return known

    def _state(self, need: Need, at: float, page_host: str | None, *, direct_only: bool, outline: bool) -> ConsentState:
        """As :meth:`state`."""
        unclear: ConsentState | None = None
        unreadable: ConsentState | None = None
        foreign: ConsentState | None = None
        ordered, undecided = self.order(at)
        for origin in ordered:
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
                return self._against_rivals(origin, undecided, state, need, at, page_host)
        return unclear or unreadable or foreign or self._nothing(at, page_host)

    def _unread_record(self, need: Need, at: float, page_host: str | None) -> ConsentState | None:
        """The state by the record of a consent manager in use that cannot be read, if there is one."""
        for origin in self.origins():
            if origin in self.managers:
                state = self._state_of(self._points[origin], need, at, page_host)
                if state is not None and Standing.UNREADABLE in state.possible:
                    return state
        return None

    def _against_rivals(
        self, origin: str, undecided: Sequence[str], state: ConsentState, need: Need, at: float, page_host: str | None
    ) -> ConsentState:
        """A state by one consent manager's record stays open while another one's, of which it is not known which decides, says
        otherwise; so it does while one whose script runs shows that nobody answered it."""
        if self._rank_of(origin) is not Rank.MANAGER:
            return state
        waiting = () if origin in self.rivals.running else self.rivals.running
        for other in (*undecided, *sorted(waiting)):
            if other == origin or other not in self._points:
                continue
            rival = self._state_of(self._points[other], need, at, page_host)
            if rival is None or (other not in undecided and rival.standing is not Standing.UNANSWERED):
                continue
            shown = rival.decisive
            differs = rival.standing is not state.standing and rival.standing not in (
                Standing.NOTHING,
                Standing.UNREADABLE,
            )
            if differs and shown is not None:
                return replace(state, certainty=Certainty.DISPUTED, alternative=rival.standing, rival=shown)
        return state

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
        marks = self._points.get(TESTER_ORIGIN, ())
        until = self._next_opening(at)
        return origin_state(relevant, need, at, self.clock_margin, marks, until=until, outline=outline)

    def _next_opening(self, at: float) -> float:
        """The next moment at which a page was opened that may be another window's; the moment itself if that was not remembered."""
        index = bisect_right(self._openings, at)
        if index < len(self._openings):
            return self._openings[index]
        return math.inf if len(self._openings) < MAX_POINTS else at

    def _on_page(self, points: list[Point], host: str) -> list[Point]:
        """One origin's points that say something of the pages of a host."""
        points = self._records.of_page(points, host, self._looks)
        if not points:
            return points
        elsewhere = self._missing_on.get(points[0].signal.origin, ())
        if not elsewhere or elsewhere == {host}:
            return points
        return [point for point in points if not point.signal.absent or point.signal.host == host]
