"""What consentwire itself was told (by the in-page probe, an extension, the tester) -> signals, banner events, marks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from copy import copy
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

from .asking import asked, in_place_of
from .consent_states import ConsentStates
from .filing import FilingStep
from .filing.consent import GATED
from .ledger import Ledger
from .scene import Scene
from .sessions import SessionKey, is_bare_opening
from .signals import Heard, SignalStep
from .visit import Visit

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
class ObservingStep:
    """Takes in what was told, at the moment at which it happened."""

    catalogue: Catalogue
    ledger: Ledger
    signals: SignalStep
    filing: FilingStep
    states: ConsentStates
    hold: Callable[[SessionKey, Exchange, str, str | None], None]
    """Who keeps account of the cookies that a page was seen to have."""

    def report(self, scene: Scene) -> None:
        """A page's report."""
        try:
            report = parse_report(_content(scene.exchange))
        except ObservationError as error:
            self.ledger.gap(
                "bad-observation", scene.exchange.host, f"an observation was left out: {error}", scene.number
            )
            return
        heard = Heard()
        earliest = scene.at
        for observation in report.observations:
            at = self._placed(scene, report, observation.at)
            earliest = min(earliest, at)
            match observation:
                case ConsentValue() if not report.framed:
                    self._consent(scene, observation, at, heard)
                case ConsentAsked() if not report.framed:
                    chosen_at = observation.chosen_at
                    clicked = None if chosen_at is None else self._placed(scene, report, chosen_at)
                    self._asked(scene, observation, at, clicked, heard)
                case BannerSeen():
                    self._banner(scene, observation, at, heard, framed=report.framed)
                case Names() if not report.framed:
                    for name in observation.cookies:
                        self.filing.probed_cookie(scene, name, at)
        self._review(scene.visit, scene.at, heard)

    def mark(self, exchange: Exchange, number: str, visits: Iterable[Visit]) -> Mark | None:
        """What the tester said."""
        try:
            mark = parse_mark(_content(exchange))
        except ObservationError as error:
            self.ledger.gap("bad-observation", None, f"a mark was left out: {error}", number)
            return None
        at = exchange.started_at
        visit = _meant(mark, exchange, visits)
        self.ledger.add(
            MarkRecord(
                id=self.ledger.number("m"),
                capture_id=self.ledger.capture,
                session_id=None if visit is None else visit.id,
                exchange_id=number,
                kind=mark.kind,
                text=mark.text,
                marked_at=at,
            )
        )
        says = _SAYS.get(mark.kind)
        if says is None:
            return mark
        if visit is None:
            self.ledger.gap(
                "bad-observation", mark.site, f"the mark {mark.text[:80]!r} is about no session that was seen", number
            )
            return mark
        heard = Heard()
        signal = _signal_of_mark(visit, f"mark {mark.kind}", mark.text, at)
        signal.values = says
        self.signals.take(visit, signal, at, number, heard)
        visit.marks.append((at, says is _GRANTED, mark.text))
        self._review(visit, at, heard)
        return mark

    def lose_marks(self, scene: Scene) -> None:
        """After a mark, a page that was typed in and carried no cookie at all may be another window's, of which the mark says
        nothing."""
        visit, exchange = scene.visit, scene.exchange
        if visit.marks and is_bare_opening(exchange, document=scene.attribution.document):
            signal = _signal_of_mark(visit, "unread mark", None, None)
            signal.unread = Unread.ANOTHER_WINDOW
            self.signals.take(visit, signal, scene.at, scene.number, Heard())

    def contradictions(self, visit: Visit) -> None:
        """Marks against which the consent manager's own record stands, at the end of a session."""
        for at, granted, text in visit.marks:
            against = [(category, state) for category in GATED if (state := _recorded(visit, category, at, granted))]
            if against:
                category, state = against[0]
                shown = "" if state.decisive is None else f", as {carrier(state.decisive)} shows"
                reason = f"the mark {text[:80]!r} at {clock(at)} is not what was recorded: {category} is {state.standing}{shown}"
                self.ledger.gap("mark-contradicted", visit.site, reason)

    def _review(self, visit: Visit, at: float, heard: Heard) -> None:
        if heard.spoke:
            self.filing.review(visit, at, heard.reach)
            self.states.review(visit, at, heard.reach)

    def _placed(self, scene: Scene, report: Report, at: float) -> float:
        """The moment of an observation by the capture's clock (Unix time in seconds), never after its arrival.

        A page on this machine has the same clock. Another device's is compared with the arrival of its reports: the one that
        took least time tells best how far it differs.
        """
        sent, arrived, visit = report.sent_at / 1000, scene.at, scene.visit
        lag = arrived - sent
        if visit.timeline.clock_margin == 0 and -0.1 <= lag < _CLOSE:
            return min(at / 1000, arrived)
        visit.clock_lag = min(visit.clock_lag, lag)
        if not -_CLOSE < visit.clock_lag < _CLOSE:
            reason = (
                f"a page's clock differs by {abs(visit.clock_lag):.0f} s; its observations are placed by their arrival"
            )
            self.ledger.gap("page-clock", visit.site, reason, scene.number)
        return min(at / 1000 + visit.clock_lag, arrived)

    def _consent(self, scene: Scene, seen: ConsentValue, at: float, heard: Heard) -> None:
        stored = scene.visit.stored
        key = (seen.where, seen.name)
        changed = stored.get(key) != seen.value
        if seen.where == "cookie":
            self.hold(scene.visit.key, scene.exchange, seen.name, seen.value)
        if seen.value is None:
            stored.pop(key, None)
        elif key in stored or len(stored) < _MAX_STORED:
            stored[key] = seen.value
        managers = [manager for manager, _ in self.catalogue.consent_cookies(seen.name)]
        values = {name: value for (where, name), value in stored.items() if where == seen.where}
        read = self.signals.reader.cookies(values, scene.exchange.host, "probe")
        self._problems(scene, read)
        for signal in read.signals:
            if any(manager.id == signal.origin for manager in managers):
                self.signals.use(scene, signal.origin, heard)
                told = self._told(scene.visit, signal, at, dated=seen.written and changed)
                self.signals.take(scene.visit, in_place_of(scene.visit, told), at, scene.number, heard)
        for signal in read.unread:
            if any(manager.id == signal.origin for manager in managers) and signal.rank is not Rank.OPT_OUT:
                self.signals.take(scene.visit, signal, at, scene.number, heard)
        self.filing.records(scene, heard.records, at)
        heard.records.clear()
        if seen.value is None and changed:
            for manager in managers:
                if manager.id in scene.visit.managers:
                    scene.visit.probed.pop(manager.id, None)
                    scene.visit.asked.pop(manager.id, None)
                    gone = absence(manager, scene.exchange.host)
                    gone.effective_at = at if seen.written else None
                    self.signals.take(scene.visit, gone, at, scene.number, heard)

    def _asked(self, scene: Scene, seen: ConsentAsked, at: float, chosen_at: float | None, heard: Heard) -> None:
        """What a script interface answered."""
        manager = self.catalogue.consent_managers.get(seen.manager)
        if manager is None:
            return
        read = self.signals.reader.asked(manager, seen.name, seen.state, seen.event, scene.exchange.host)
        self._problems(scene, read)
        if read.present and manager.role in ("manager", "standard"):
            self.signals.use(scene, manager.id, heard)
        for signal in read.signals:
            told = asked(scene.visit, signal, at, chosen_at)
            if told is not None:
                self.signals.take(scene.visit, told, at, scene.number, heard)
        self.filing.records(scene, heard.records, at)
        heard.records.clear()

    def _problems(self, scene: Scene, read: Read) -> None:
        for kind, reason in read.problems:
            self.ledger.gap(kind, scene.exchange.host, reason, scene.number)
        self.filing.consent_strings(scene, read.invalid_strings)

    @staticmethod
    def _told(visit: Visit, signal: Signal, at: float, *, dated: bool) -> Signal:
        """A signal that the probe saw being written takes effect at that moment, if it has no date of its own."""
        known = visit.probed.get(signal.origin)
        if known is not None and (known.raw, known.answered) == (signal.raw, signal.answered):
            return known
        if dated and signal.effective_at is None:
            signal = copy(signal)
            signal.effective_at = at
        visit.probed[signal.origin] = signal
        return signal

    def _banner(self, scene: Scene, seen: BannerSeen, at: float, heard: Heard, *, framed: bool) -> None:
        manager = self.catalogue.consent_managers.get(seen.manager or "")
        if manager is not None and not framed:
            self.signals.use(scene, manager.id, heard)
        if seen.event == "open":
            unanswered = manager is not None and not scene.visit.keeps_elsewhere(manager.id, scene.exchange.host)
            if manager is not None and unanswered and manager.absence == "unanswered" and not framed:
                self.signals.take(scene.visit, _open_banner(manager, scene.exchange.host), at, scene.number, heard)
            return
        self.ledger.add(
            BannerEventRecord(
                id=self.ledger.number("b"),
                session_id=scene.visit.id,
                exchange_id=scene.number,
                kind=seen.event,
                manager=None if manager is None else manager.id,
                detail=seen.label,
                occurred_at=at,
            )
        )


def _signal_of_mark(visit: Visit, carrier: str, text: str | None, at: float | None) -> Signal:
    return Signal(
        origin=TESTER_ORIGIN,
        carrier=carrier,
        rank=Rank.TESTER,
        host=visit.site or "",
        raw=text,
        answered=None if at is None else True,
        values={},
        keys={},
        vendors={},
        effective_at=at,
    )


def _recorded(visit: Visit, category: Category, at: float, granted: bool) -> ConsentState | None:
    """The state that the consent manager's own record shows just after a mark, if it is the other one."""
    state = visit.timeline.state(Need((category,)), at + _SETTLED, direct_only=True)
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


def _meant(mark: Mark, exchange: Exchange, visits: Iterable[Visit]) -> Visit | None:
    """The session that a mark is about: the one that it names, else the one last used on the device that sent it; a mark from
    this machine's terminal is about the one last used anywhere. Of several windows of one browser it is about the one in which
    a page was opened last."""
    candidates = [visit for visit in visits if visit.site is not None]
    if mark.site is not None:
        candidates = [visit for visit in candidates if visit.site == mark.site]
    own = [visit for visit in candidates if visit.key.client == exchange.client]
    last = max(own or candidates, key=lambda visit: visit.ended_at, default=None)
    windows = [visit for visit in candidates if last is not None and replace(visit.key, jar=last.key.jar) == last.key]
    return max(windows, key=lambda visit: visit.opened_at, default=None)


def _content(exchange: Exchange) -> bytes:
    try:
        return b"" if exchange.request_body is None else exchange.request_body.content()
    except BodyError as error:
        raise ObservationError(error.reason) from error
