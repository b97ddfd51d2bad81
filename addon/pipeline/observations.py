"""What consentwire itself was told (by the in-page probe, an extension, the tester), placed in time and session, for the collectors."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from addon.body import BodyError
from addon.decode.hits import HitReading
from addon.exchange import Exchange
from addon.judge.acts import Place
from addon.observations import ConsentAsked, Mark, MarkKind, ObservationError, Report, page_of, parse_mark, parse_report
from addon.records import MarkRecord

from .capture import CaptureParts
from .collectors import Collectors
from .consent_states import ConsentStates
from .context import ExchangeContext, Observed
from .record_conversion import OBSERVATION, exchange_record
from .session_state import SessionState
from .sessions import Attribution

REPORTS, MARKS = "/.consentwire/observations", "/api/marks"
"""Paths at which observations and marks are told."""
_CLOSE = 5.0
"""Seconds by which a report may arrive after it was sent by a page whose clock is taken to be the capture's."""


class ObservationStep:
    """Takes in what was told, at the moment at which it happened."""

    def __init__(self, capture: CaptureParts, collectors: Collectors, states: ConsentStates) -> None:
        self._capture = capture
        self._emitter = capture.emitter
        self._collectors = collectors
        self._states = states
        self._clock_lags: defaultdict[str, float] = defaultdict(lambda: math.inf)
        """Session -> seconds from a page's own clock to the arrival of its quickest report."""

    def take(self, exchange: Exchange) -> None:
        """An exchange that consentwire answered. What is no report and no mark is no traffic of a site either."""
        if exchange.method != "POST" or exchange.status != 200:
            return
        if exchange.path == MARKS:
            self._mark(exchange, self._record(exchange, None))
        elif exchange.path == REPORTS:
            self._report(exchange)

    def _record(self, exchange: Exchange, session_id: str | None) -> str:
        number, capture = self._emitter.number(), self._emitter.capture
        self._emitter.add(
            exchange_record(exchange, number, capture, session_id, None, OBSERVATION, with_response=False)
        )
        return number

    def _report(self, exchange: Exchange) -> None:
        """A page's report. It belongs to the page that was given its key."""
        registry, report, problem = self._capture.attribution, None, ""
        try:
            report = parse_report(_content(exchange))
        except ObservationError as error:
            problem = f"an observation was left out: {error}"
        attribution = registry.reported(exchange, "" if report is None else page_of(report.key))
        key = attribution.key
        if key is None or not self._capture.policy.in_scope(key.site or key.app):
            return
        session = self._capture.sessions.of(key, exchange.started_at)
        context = _context(exchange, self._record(exchange, session.id), session, attribution)
        if report is None:
            self._bad(context.number, exchange.host, problem)
        else:
            self._take_in(context, report)

    def _take_in(self, context: ExchangeContext, report: Report) -> None:
        for seen in report.observations:
            at = self._placed(context, report, seen.at)
            chosen_at = seen.chosen_at if isinstance(seen, ConsentAsked) else None
            clicked = None if chosen_at is None else self._placed(context, report, chosen_at)
            self._collect(context, Observed(seen, at, clicked, report.framed))
        self._review(context)

    def _mark(self, exchange: Exchange, number: str) -> None:
        """What the tester said."""
        try:
            mark = parse_mark(_content(exchange))
        except ObservationError as error:
            self._bad(number, None, f"a mark was left out: {error}")
            return
        session = _meant(mark, exchange, self._capture.sessions)
        self._emitter.add(
            MarkRecord(
                id=self._emitter.number("m"),
                capture_id=self._emitter.capture,
                session_id=None if session is None else session.id,
                exchange_id=number,
                kind=mark.kind,
                text=mark.text,
                marked_at=exchange.started_at,
            )
        )
        if session is not None:
            context = _context(exchange, number, session, Attribution(session.key))
            self._collect(context, Observed(mark, exchange.started_at))
            self._review(context)
        elif mark.kind is not MarkKind.NOTE:
            self._bad(number, mark.site, f"the mark {mark.text[:80]!r} is about no session that was seen")

    def _collect(self, context: ExchangeContext, observed: Observed) -> None:
        for observation in self._collectors.observation:
            observation(context, observed)

    def _review(self, context: ExchangeContext) -> None:
        reading = context.reading
        if reading.spoke:
            self._capture.judgements.review(context.session, context.at, reading.reach)
            self._states.review(context.session, context.at, reading.reach)

    def _bad(self, number: str, host: str | None, reason: str) -> None:
        self._emitter.gap("bad-observation", host, reason, number)

    def _placed(self, context: ExchangeContext, report: Report, at: float) -> float:
        """The moment of an observation by the capture's clock (Unix time in seconds), never after its arrival.

        A page on this machine has the same clock. Another device's is compared with the arrival of its reports: the one that
        took least time tells best how far it differs.
        """
        sent, arrived, session = report.sent_at / 1000, context.at, context.session
        lag = arrived - sent
        if session.timeline.clock_margin == 0 and -0.1 <= lag < _CLOSE:
            return min(at / 1000, arrived)
        least = self._clock_lags[session.id] = min(self._clock_lags[session.id], lag)
        if not -_CLOSE < least < _CLOSE:
            reason = f"a page's clock differs by {abs(least):.0f} s; its observations are placed by their arrival"
            self._emitter.gap("page-clock", session.site, reason, context.number)
        return min(at / 1000 + least, arrived)


def _context(exchange: Exchange, number: str, session: SessionState, attribution: Attribution) -> ExchangeContext:
    place = Place(
        at=exchange.started_at,
        exchange=number,
        page_host=attribution.page_host,
        site=session.site,
        presumed=attribution.presumed,
    )
    return ExchangeContext(
        exchange=exchange, number=number, session=session, hits=HitReading(), attribution=attribution, place=place
    )


def _meant(mark: Mark, exchange: Exchange, sessions: Iterable[SessionState]) -> SessionState | None:
    """The session that a mark is about: the one that it names, else the one last used on the device that sent it; a mark from
    this machine's terminal is about the one last used anywhere. Of several windows of one browser it is about the one in which
    a page was opened last."""
    candidates = [session for session in sessions if session.site is not None]
    if mark.site is not None:
        candidates = [session for session in candidates if session.site == mark.site]
    own = [session for session in candidates if session.key.client == exchange.client]
    last = max(own or candidates, key=lambda session: session.ended_at, default=None)
    windows = [
        session for session in candidates if last is not None and replace(session.key, jar=last.key.jar) == last.key
    ]
    return max(windows, key=lambda session: session.opened_at, default=None)


def _content(exchange: Exchange) -> bytes:
    try:
        return b"" if exchange.request_body is None else exchange.request_body.content()
    except BodyError as error:
        raise ObservationError(error.reason) from error
