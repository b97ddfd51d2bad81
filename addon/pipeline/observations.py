"""What consentwire itself was told (by the in-page probe, an extension, the tester) -> signals, banner events, marks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from addon.consent.missing import absence, rank_of
from addon.consent.reader import Read
from addon.consent.signal import Rank, Signal, Unread
from addon.consent.timeline import TESTER_ORIGIN, ConsentState, Need, Standing
from addon.exchange import BodyError, Exchange
from addon.judge.wording import carrier, clock
from addon.observations import (
    BannerSeen,
    ConsentAsked,
    ConsentValue,
    Mark,
    MarkKind,
    Names,
    ObservationError,
    Report,
    parse_mark,
    parse_report,
)
from addon.records import BannerEventRecord, MarkRecord
from vendor_catalog import Catalogue, Category, ConsentManager

from .cmp_api import asked, in_place_of, remember
from .collectors import Collectors
from .collectors.consent import GATED
from .consent_states import ConsentStates
from .context import ExchangeContext
from .emitter import Emitter
from .session_state import SessionState
from .sessions import SessionKey, is_bare_opening
from .signals import ConsentReading, SignalStep

REPORTS, MARKS = "/.consentwire/observations", "/api/marks"
"""Paths at which observations and marks are told."""
_CLOSE = 5.0
"""Seconds by which a report may arrive after it was sent by a page whose clock is taken to be the capture's."""
_MAX_STORED = 100
_SETTLED = 5.0
"""Seconds after a mark in which the click that it tells of has been stored."""
_REFUSED = dict.fromkeys((Category.FUNCTIONAL, Category.ANALYTICS, Category.MARKETING), False)
_GRANTED = dict.fromkeys(_REFUSED, True)
_SAYS: Mapping[MarkKind, dict[Category, bool]] = {
    MarkKind.ACCEPTED: _GRANTED,
    MarkKind.REJECTED: _REFUSED,
    MarkKind.WITHDREW: _REFUSED,
}


@dataclass(frozen=True)
class ObservationStep:
    """Takes in what was told, at the moment at which it happened."""

    catalogue: Catalogue
    emitter: Emitter
    signals: SignalStep
    collectors: Collectors
    states: ConsentStates
    hold: Callable[[SessionKey, Exchange, str, str | None], None]
    """Who keeps account of the cookies that a page was seen to have."""

    def report(self, context: ExchangeContext) -> None:
        """A page's report."""
        try:
            report = parse_report(_content(context.exchange))
        except ObservationError as error:
            self.emitter.gap(
                "bad-observation", context.exchange.host, f"an observation was left out: {error}", context.number
            )
            return
        reading = ConsentReading()
        earliest = context.at
        for observation in report.observations:
            at = self._placed(context, report, observation.at)
            earliest = min(earliest, at)
            match observation:
                case ConsentValue() if not report.framed:
                    self._consent(context, observation, at, reading)
                case ConsentAsked() if not report.framed:
                    chosen_at = observation.chosen_at
                    clicked = None if chosen_at is None else self._placed(context, report, chosen_at)
                    self._asked(context, observation, at, clicked, reading)
                case BannerSeen():
                    self._banner(context, observation, at, reading, framed=report.framed)
                case Names() if not report.framed:
                    for name in observation.cookies:
                        self.collectors.probed_cookie(context, name, at)
        self._review(context.session, context.at, reading)

    def mark(self, exchange: Exchange, number: str, sessions: Iterable[SessionState]) -> Mark | None:
        """What the tester said."""
        try:
            mark = parse_mark(_content(exchange))
        except ObservationError as error:
            self.emitter.gap("bad-observation", None, f"a mark was left out: {error}", number)
            return None
        at = exchange.started_at
        session = _meant(mark, exchange, sessions)
        self.emitter.add(
            MarkRecord(
                id=self.emitter.number("m"),
                capture_id=self.emitter.capture,
                session_id=None if session is None else session.id,
                exchange_id=number,
                kind=mark.kind,
                text=mark.text,
                marked_at=at,
            )
        )
        says = _SAYS.get(mark.kind)
        if says is None:
            return mark
        if session is None:
            self.emitter.gap(
                "bad-observation", mark.site, f"the mark {mark.text[:80]!r} is about no session that was seen", number
            )
            return mark
        reading = ConsentReading()
        signal = _signal_of_mark(session, f"mark {mark.kind}", mark.text, at)
        self.signals.take(session, replace(signal, values=says), at, number, reading)
        session.marks.append((at, says is _GRANTED, mark.text))
        self._review(session, at, reading)
        return mark

    def lose_marks(self, context: ExchangeContext) -> None:
        """After a mark, a page that was typed in and carried no cookie at all may be another window's, of which the mark says
        nothing."""
        session, exchange = context.session, context.exchange
        if session.marks and is_bare_opening(exchange, document=context.attribution.document):
            signal = _signal_of_mark(session, "unread mark", None, None)
            lost = replace(signal, unread=Unread.ANOTHER_WINDOW)
            self.signals.take(session, lost, context.at, context.number, ConsentReading())

    def contradictions(self, session: SessionState) -> None:
        """Marks against which the consent manager's own record stands, at the end of a session."""
        for at, granted, text in session.marks:
            against = [(category, state) for category in GATED if (state := _recorded(session, category, at, granted))]
            if against:
                category, state = against[0]
                shown = "" if state.decisive is None else f", as {carrier(state.decisive)} shows"
                reason = f"the mark {text[:80]!r} at {clock(at)} is not what was recorded: {category} is {state.standing}{shown}"
                self.emitter.gap("mark-contradicted", session.site, reason)

    def _review(self, session: SessionState, at: float, reading: ConsentReading) -> None:
        if reading.spoke:
            self.collectors.review(session, at, reading.reach)
            self.states.review(session, at, reading.reach)

    def _placed(self, context: ExchangeContext, report: Report, at: float) -> float:
        """The moment of an observation by the capture's clock (Unix time in seconds), never after its arrival.

        A page on this machine has the same clock. Another device's is compared with the arrival of its reports: the one that
        took least time tells best how far it differs.
        """
        sent, arrived, session = report.sent_at / 1000, context.at, context.session
        lag = arrived - sent
        if session.timeline.clock_margin == 0 and -0.1 <= lag < _CLOSE:
            return min(at / 1000, arrived)
        session.clock_lag = min(session.clock_lag, lag)
        if not -_CLOSE < session.clock_lag < _CLOSE:
            reason = f"a page's clock differs by {abs(session.clock_lag):.0f} s; its observations are placed by their arrival"
            self.emitter.gap("page-clock", session.site, reason, context.number)
        return min(at / 1000 + session.clock_lag, arrived)

    def _consent(self, context: ExchangeContext, seen: ConsentValue, at: float, reading: ConsentReading) -> None:
        stored = context.session.stored
        key = (seen.where, seen.name)
        changed = stored.get(key) != seen.value
        if seen.where == "cookie":
            self.hold(context.session.key, context.exchange, seen.name, seen.value)
        if seen.value is None:
            stored.pop(key, None)
        elif key in stored or len(stored) < _MAX_STORED:
            stored[key] = seen.value
        managers = [manager for manager, _ in self.catalogue.consent_cookies(seen.name)]
        values = {name: value for (where, name), value in stored.items() if where == seen.where}
        read = self.signals.reader.cookies(values, context.exchange.host, "probe")
        self._problems(context, read)
        for signal in read.signals:
            if any(manager.id == signal.origin for manager in managers):
                self.signals.use(context, signal.origin, reading)
                told = self._told(context.session, signal, at, dated=seen.written and changed)
                told = in_place_of(context.session, told)
                kept = self.signals.take(context.session, told, at, context.number, reading)
                remember(context.session, told, kept)
        for signal in read.unread:
            if any(manager.id == signal.origin for manager in managers) and signal.rank is not Rank.OPT_OUT:
                self.signals.take(context.session, signal, at, context.number, reading)
        self.collectors.records(context, reading.records, at)
        reading.records.clear()
        if seen.value is None and changed:
            for manager in managers:
                if manager.id in context.session.managers:
                    context.session.probed.pop(manager.id, None)
                    context.session.asked.pop(manager.id, None)
                    gone = absence(manager, context.exchange.host)
                    gone = replace(gone, effective_at=at if seen.written else None)
                    self.signals.take(context.session, gone, at, context.number, reading)

    def _asked(
        self, context: ExchangeContext, seen: ConsentAsked, at: float, chosen_at: float | None, reading: ConsentReading
    ) -> None:
        """What a script interface answered."""
        manager = self.catalogue.consent_managers.get(seen.manager)
        if manager is None:
            return
        read = self.signals.reader.asked(manager, seen.name, seen.state, seen.event, context.exchange.host)
        self._problems(context, read)
        if read.present and manager.role in ("manager", "standard"):
            self.signals.use(context, manager.id, reading)
        for signal in read.signals:
            told = asked(context.session, signal, at, chosen_at)
            if told is not None:
                kept = self.signals.take(context.session, told, at, context.number, reading)
                remember(context.session, told, kept)
        self.collectors.records(context, reading.records, at)
        reading.records.clear()

    def _problems(self, context: ExchangeContext, read: Read) -> None:
        for kind, reason in read.problems:
            self.emitter.gap(kind, context.exchange.host, reason, context.number)
        self.collectors.consent_strings(context, read.invalid_strings)

    @staticmethod
    def _told(session: SessionState, signal: Signal, at: float, *, dated: bool) -> Signal:
        """A signal that the probe saw being written takes effect at that moment, if it has no date of its own."""
        known = session.probed.get(signal.origin)
        if known is not None and (known.raw, known.answered) == (signal.raw, signal.answered):
            return known
        if dated and signal.effective_at is None:
            signal = replace(signal, effective_at=at)
        session.probed[signal.origin] = signal
        return signal

    def _banner(
        self, context: ExchangeContext, seen: BannerSeen, at: float, reading: ConsentReading, *, framed: bool
    ) -> None:
        manager = self.catalogue.consent_managers.get(seen.manager or "")
        if manager is not None and not framed:
            self.signals.use(context, manager.id, reading)
        if seen.event == "open":
            unanswered = manager is not None and not context.session.keeps_elsewhere(manager.id, context.exchange.host)
            if manager is not None and unanswered and manager.absence == "unanswered" and not framed:
                self.signals.take(
                    context.session, _open_banner(manager, context.exchange.host), at, context.number, reading
                )
            return
        self.emitter.add(
            BannerEventRecord(
                id=self.emitter.number("b"),
                session_id=context.session.id,
                exchange_id=context.number,
                kind=seen.event,
                manager=None if manager is None else manager.id,
                detail=seen.label,
                occurred_at=at,
            )
        )


def _signal_of_mark(session: SessionState, carrier: str, text: str | None, at: float | None) -> Signal:
    return Signal(
        origin=TESTER_ORIGIN,
        carrier=carrier,
        rank=Rank.TESTER,
        host=session.site or "",
        raw=text,
        answered=None if at is None else True,
        values={},
        keys={},
        vendors={},
        effective_at=at,
    )


def _recorded(session: SessionState, category: Category, at: float, granted: bool) -> ConsentState | None:
    """The state that the consent manager's own record shows just after a mark, if it is the other one."""
    state = session.timeline.state(Need((category,)), at + _SETTLED, direct_only=True)
    spoken = state.decisive is not None and state.decisive.rank > Rank.TESTER and state.alternative is None
    other = Standing.DENIED if granted else Standing.GRANTED
    return state if spoken and state.standing is other else None


def _open_banner(manager: ConsentManager, host: str) -> Signal:
    """A banner that stands open while its manager has nothing stored: the person has not answered."""
    return Signal(
        origin=manager.id,
        carrier="probe the open banner",
        rank=rank_of(manager),
        host=host,
        raw="the banner is open, and nothing is stored",
        answered=False,
        values={},
        keys={},
        vendors={},
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
