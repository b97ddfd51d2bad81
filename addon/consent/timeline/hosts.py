"""Which hosts of a site a record binds: those whose own requests carry it.

A cookie without a ``Domain`` attribute goes back to the host that set it and to no other (RFC 6265, 5.3 and 5.4). Who sets it says so in
``Set-Cookie``; of one that a script wrote, only the requests tell. Two hosts keep records of their own if one's requests lacked the
record at a time at which the other's carried it, or if each goes on to show a value of its own. Where nothing tells, a record binds the
whole site, as the cookies of most consent managers do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from heapq import merge
from itertools import islice

from addon.consent.signal import Rank, Signal

from .points import BY_TIME, Look, Point, insert, repeat

_MAX_COMPARED = 200
"""The latest observations of two hosts that are compared."""
_MAX_HOSTS = 50
_MAX_SET = 1000
_BOUND = (Rank.MANAGER, Rank.STANDARD, Rank.OPT_OUT)
"""Records. What a site says in its messages, and what a tester says, is not kept anywhere."""

type _Content = tuple[str | None, bool | None, float | None, float | None]


@dataclass(slots=True)
class HostRecords:
    """What each host of a site showed of each origin."""

    _first: dict[str, str] = field(default_factory=dict)
    """Origin -> the host that first showed anything of it."""
    _points: dict[str, dict[str, list[Point]]] = field(default_factory=dict)
    """Origin -> host -> what that showed; kept from the moment at which a second host shows anything."""
    _domains: dict[tuple[str, str, str | None], str | None] = field(default_factory=dict)
    """Origin, host and value -> for which domain a response of the host set it; ``None`` for that host alone."""
    _known: dict[tuple[str, str], tuple[int, frozenset[str]]] = field(default_factory=dict)
    _version: int = 0
    """Grows with whatever may change which hosts share their records."""
    _changes: int = 0
    """How often a host's requests came to carry other records than its latest ones."""
    _looked: dict[str, int] = field(default_factory=dict)
    """Host -> how many such changes there were when it was last looked at."""

    def observe(self, signal: Signal, host: str, at: float, before: Sequence[Point]) -> None:
        """Adds an observation.

        Args:
            host: whose request or page showed it; ``signal`` may stand for an equal one of another host.
            before: what was observed of its origin until then.
        """
        if signal.rank not in _BOUND:
            return
        origin = signal.origin
        if self._first.setdefault(origin, host) != host and origin not in self._points:
            first = [Point(point.at, point.signal, list(point.between)) for point in before]
            self._points[origin] = {self._first[origin]: first}
        hosts = self._points.get(origin)
        if hosts is None or (host not in hosts and len(hosts) >= _MAX_HOSTS):
            return
        shown = hosts.setdefault(host, [])
        if not repeat(shown, signal, at):
            insert(shown, signal, at)
            self._version += 1

    def set_for(self, signal: Signal, domain: str | None) -> None:
        """Notes for which domain a response set a record; ``None`` for its host alone."""
        if len(self._domains) < _MAX_SET:
            self._domains[signal.origin, signal.host, signal.raw] = domain

    def looked(self, host: str, *, change: bool) -> None:
        """Notes that a host's request showed which records it carries; ``change`` if it is not what the host's latest one did. One that
        shows the same says something new only where another host's changed since."""
        self._changes += change
        if self._looked.get(host) != self._changes:
            self._looked[host] = self._changes
            self._version += 1

    def of_page(self, points: list[Point], host: str, looks: dict[str, list[Look]]) -> list[Point]:
        """One origin's observations that say something of the pages of a host."""
        origin = points[0].signal.origin
        first = self._first.get(origin)
        if first is None or (first == host and origin not in self._points):
            return points
        apart = self.apart(origin, host, looks)
        kept = points
        if apart:
            hosts = self._points.get(origin, {})
            kept = list(merge(*(each for other, each in hosts.items() if other not in apart), key=BY_TIME))
        return self._set_for_page(kept, origin, host) if self._domains else kept

    def origins(self) -> list[str]:
        """Origins of which a host showed a record."""
        return list(self._first)

    def apart(self, origin: str, host: str, looks: dict[str, list[Look]]) -> frozenset[str]:
        """The hosts whose record of an origin is not that of a host."""
        known = self._known.get((origin, host))
        if known is None or known[0] != self._version:
            hosts = self._points.get(origin) or {self._first[origin]: []}
            others = islice((other for other in hosts if other != host), _MAX_HOSTS)
            found = frozenset(other for other in others if self._are_apart(origin, host, other, looks))
            known = self._known[origin, host] = self._version, found
            if len(self._known) > _MAX_SET:
                self._known.clear()
        return known[1]

    def _are_apart(self, origin: str, one: str, other: str, looks: dict[str, list[Look]]) -> bool:
        mine, theirs = looks.get(one, ()), looks.get(other, ())
        if mine and theirs and (_lacked(theirs, mine, origin) or _lacked(mine, theirs, origin)):
            return True
        hosts = self._points.get(origin, {})
        return one in hosts and other in hosts and _alternate(hosts[one], hosts[other])

    def _set_for_page(self, points: list[Point], origin: str, host: str) -> list[Point]:
        """Without what a response set for other hosts alone, unless the host shows the same itself."""
        own = {point.signal.raw for point in self._points.get(origin, {}).get(host, ())}
        return [point for point in points if point.signal.raw in own or self._reaches(point.signal, host)]

    def _reaches(self, signal: Signal, host: str) -> bool:
        key = signal.origin, signal.host, signal.raw
        if signal.absent or signal.host == host or key not in self._domains:
            return True
        domain = self._domains[key]
        return domain is not None and (host == domain or host.endswith(f".{domain}"))


def _lacked(carrying: Sequence[Look], lacking: Sequence[Look], origin: str) -> bool:
    """Whether the second host's requests lacked a record that the first one's carried then. If the first one's lack it next, it was
    deleted, maybe before; if the second one's carried it before, it may have been deleted there, for both."""
    carried = lacked = False
    ours = ((look, True) for look in carrying[-_MAX_COMPARED:])
    theirs = ((look, False) for look in lacking[-_MAX_COMPARED:])
    for look, first in merge(ours, theirs, key=_time):
        present = origin in look.present
        if first and not present:
            carried = lacked = False
        elif first and lacked:
            return True
        elif first:
            carried = True
        elif present:
            return lacked
        else:
            lacked = lacked or carried
    return lacked


def _time(seen: tuple[Look, bool]) -> float:
    return seen[0].at


def _alternate(one: Sequence[Point], other: Sequence[Point]) -> bool:
    """Whether each of two hosts goes on to show its own answer while the other shows another. One that is not dated can be given
    again, and has to come back twice."""
    latest: dict[bool, _Content] = {}
    between: dict[bool, bool] = {True: False, False: False}
    returns = 0
    for content, first in _answers(one[-_MAX_COMPARED:], other[-_MAX_COMPARED:]):
        if latest.get(first) == content and between[first]:
            returns += 1
            if returns > 1 or content[2] is not None or content[3] is not None:
                return True
        latest[first], between[first] = content, False
        if latest.get(not first) not in (None, content):
            between[not first] = True
    return False


def _answers(one: Iterable[Point], other: Iterable[Point]) -> Iterator[tuple[_Content, bool]]:
    """What two hosts showed that could be read, in order of time, and whether it was the first of them."""
    # with those between equal ones, which another host's may stand in the midst of
    ours = ((at, point.signal, True) for point in one for at in (*point.between, point.at))
    theirs = ((at, point.signal, False) for point in other for at in (*point.between, point.at))
    for _, signal, first in merge(ours, theirs, key=_moment):
        if signal.speaks:
            yield (signal.raw, signal.answered, signal.effective_at, signal.not_before), first


def _moment(shown: tuple[float, Signal, bool]) -> float:
    return shown[0]
