"""One exchange in, records out."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from addon.addresses import is_this_machine
from addon.consent.reader import CONSENT_MODE_ORIGIN, STAMP_ORIGIN, ConsentReader
from addon.consent.signal import Resolver
from addon.consent.timeline import Timeline
from addon.decode import decode, decoder_of
from addon.decode.facts import Decoded, Hit, Surface
from addon.decode.hits import read_hits
from addon.exchange import Exchange
from addon.judge.acts import Place
from addon.judge.docket import Docket, rules_by_act
from addon.judge.fanout import fanouts
from addon.judge.rule import Court
from addon.judge.rules import all_rules
from addon.policy import Policy
from addon.records import Record
from vendor_catalog import CallKind, Catalogue, Category, Match

from .filing import FilingStep
from .filing.calls import call_record
from .identities import IdentityStep
from .ledger import Ledger
from .observing import MARKS, REPORTS, ObservingStep
from .recording import exchange_record, hit_records, session_record
from .routing import Routing
from .scene import Scene
from .sessions import SessionBook, SessionKey
from .signals import SignalStep
from .sources import SourceBook
from .visit import Visit
from .withdrawals import WithdrawalStep

log = logging.getLogger("consentwire")
_CLAIMS = (STAMP_ORIGIN, CONSENT_MODE_ORIGIN)
_DEVICE_MARGIN = 2.0
"""Seconds by which another machine's clock is allowed to differ before its timestamps stop deciding."""


@dataclass(frozen=True, slots=True)
class CaptureTraits:
    """What a door knows about its capture that decides how far it can be believed."""

    live: bool = False
    """Whether verdicts are given out while it runs, and moved as evidence arrives."""
    cookies_visible: bool = True
    """False if cookies were stripped, as browsers do when they export a HAR."""
    one_clock: bool = False
    """Whether the page's clock is the capture's: a browser's own HAR."""


class Pipeline:
    """Turns the exchanges of one capture into records, in order."""

    def __init__(self, capture: int, catalogue: Catalogue, policy: Policy, traits: CaptureTraits) -> None:
        catalogue = policy.extended(catalogue)
        resolver = Resolver(catalogue, policy.category_overrides())
        self._catalogue = catalogue
        self._policy = policy
        self._traits = traits
        self._ledger = Ledger(capture)
        self._sessions = SessionBook()
        self._sources = SourceBook(catalogue, resolver, policy)
        self._routing = Routing(self._sources)
        reader = ConsentReader(catalogue, resolver)
        self._signals = SignalStep(catalogue, reader, self._ledger, traits.cookies_visible)
        self._identities = IdentityStep(self._ledger)
        self._withdrawals = WithdrawalStep()
        witnesses = (self._identities.witness, self._withdrawals.witness)
        self._filing = FilingStep(catalogue, policy, self._ledger, self._sources, self._routing, witnesses)
        self._observing = ObservingStep(catalogue, self._ledger, self._signals, self._filing)
        self._rules = rules_by_act(all_rules().values())
        self._visits: dict[SessionKey, Visit] = {}
        self._out_of_scope = 0
        for reason in catalogue.unread:
            self._ledger.gap("catalogue-file-unread", None, reason)

    def resume(self, numbers: Mapping[str, int], gaps: Iterable[tuple[str, str | None, str]]) -> None:
        """Goes on in a capture of which an earlier process stored a part. Its sessions are not known here: they begin anew."""
        self._ledger.resume(numbers, gaps)

    def process(self, exchange: Exchange) -> list[Record]:
        """Takes in one exchange and gives out what it adds or changes. Never raises: what breaks becomes a gap."""
        try:
            self._process(exchange)
        except Exception as error:  # the wire is hostile, and the proxy must go on
            log.exception("consentwire: an exchange with %s could not be analysed", exchange.host)
            reason = f"{type(error).__name__} while analysing {exchange.method} {exchange.path[:200]}; please report it"
            self._ledger.gap("internal-error", exchange.host, reason)
        return self._ledger.take()

    def gap(self, kind: str, host: str | None, reason: str) -> list[Record]:
        """A gap that a door reports."""
        self._ledger.gap(kind, host, reason)
        return self._ledger.take()

    def close(self) -> list[Record]:
        """Gives out what waited for evidence that never came, and what the capture could not see."""
        self._filing.finish(list(self._visits.values()), self._visit)
        for visit in self._visits.values():
            self._filing.unseen(visit)
            self._filing.rule(visit, visit.docket.close(visit.court))
            for withdrawal in self._withdrawals.withdrawals(visit):
                self._filing.act(visit, withdrawal)
            self._consent_gaps(visit)
            self._observing.contradictions(visit)
            self._ledger.add(session_record(visit, self._ledger.capture))
        for visit, conflict in self._identities.close():
            self._filing.act(visit, conflict)
        for (cdp, write_key), messages in self._routing.unsettled.items():
            if not self._sources.source(cdp, write_key).seen:
                of_cdp = f" of {decoder_of(cdp).name}"
                told = f"source {write_key}{of_cdp}" if write_key else f"a source{of_cdp} that names no write key"
                why = (
                    "its settings never passed by"
                    if fanouts()[cdp].HAS_SETTINGS
                    else "pages are told only what they feed"
                )
                reason = f"{messages} messages of {told}: {why}, so not all of its destinations are known"
                self._ledger.gap("settings-not-seen", None, reason)
        if self._out_of_scope:
            reason = f"{self._out_of_scope} exchanges outside the policy's scope were neither judged nor stored"
            self._ledger.gap("out-of-scope", None, reason)
        return self._ledger.take()

    def _process(self, exchange: Exchange) -> None:
        if exchange.own:
            self._told(exchange)
            return
        match = self._catalogue.match(exchange.method, exchange.host, exchange.path, exchange.query)
        decoded = decode(exchange, match, self._sources.ingestion_hosts)
        attribution = self._sessions.attribute(exchange, decoded.events if decoded is not None else ())
        key = attribution.key
        if not self._policy.in_scope(None if key is None else key.site or key.app):
            self._out_of_scope += 1
            return
        visit = None if key is None else self._visit(key, exchange.started_at)
        number = self._ledger.number()
        vendor, kind = _vendor_and_kind(match, decoded)
        settings = None if decoded is None else decoded.settings
        session = None if visit is None else visit.id
        self._ledger.add(
            exchange_record(
                exchange, number, self._ledger.capture, session, vendor, kind, with_response=settings is not None
            )
        )
        for problem in decoded.problems if decoded is not None else ():
            self._ledger.gap(problem.kind, exchange.host, problem.reason, number)
        if exchange.websocket:
            self._ledger.gap("websocket", exchange.host, "messages over a WebSocket are not read", number)
        hits = self._hits(exchange, match, decoded, number, session)
        scene = None
        if visit is not None:
            place = Place(
                at=exchange.started_at,
                exchange=number,
                page_host=attribution.page_host,
                site=visit.site,
                failure=exchange.failure,
            )
            scene = Scene(exchange, number, visit, attribution, decoded, vendor, kind, place, match, hits)
        if decoded is not None:
            self._withdrawals.call(scene, decoded, exchange.started_at)
            self._filing.regulation(exchange, number, decoded, visit)
        if settings is not None:
            self._filing.settings(settings, number, exchange.started_at, scene)
        if exchange.unsent is not None:
            return
        if scene is not None:
            self._judge(scene)
        elif vendor is not None and kind is not None and exchange.method != "OPTIONS":
            self._unattributed(exchange, number, vendor, kind)

    def _hits(
        self, exchange: Exchange, match: Match | None, decoded: Decoded | None, number: str, session: str | None
    ) -> tuple[Hit, ...]:
        """Reads and records the events of a vendor's own call; those of a CDP's are its messages."""
        if exchange.unsent is not None or (decoded is not None and decoded.decodes_events):
            return ()
        reading = read_hits(exchange, match)
        for record in hit_records(reading.hits, number, session):
            self._ledger.add(record)
        if reading.problem is not None:
            self._ledger.gap(reading.problem.kind, exchange.host, reading.problem.reason, number)
        return reading.hits

    def _told(self, exchange: Exchange) -> None:
        """What the probe, an extension or the tester told; anything else that consentwire answered is no traffic of a site."""
        if exchange.method != "POST" or exchange.status != 200:
            return
        if exchange.path == MARKS:
            number = self._own_exchange(exchange, None)
            self._observing.mark(exchange, number, self._visits.values())
        elif exchange.path == REPORTS:
            attribution = self._sessions.attribute(exchange, ())
            key = attribution.key
            if key is None or not self._policy.in_scope(key.site or key.app):
                return
            visit = self._visit(key, exchange.started_at)
            number = self._own_exchange(exchange, visit.id)
            place = Place(at=exchange.started_at, exchange=number, page_host=attribution.page_host, site=visit.site)
            self._observing.report(Scene(exchange, number, visit, attribution, None, None, None, place))

    def _own_exchange(self, exchange: Exchange, session: str | None) -> str:
        number = self._ledger.number()
        capture = self._ledger.capture
        self._ledger.add(exchange_record(exchange, number, capture, session, None, None, with_response=False))
        return number

    def _judge(self, scene: Scene) -> None:
        heard = self._signals.hear(scene)
        self._filing.consent_strings(scene, heard.invalid_strings)
        self._filing.records(scene, heard.records)
        # what happened before this exchange is judged again first: it is what new evidence sheds light on
        visit = scene.visit
        if heard.spoke:
            self._filing.rule(visit, visit.docket.review(visit.court, scene.at, reach=heard.reach))
        self._filing.file(scene, heard.parameters)

    def _visit(self, key: SessionKey, at: float) -> Visit:
        visit = self._visits.get(key)
        if visit is None:
            site = key.site or key.app
            margin = 0.0 if self._traits.one_clock or is_this_machine(key.client) else _DEVICE_MARGIN
            court = Court(Timeline(clock_margin=margin), self._policy.regime_of(site))
            visit = Visit(self._ledger.number("s"), key, court, Docket(self._rules, self._traits.live), at, at)
            self._visits[key] = visit
            named = self._policy.site(site).consent_manager
            if named is not None:
                visit.use(self._catalogue.consent_managers[named])
            self._ledger.add(session_record(visit, self._ledger.capture))
        visit.started_at = min(visit.started_at, at)
        visit.ended_at = max(visit.ended_at, at)
        return visit

    def _unattributed(self, exchange: Exchange, number: str, vendor: str, kind: CallKind) -> None:
        """A vendor's call that names no page and no app: kept, but nobody is accused by it."""
        category = self._sources.need_of_vendor(vendor).category
        self._ledger.add(call_record(number, None, vendor, kind, category))
        if category is not Category.NECESSARY and kind in (CallKind.COLLECT, CallKind.LIBRARY):
            reason = f"a call to {self._catalogue.name_of(vendor)} names no page or app, so it was not judged"
            self._ledger.gap("not-attributed", exchange.host, reason, number)

    def _consent_gaps(self, visit: Visit) -> None:
        """What a session's end leaves unsaid about its consent."""
        if not visit.judged or visit.key.surface is Surface.SERVER:
            return
        for manager in visit.managers.values():
            if manager.storage == "local-storage":
                reason = f"{manager.name} keeps the answer in the browser's local storage, which never crosses the wire"
                self._ledger.gap("off-wire-consent", visit.site, reason)
            elif manager.storage == "cookie-or-local-storage" and manager.id not in visit.speakers:
                reason = (
                    f"{manager.name} is in use and its cookie was never seen: nobody answered, or the answer is kept in the"
                    " browser's local storage, which never crosses the wire"
                )
                self._ledger.gap("off-wire-consent", visit.site, reason)
        spoken = visit.timeline.origins()
        if not spoken and not visit.managers:
            reason = (
                "no consent manager, stamp or other signal of consent was seen, so nothing shows what the person chose"
            )
            self._ledger.gap("no-consent-source", visit.site, reason)
        elif all(origin in _CLAIMS for origin in spoken):
            reason = (
                "consent is known only from what the site says of it to others (the messages' own stamps, Google's consent"
                " mode); no signal of a consent manager stands beside that"
            )
            self._ledger.gap("consent-by-stamp-alone", visit.site, reason)


def _vendor_and_kind(match: Match | None, decoded: Decoded | None) -> tuple[str | None, CallKind | None]:
    """What a body shows wins over what an address promises."""
    if decoded is not None:
        return decoded.vendor, decoded.kind
    return (match.vendor, match.kind) if match is not None else (None, None)
