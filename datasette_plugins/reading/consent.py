"""A session's stored signals -> the timeline that the engine judged by.

The table ``signals`` holds each observation that was news; what was seen again and again is not stored. The timeline
needs the last sighting before each change too, because an undated change is undecided only between the two. Those are
found again in the exchanges and events that lie between. What a signal says of single vendors and of the manager's own
categories is not stored either, and is read again from its raw evidence.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote

from addon.addresses import is_this_machine
from addon.consent.missing import rank_of
from addon.consent.parameters import parameters_of, us_privacy
from addon.consent.reader import STAMP_ORIGIN, cookie_reader
from addon.consent.signal import MalformedSignal, NotThisFormat, Rank, Resolver, Signal, Unread
from addon.consent.timeline import TESTER_ORIGIN, ConsentState, Need, Timeline
from addon.exchange import Body, Exchange, Headers
from addon.pipeline.observations import REPORTS
from addon.pipeline.sessions import is_page, shows_every_cookie
from vendor_catalog import Category, shipped_catalogue

from .query import Connection, document, iso, seconds
from .records import Session, SignalRow, signals

MAX_SIGNALS = 300
"""Signals of a session that are drawn and asked; a site that flips its consent all the time has more."""
MAX_PAGES = 500
_LOOKED_THROUGH = 400
"""Requests to one host among which the last sighting of a signal is looked for."""
_DEVICE_MARGIN = 2.0
"""Seconds by which another machine's clock may differ, as the pipeline allows."""


@dataclass(frozen=True, slots=True)
class PageLoad:
    """A page in the address bar."""

    at: float
    exchange: str
    scheme: str
    host: str
    path: str
    opted_out: bool
    """Whether it carried ``Sec-GPC: 1``."""

    @property
    def address(self) -> str:
        return f"{self.scheme}://{self.host}{self.path}"


@dataclass(slots=True)
class Consent:
    """What is known of a session's consent."""

    timeline: Timeline
    rows: list[SignalRow]
    pages: list[PageLoad]
    moments: list[float] = field(default_factory=list)
    """When the state may change (Unix time in seconds): observations, and the times that signals name."""
    complete: bool = True
    """Whether every signal is in it."""

    def state(self, need: Need, at: float, *, direct_only: bool = False) -> ConsentState:
        """What was in force at a moment, on the page that was open then."""
        return self.timeline.state(need, at, self.page_host(at), direct_only=direct_only)

    def opt_outs(self, need: Need, at: float) -> list[str]:
        """Who says that sale and sharing were refused at a moment, if that is what the act needs consent for."""
        if need.category is not Category.MARKETING:
            return []
        return list(self.timeline.opt_outs(at, self.page_host(at)))

    def page_host(self, at: float) -> str | None:
        index = bisect_right(self.pages, at, key=lambda page: page.at)
        return self.pages[index - 1].host if index else None

    def choices(self) -> list[tuple[float, SignalRow]]:
        """Answers that say themselves when they were given, each once, in order."""
        found: dict[float, SignalRow] = {}
        for row in self.rows:
            at = seconds(row.effective_at)
            if at is not None and row.effective_precision == "exact" and row.answered:
                found.setdefault(at, row)
        return sorted(found.items())


def read_consent(connection: Connection, session: Session) -> Consent:
    """The consent of a session."""
    rows = signals(connection, session.id, MAX_SIGNALS + 1)
    pages = page_loads(connection, session.id)
    timeline = Timeline(clock_margin=_margin(session))
    consent = Consent(timeline, rows[:MAX_SIGNALS], pages, complete=len(rows) <= MAX_SIGNALS)
    opted_out = next((page.at for page in pages if page.opted_out), None)
    timeline.opted_out_since = opted_out
    timeline.managers.update(row.source for row in consent.rows if row.unread)
    for page in pages if session.cookies_visible else ():
        timeline.look(page.host, page.at, frozenset(), page.exchange)
    built = {row.id: _signal(row) for row in consent.rows}
    moments: set[float] = set()
    for row, at in _sightings(connection, session.id, consent.rows):
        timeline.observe(built[row.id], at)
        moments.add(at)
        effective = seconds(row.effective_at)
        if effective is not None:
            moments.update((effective - timeline.clock_margin, effective, effective + timeline.clock_margin))
    consent.moments = sorted(moments)
    return consent


def _margin(session: Session) -> float:
    return 0.0 if session.capture_kind == "har" or is_this_machine(session.client or "") else _DEVICE_MARGIN


def _rank(row: SignalRow) -> Rank:
    if row.stamp:
        return Rank.STAMP
    if row.source == TESTER_ORIGIN:
        return Rank.TESTER
    manager = shipped_catalogue().consent_managers.get(row.source)
    return Rank.MANAGER if manager is None else rank_of(manager)


def _signal(row: SignalRow) -> Signal:
    at = seconds(row.effective_at)
    exact = row.effective_precision == "exact"
    stored = {
        Category.NECESSARY: True,
        Category.FUNCTIONAL: row.functional,
        Category.ANALYTICS: row.analytics,
        Category.MARKETING: row.marketing,
    }
    spoken = _spoken(row)
    return Signal(
        origin=row.source,
        carrier=row.carrier or "",
        rank=_rank(row),
        host=row.host,
        raw=row.raw,
        answered=row.answered,
        values={} if row.absent else stored,
        keys={} if spoken is None else spoken.keys,
        vendors={} if spoken is None else spoken.vendors,
        effective_at=at if exact else None,
        not_before=None if exact else at,
        absent=row.absent,
        unread=Unread.UNKNOWN_FORMAT if row.unread else None,
        id=row.id,
    )


def _spoken(row: SignalRow) -> Signal | None:
    """What a signal's evidence says in its own words: categories by the manager's names, single vendors."""
    if row.raw is None:
        return None
    catalogue = shipped_catalogue()
    if row.stamp:
        preferences = document(row.raw)
        keys = preferences if isinstance(preferences, dict) else {}
        return Signal(STAMP_ORIGIN, "stamp", Rank.STAMP, "", row.raw, None, {}, keys, {})
    kind, _, name = (row.carrier or "").partition(" ")
    written = catalogue.consent_managers.get(row.source)
    # a string in a call's parameter is the one that a cookie keeps
    kept = [(written, written.cookies[0])] if kind == "parameter" and written is not None and written.cookies else []
    for manager, fact in kept or catalogue.consent_cookies(name):
        if manager.id != row.source:
            continue
        for value in (row.raw, quote(row.raw)):
            try:
                answer = cookie_reader(manager, fact)(name, {name: value})
            except (NotThisFormat, MalformedSignal, ValueError, LookupError):
                continue
            return Resolver(catalogue, {}).signal(answer, manager, carrier=row.carrier or "", host=row.host)
    return None


def _sightings(connection: Connection, session_id: str, rows: list[SignalRow]) -> Iterator[tuple[SignalRow, float]]:
    """Each signal's first sighting, and its last one before the next of the same source."""
    by_source: dict[str, list[SignalRow]] = {}
    for row in rows:
        by_source.setdefault(row.source, []).append(row)
    for listed in by_source.values():
        untils: list[str | None] = [following.observed_at for following in listed[1:]]
        for row, until in zip(listed, [*untils, None], strict=True):
            first = seconds(row.observed_at)
            if first is None:
                continue
            yield row, first
            last = _last_sighting(connection, session_id, row, until)
            if last is not None and last > first:
                yield row, last


_STAMPED = """
SELECT received_at FROM events
WHERE session_id = :session AND received_at >= :since AND received_at < :until AND stamped = 'preferences'
ORDER BY received_at DESC LIMIT 1
"""
_REQUESTS = """
SELECT started_at, method, scheme, host, path, request_headers FROM exchanges
WHERE session_id = :session AND started_at >= :since AND started_at < :until AND host = :host
ORDER BY started_at DESC LIMIT :limit
"""
_REPORTED = """
SELECT started_at FROM exchanges
WHERE session_id = :session AND started_at >= :since AND started_at < :until AND path = :path
ORDER BY started_at DESC LIMIT 1
"""
_CALLS = """
SELECT started_at, method, scheme, host, path, request_headers, query, request_body FROM exchanges
WHERE session_id = :session AND started_at >= :since AND started_at < :until AND vendor IS NOT NULL
ORDER BY started_at DESC LIMIT :limit
"""
_END_OF_TIME = "9999"


def _last_sighting(connection: Connection, session_id: str, row: SignalRow, until: str | None) -> float | None:
    """When a signal was seen last before something else was. Whatever its source said in between was the same, or it
    would have been news."""
    span: dict[str, object] = {"session": session_id, "since": row.observed_at, "until": until or _END_OF_TIME}
    if row.stamp:
        found = connection.execute(_STAMPED, span).fetchone()
        return None if found is None else seconds(found[0])
    kind, _, name = (row.carrier or "").partition(" ")
    if kind == "probe":
        found = connection.execute(_REPORTED, {**span, "path": REPORTS}).fetchone()
        return None if found is None else seconds(found[0])
    if kind == "parameter":
        return _last_parameter(connection, span, name)
    if kind not in ("cookie", "set-cookie") and not row.absent:
        return None
    for at, *parts in connection.execute(_REQUESTS, {**span, "host": row.host, "limit": _LOOKED_THROUGH}):
        exchange = rebuilt(0.0, *parts)
        if row.absent:
            document_load = is_page(exchange)
            seen = shows_every_cookie(exchange, row.host, document=document_load)
        else:
            seen = any(cookie == name for cookie, _ in exchange.cookies())
        if seen:
            return seconds(at)
    return None


def _last_parameter(connection: Connection, span: dict[str, object], name: str) -> float | None:
    """When a call last carried a consent string under a parameter's name; ``None`` if what is stored does not show it, as the
    policy may have it."""
    for at, *parts in connection.execute(_CALLS, {**span, "limit": _LOOKED_THROUGH}):
        given = parameters_of(rebuilt(0.0, *parts))
        if name in given or (name == "us_privacy" and us_privacy(given) is not None):
            return seconds(at)
    return None


def rebuilt(
    at: float,
    method: str,
    scheme: str | None,
    host: str,
    path: str,
    headers: str | None,
    query: str | None = None,
    body: str | None = None,
) -> Exchange:
    """A stored request as the engine knows it, so that the engine's own functions can be asked about it."""
    listed = document(headers)
    fields = (
        [(str(item[0]), str(item[1])) for item in listed if isinstance(item, list) and len(item) == 2] if listed else []
    )
    return Exchange(
        started_at=at,
        client="",
        method=method,
        scheme=scheme or "https",
        host=host,
        port=443,
        path=path,
        query=query or "",
        request_headers=Headers.from_text(fields),
        request_body=Body(body.encode("utf-8", "replace")) if body else None,
    )


_PAGES = """
SELECT started_at, id, method, scheme, host, path, request_headers FROM exchanges
WHERE session_id = :session AND vendor IS NULL AND started_at <= :until
  AND (instr(request_headers, '"document"') OR instr(request_headers, '"text/html'))
ORDER BY started_at LIMIT :limit
"""


def page_loads(connection: Connection, session_id: str, until: float | None = None) -> list[PageLoad]:
    """The pages that a session opened, in order."""
    values = {"session": session_id, "until": _END_OF_TIME if until is None else iso(until), "limit": MAX_PAGES}
    found = []
    for started_at, number, method, scheme, host, path, headers in connection.execute(_PAGES, values):
        at = seconds(started_at)
        exchange = rebuilt(at or 0.0, method, scheme, host, path, headers)
        if at is not None and is_page(exchange):
            opted_out = exchange.request_headers.get("sec-gpc") == "1"
            found.append(PageLoad(at, number, exchange.scheme, host, path, opted_out))
    return found
