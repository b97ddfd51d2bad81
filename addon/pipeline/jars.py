"""The cookie jars of one browser on one site: its ordinary window, each private window, each profile of an audit.

A proxy sees one client with one user agent, and no window. What tells windows apart is what each of them keeps: a page whose
address was typed, and whose request carries no cookie at all although cookies were sent to such a page before, comes from a jar
that is new (or was emptied, which is the same to everybody who reads it). From then on a request belongs to the jar whose cookies,
identifiers or connection it shows. One that shows none is presumed to come from the window that was opened last; whether another
was alive at that moment is known only later, and is asked when the act is judged.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from addon.addresses import site_of
from addon.decode.facts import Event, Hit, Surface
from addon.exchange import Exchange, SetCookie

from .identifiers import is_identifier, tokens
from .kept_cookies import MAX_HOSTS, MAX_READ, KeptCookie, directory, tells_browser

_MAX_JARS = 100
_MAX_COOKIES = 200
_MAX_TRACES = 5000
_MAX_OPENINGS = 1000
_OF_BROWSER = ("client_id", "cookie_id", "device_id")
"""Identifiers of vendors' calls that are the browser's, not the person's."""

type Trace = tuple[str, ...]
"""What tells a jar: the identifier of a vendor or CDP, another site's cookie, a connection."""


@dataclass(slots=True)
class _Jar:
    """One jar."""

    number: int
    opened_at: float
    last: float
    """When a request last showed for certain that it is in use."""
    cookies: dict[str, KeptCookie] = field(default_factory=dict)
    """By name: those that a request carried, or that the in-page probe saw."""
    written: dict[str, tuple[SetCookie, float]] = field(default_factory=dict)
    """Those that a response set, whether or not the browser kept them, each with the time when it expires."""
    pages: dict[str, str] = field(default_factory=dict)
    """Host -> path of its latest page."""
    kinds: set[Trace] = field(default_factory=set)
    """Of which kinds it has an identifier."""
    settled: dict[str, list[bytes]] = field(default_factory=dict)
    """Host -> the cookie fields that were last learned from a request to it, if nothing more is to be learned from them."""

    def cookie(self, name: str) -> KeptCookie | None:
        """What is kept of a cookie; ``None`` if there are too many."""
        if name not in self.cookies and len(self.cookies) < _MAX_COOKIES:
            rules, until = self.written.get(name, (None, math.inf))
            self.cookies[name] = KeptCookie(rules=rules, until=until)
        return self.cookies.get(name)

    def expects(self, exchange: Exchange) -> bool:
        return any(cookie.covers(exchange) for cookie in self.cookies.values())

    def resemblance(self, pairs: list[tuple[str, str]], *, missing: Iterable[str]) -> tuple[int, int] | None:
        """How much the cookies of a request look like this jar's: identifiers that are the same, then what else is, less what
        is not. ``None`` if an identifier is another, and none is the same."""
        same, alike, foreign = 0, 0, False
        for name, value in pairs:
            known = self.cookies.get(name)
            if known is None or not known.values:
                continue
            if hash(value) in known.values:
                same += known.values[hash(value)]
                alike += 1
            else:
                foreign = foreign or any(known.values.values())
                alike -= 1
        for name in missing:
            foreign = foreign or any(self.cookies[name].values.values())
            alike -= 1
        return None if foreign and not same else (same, alike)


@dataclass(frozen=True, slots=True)
class Placed:
    """Which jar an exchange belongs to."""

    jar: int
    presumed: bool = False
    """Whether nothing in it shows the jar, so that it is the one of the window that was opened last."""
    since: float | None = None
    """When the jar had last shown for certain that it is in use, if there are others: what these are presumed to have done since
    then may have been its doing."""


@dataclass(slots=True)
class Jars:
    """The jars of one client with one user agent on one site, in the order in which they were begun."""

    site: str
    _jars: list[_Jar] = field(default_factory=list)
    _openings: list[tuple[float, int]] = field(default_factory=list)
    """When a page was opened, and of which jar."""
    _traces: OrderedDict[Trace, int | None] = field(default_factory=OrderedDict)
    """What tells a jar -> its number; ``None`` for what several have shown."""

    def place(self, exchange: Exchange, shown: Iterable[Trace], *, document: bool, bare: bool, whole: bool) -> Placed:
        """Which jar an exchange belongs to; learns what it shows of that.

        Args:
            shown: the identifiers in it.
            document: whether it is a page in the address bar.
            bare: whether no other page led to it, and it carries no cookie.
            whole: whether a cookie that the jar has for it would be in it.
        """
        at = exchange.started_at
        if not self._jars:
            self._begin(at)
        traces = list(shown)
        if exchange.unsent is not None:
            return Placed(self._latest(at).number, presumed=len(self._jars) > 1)
        own = site_of(exchange.host) == self.site
        jar: _Jar | None
        if bare and all(jar.expects(exchange) for jar in self._jars) and len(self._jars) < _MAX_JARS:
            jar = self._begin(at)
        elif len(self._jars) == 1:
            jar = self._jars[0]
        else:
            jar = (self._by_cookies(exchange, whole=whole) if own else None) or self._by_traces(exchange, traces)
        found = jar or self._latest(at)
        before = found.last
        if jar is not None:
            self._learn(jar, exchange, traces, own=own, whole=whole)
        if document:
            self._open(exchange, found)
        return Placed(found.number, presumed=jar is None, since=before if jar is not None and self._jars[1:] else None)

    def confirm(self, number: int, exchange: Exchange) -> None:
        """Notes that an exchange is certainly of a jar."""
        self._learn(self._jars[number - 1], exchange, [], own=True, whole=False)

    def hold(self, number: int, name: str, value: str | None, exchange: Exchange, path: str) -> None:
        """Notes that the in-page probe saw a cookie in a jar, or saw it go (``value`` is ``None``).

        Args:
            exchange: the report.
            path: of the page.
        """
        jar = self._jars[number - 1]
        if value is None:
            jar.cookies.pop(name, None)
        elif (cookie := jar.cookie(name)) is not None:
            cookie.sent_to.setdefault(exchange.host, directory(path))
            cookie.insecure = cookie.insecure or exchange.scheme == "http"
            cookie.hold(value)

    def others(self, number: int) -> list[int]:
        return [jar.number for jar in self._jars if jar.number != number]

    def beside(self, number: int, at: float) -> list[int]:
        """The other jars that were in use at a moment: opened before it, and certainly seen after it."""
        return [jar.number for jar in self._jars if jar.number != number and jar.opened_at <= at <= jar.last]

    def contested(self, number: int) -> bool:
        """Whether another jar was seen in use since the latest page of this one was opened."""
        opened = max((at for at, whose in self._openings if whose == number), default=math.inf)
        return any(jar.last > opened for jar in self._jars if jar.number != number)

    def _begin(self, at: float) -> _Jar:
        jar = _Jar(len(self._jars) + 1, at, at)
        self._jars.append(jar)
        return jar

    def _open(self, exchange: Exchange, jar: _Jar) -> None:
        at = exchange.started_at
        if exchange.host in jar.pages or len(jar.pages) < MAX_HOSTS:
            jar.pages[exchange.host] = exchange.path
        self._openings.insert(bisect_right(self._openings, (at, jar.number)), (at, jar.number))
        del self._openings[: max(len(self._openings) - _MAX_OPENINGS, 0)]

    def _latest(self, at: float) -> _Jar:
        """The jar of the page that was opened last before a moment."""
        index = bisect_right(self._openings, (at, _MAX_JARS))
        return self._jars[self._openings[index - 1][1] - 1] if index else self._jars[-1]

    def _by_cookies(self, exchange: Exchange, *, whole: bool) -> _Jar | None:
        """The jar that alone can have sent the cookies of a request to the site, or sent none."""
        pairs = exchange.cookies()[:_MAX_COOKIES]
        if not pairs and not whole:
            return None
        names = {name for name, _ in pairs}
        held = [trace for _, value in pairs for trace in self._held(value)]
        if len(set(held)) == 1:
            return self._jars[held[0] - 1]
        alike: list[tuple[tuple[int, int], _Jar]] = []
        for jar in self._jars:
            missing = [
                name for name, cookie in jar.cookies.items() if whole and name not in names and cookie.covers(exchange)
            ]
            resemblance = jar.resemblance(pairs, missing=missing)
            if resemblance is not None and (pairs or not missing):
                alike.append((resemblance, jar))
        best = max((resemblance for resemblance, _ in alike), default=None)
        nearest = [jar for resemblance, jar in alike if resemblance == best]
        return nearest[0] if len(nearest) == 1 else None

    def _held(self, value: str) -> Iterator[int]:
        """The jars of the identifiers that a cookie's value holds: a script keeps what its messages carry."""
        for token in tokens(value[:MAX_READ]):
            jar = self._traces.get(("id", token))
            if jar is not None:
                yield jar

    def _by_traces(self, exchange: Exchange, traces: list[Trace]) -> _Jar | None:
        known = [
            jar for trace in _all_traces(exchange, traces, self.site) if (jar := self._traces.get(trace)) is not None
        ]
        if known:
            return self._jars[known[0] - 1]
        latest = self._latest(exchange.started_at)
        for kind, _ in map(_kind_and_value, traces):
            # every other window has an identifier of this kind, and this is none of them: the window is the new one
            if kind not in latest.kinds and all(kind in jar.kinds for jar in self._jars if jar is not latest):
                return latest
        return None

    def _learn(self, jar: _Jar, exchange: Exchange, traces: list[Trace], *, own: bool, whole: bool) -> None:
        jar.last = max(jar.last, exchange.started_at)
        if own:
            self._learn_cookies(jar, exchange, whole=whole)
        for trace in _all_traces(exchange, traces, self.site):
            if trace not in self._traces:
                self._traces[trace] = jar.number
            elif self._traces[trace] != jar.number:
                self._traces[trace] = None
            if len(self._traces) > _MAX_TRACES:
                self._traces.popitem(last=False)
        jar.kinds.update(kind for kind, _ in map(_kind_and_value, traces))

    @staticmethod
    def _learn_cookies(jar: _Jar, exchange: Exchange, *, whole: bool) -> None:
        fields, host = exchange.request_headers.raw_values("cookie"), exchange.host
        changes = "set-cookie" in exchange.response_headers or "clear-site-data" in exchange.response_headers
        if fields and not changes and jar.settled.get(host) == fields:
            return
        pairs = dict(exchange.cookies())
        if pairs or whole:
            gone = [name for name, one in jar.cookies.items() if name not in pairs and one.covers(exchange)]
            for name in gone:
                del jar.cookies[name]
        for name, value in pairs.items():
            kept = jar.cookie(name)
            if kept is not None:
                kept.carried_by(exchange, value, jar.pages.get(host))
        jar.settled.pop(host, None)
        settled = all(jar.cookies[name].sent_to.get(host) == "/" for name in pairs if name in jar.cookies)
        if settled and len(jar.settled) < MAX_HOSTS:
            jar.settled[host] = fields
        if changes:
            _answer(jar, exchange)


def _answer(jar: _Jar, exchange: Exchange) -> None:
    """Learns what a response set, deleted and cleared."""
    cleared = exchange.response_headers.get("clear-site-data")
    if cleared is not None and ('"cookies"' in cleared or '"*"' in cleared):
        jar.cookies.clear()
    jar.settled.pop(exchange.host, None)
    arrived = exchange.started_at if exchange.response_at is None else exchange.response_at
    for cookie in exchange.set_cookies():
        if cookie.deletes:
            jar.cookies.pop(cookie.name, None)
            jar.written.pop(cookie.name, None)
        elif cookie.name in jar.written or len(jar.written) < _MAX_COOKIES:
            until = math.inf if cookie.lasts is None else arrived + cookie.lasts
            jar.written[cookie.name] = cookie, until
            known = jar.cookies.get(cookie.name)
            if known is not None:
                known.rules, known.until = cookie, until
                known.hold(cookie.value)


def identifiers(events: Iterable[Event], hits: Iterable[Hit]) -> Iterator[Trace]:
    """What messages and vendors' calls know the browser by."""
    for event in events:
        value = event.anonymous_id
        if value is not None and event.surface is not Surface.SERVER and not event.anonymous and is_identifier(value):
            yield "id", value, event.cdp
    for hit in hits:
        for name in _OF_BROWSER:
            value = hit.identifiers.get(name)
            if value is not None and is_identifier(value):
                yield "id", value, f"{hit.vendor} {name}"


def _kind_and_value(trace: Trace) -> tuple[Trace, str]:
    return trace[2:], trace[1]


def _all_traces(exchange: Exchange, identified: Iterable[Trace], site: str) -> Iterator[Trace]:
    """What tells the jar of an exchange, the surest first."""
    for trace in identified:
        yield trace[:2]
    host_site = site_of(exchange.host)
    if host_site != site:
        for name, value in exchange.cookies()[:40]:
            if tells_browser(value[:MAX_READ]):
                yield "cookie", host_site, name, str(hash(value))
    if exchange.connection is not None:
        yield "connection", exchange.connection
