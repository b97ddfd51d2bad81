"""One exchange in, records out."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial

from addon.addresses import is_this_machine
from addon.consent.reader import CONSENT_MODE_ORIGIN, TCF_ORIGIN, ConsentReader
from addon.consent.signal import Resolver, Unread
from addon.consent.stamps import STAMP_ORIGIN
from addon.consent.timeline import Timeline
from addon.decode import decode, decoder_of
from addon.decode.facts import Decoded, Surface
from addon.decode.hits import HitReading, read_hits
from addon.exchange import Exchange, Unsent
from addon.judge.acts import Place
from addon.judge.pending import PendingJudgements, rules_by_act
from addon.judge.rule import ConsentView
from addon.judge.rules import all_rules
from addon.policy import Policy
from addon.records import GapRecord, Record
from addon.routing import routers
from vendor_catalog import CallKind, Catalogue, Match

from .collectors import Collectors
from .collectors.calls import call_record
from .consent_states import ConsentStates
from .context import ExchangeContext
from .deliveries import Routing
from .emitter import Emitter
from .identity_graph import IdentityGraph
from .names import Names
from .observations import MARKS, REPORTS, ObservationStep
from .record_conversion import OBSERVATION, exchange_record, hit_records, session_record
from .session_state import SessionState, needs_consent
from .sessions import SessionKey, SessionRegistry
from .signals import SignalStep
from .sources import SourceRegistry
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
        self._emitter = Emitter(capture)
        self._sessions = SessionRegistry()
        self._sources = SourceRegistry(catalogue, resolver, policy)
        self._routing = Routing(self._sources)
        reader = ConsentReader(catalogue, resolver)
        self._signals = SignalStep(catalogue, reader, self._emitter, traits.cookies_visible)
        self._identities = IdentityGraph(self._emitter)
        self._withdrawals = WithdrawalStep()
        witnesses = (self._identities.witness, self._withdrawals.witness)
        self._collectors = Collectors(
            catalogue, policy, self._emitter, self._sources, self._routing, witnesses, live=traits.live
        )
        self._states = ConsentStates(self._emitter, traits.live)
        self._names = Names(catalogue, resolver)
        self._observing = ObservationStep(
            catalogue, self._emitter, self._signals, self._collectors, self._states, self._sessions.hold
        )
        self._rules = rules_by_act(all_rules().values())
        self._session_states: dict[SessionKey, SessionState] = {}
        self._out_of_scope = 0
        for reason in catalogue.unread:
            self._emitter.gap("catalogue-file-unread", None, reason)

    def resume(self, numbers: Mapping[str, int], gaps: Iterable[GapRecord]) -> None:
        """Goes on in a capture of which an earlier process stored a part. Its sessions are not known here: they begin anew."""
        self._emitter.resume(numbers, gaps)

    def process(self, exchange: Exchange) -> list[Record]:
        """Takes in one exchange and gives out what it adds or changes. Never raises: what breaks becomes a gap."""
        try:
            self._process(exchange)
        except Exception as error:  # the wire is hostile, and the proxy must go on
            log.exception("consentwire: an exchange with %s could not be analysed", exchange.host)
            reason = f"{type(error).__name__} while analysing {exchange.method} {exchange.path[:200]}; please report it"
            self._emitter.gap("internal-error", exchange.host, reason, count=1)
        return self._take()

    def gap(self, kind: str, host: str | None, reason: str, count: int | None = None) -> list[Record]:
        """A gap that a door reports; ``count`` exchanges that never reached the pipeline, if it stands for such."""
        self._emitter.gap(kind, host, reason, count=count)
        return self._take()

    def close(self) -> list[Record]:
        """Gives out what waited for evidence that never came, and what the capture could not see."""
        self._collectors.finish(list(self._session_states.values()), self._session_state)
        for session in self._session_states.values():
            self._collectors.close(session)
            self._states.close(session)
            for withdrawal in self._withdrawals.withdrawals(session):
                self._collectors.act(session, withdrawal)
            self._consent_gaps(session)
            self._observing.contradictions(session)
            self._emitter.add(session_record(session, self._emitter.capture))
        for session, conflict in self._identities.close():
            self._collectors.act(session, conflict)
        for (cdp, write_key), messages in self._routing.unsettled.items():
            if not self._sources.source(cdp, write_key).seen:
                of_cdp = f" of {decoder_of(cdp).name}"
                told = f"source {write_key}{of_cdp}" if write_key else f"a source{of_cdp} that names no write key"
                why = (
                    "its settings never passed by"
                    if routers()[cdp].has_settings
                    else "pages are told only what they feed"
                )
                reason = f"{messages} messages of {told}: {why}, so not all of its destinations are known"
                self._emitter.gap("settings-not-seen", None, reason)
        if self._out_of_scope:
            reason = f"{self._out_of_scope} exchanges outside the policy's scope were neither judged nor stored"
            self._emitter.gap("out-of-scope", None, reason, count=self._out_of_scope)
        self._emitter.recount()
        return self._take()

    def _take(self) -> list[Record]:
        """The records since the last call, with the names of what occurs in them."""
        records = self._emitter.take()
        return [*records, *self._names.missing(records)]

    def _process(self, exchange: Exchange) -> None:
        if exchange.own:
            self._told(exchange)
            return
        match = self._catalogue.match(exchange.method, exchange.host, exchange.path, exchange.query)
        decoded = decode(exchange, match, self._sources.ingestion_hosts)
        hits = read_hits(exchange, match) if _has_hits(exchange, decoded) else HitReading()
        attribution = self._sessions.attribute(exchange, decoded.events if decoded is not None else (), hits.hits)
        key = attribution.key
        if not self._policy.in_scope(None if key is None else key.site or key.app):
            self._out_of_scope += 1
            return
        session = None if key is None else self._session_state(key, exchange.started_at)
        number = self._emitter.number()
        for name in self._names.categories(decoded):
            self._emitter.add(name)
        vendor, kind = _vendor_and_kind(match, decoded)
        settings = None if decoded is None else decoded.settings
        session_id = None if session is None else session.id
        stored = (exchange, number, self._emitter.capture, session_id, vendor, kind)
        self._emitter.add(exchange_record(*stored, page=attribution.document, with_response=settings is not None))
        for problem in decoded.problems if decoded is not None else ():
            self._emitter.gap(problem.kind, exchange.host, problem.reason, number)
        if exchange.websocket:
            self._emitter.gap("websocket", exchange.host, "messages over a WebSocket are not read", number)
        self._hits(hits, exchange.host, number, session_id)
        context = None
        if session is not None:
            place = Place(
                at=exchange.started_at,
                exchange=number,
                page_host=attribution.page_host,
                site=session.site,
                presumed=attribution.presumed,
                failure=exchange.failure,
            )
            contested = attribution.presumed and self._sessions.contested(session.key)
            context = ExchangeContext(
                exchange, number, session, attribution, decoded, vendor, kind, place, match, hits.hits, contested
            )
        if decoded is not None:
            self._withdrawals.call(context, decoded, exchange.started_at)
            self._collectors.regulation(exchange, number, decoded, session)
        if settings is not None:
            self._collectors.settings(settings, number, exchange.started_at, context)
        if exchange.unsent is not None:
            self._not_sent(exchange, number, vendor, kind)
            return
        if session is not None and _is_answered(exchange):
            session.pages += attribution.document and not exchange.websocket
            session.fetched += not attribution.document and exchange.method != "OPTIONS"
        if context is not None:
            self._judge(context)
            self._reopen(context)
        elif vendor is not None and kind is not None and exchange.method != "OPTIONS":
            self._unattributed(exchange, number, vendor, kind)

    def _hits(self, reading: HitReading, host: str, number: str, session_id: str | None) -> None:
        """Records the events of a vendor's own call."""
        for record in hit_records(reading.hits, number, session_id):
            self._emitter.add(record)
        if reading.problem is not None:
            self._emitter.gap(reading.problem.kind, host, reading.problem.reason, number)

    def _told(self, exchange: Exchange) -> None:
        """What the probe, an extension or the tester told; anything else that consentwire answered is no traffic of a site."""
        if exchange.method != "POST" or exchange.status != 200:
            return
        if exchange.path == MARKS:
            number = self._own_exchange(exchange, None)
            self._observing.mark(exchange, number, self._session_states.values())
        elif exchange.path == REPORTS:
            attribution = self._sessions.attribute(exchange, ())
            key = attribution.key
            if key is None or not self._policy.in_scope(key.site or key.app):
                return
            session = self._session_state(key, exchange.started_at)
            number = self._own_exchange(exchange, session.id)
            place = Place(
                at=exchange.started_at,
                exchange=number,
                page_host=attribution.page_host,
                site=session.site,
                presumed=attribution.presumed,
            )
            self._observing.report(ExchangeContext(exchange, number, session, attribution, None, None, None, place))

    def _own_exchange(self, exchange: Exchange, session_id: str | None) -> str:
        number = self._emitter.number()
        capture = self._emitter.capture
        self._emitter.add(
            exchange_record(exchange, number, capture, session_id, None, OBSERVATION, with_response=False)
        )
        return number

    def _judge(self, context: ExchangeContext) -> None:
        if context.attribution.document:
            context.session.opened_at = max(context.session.opened_at, context.at)
            self._observing.lose_marks(context)
        reading = self._signals.hear(context)
        self._collectors.consent_strings(context, reading.invalid_strings)
        self._collectors.records(context, reading.records)
        # what happened before this exchange is judged again first: it is what new evidence sheds light on
        session = context.session
        if reading.spoke:
            self._collectors.review(session, context.at, reading.reach)
        self._collectors.file(context, reading.parameters)
        self._states.review(session, context.at, reading.reach)

    def _reopen(self, context: ExchangeContext) -> None:
        """While a capture runs: what other windows are presumed to have done since this one's was last seen may have been its
        doing, which nobody knew until now."""
        since = context.attribution.since
        if since is None or not self._traits.live:
            return
        for key in self._sessions.others(context.session.key):
            session = self._session_states.get(key)
            if session is not None:
                self._collectors.reopen(session, since)

    def _beside(self, key: SessionKey, at: float) -> list[ConsentView]:
        return [
            self._session_states[other].consent_view
            for other in self._sessions.beside(key, at)
            if other in self._session_states
        ]

    def _session_state(self, key: SessionKey, at: float) -> SessionState:
        session = self._session_states.get(key)
        if session is None:
            site = key.site or key.app
            margin = 0.0 if self._traits.one_clock or is_this_machine(key.client) else _DEVICE_MARGIN
            consent_view = ConsentView(
                Timeline(clock_margin=margin), self._policy.regime_of(site), partial(self._beside, key)
            )
            session = SessionState(
                self._emitter.number("s"), key, consent_view, PendingJudgements(self._rules, self._traits.live), at, at
            )
            self._session_states[key] = session
            named = self._policy.site(site).consent_manager
            if named is not None:
                session.use(self._catalogue.consent_managers[named])
            self._emitter.add(session_record(session, self._emitter.capture))
        session.started_at = min(session.started_at, at)
        session.ended_at = max(session.ended_at, at)
        return session

    def _unattributed(self, exchange: Exchange, number: str, vendor: str, kind: CallKind) -> None:
        """A vendor's call that names no page and no app: kept, but nobody is accused by it."""
        category = self._sources.need_of_vendor(vendor).category
        self._emitter.add(call_record(number, None, vendor, kind, category))
        if needs_consent(kind, category):
            reason = f"a call to {self._catalogue.name_of(vendor)} names no page or app, so it was not judged"
            self._emitter.gap("not-attributed", exchange.host, reason, number)

    def _not_sent(self, exchange: Exchange, number: str, vendor: str | None, kind: CallKind | None) -> None:
        """A vendor's call that was made nowhere but in the browser: nobody is accused by it, and it clears nobody."""
        if vendor is None or not needs_consent(kind, self._sources.need_of_vendor(vendor).category):
            return
        why = (
            "was blocked in the browser"
            if exchange.unsent is Unsent.BLOCKED
            else "was answered from the browser's cache"
        )
        reason = f"a call to {self._catalogue.name_of(vendor)} {why}: nothing went out, so it was not judged"
        self._emitter.gap("not-sent", exchange.host, reason, number)

    def _consent_gaps(self, session: SessionState) -> None:
        """What a session's end leaves unsaid about its consent."""
        if not session.judged or session.key.surface is Surface.SERVER:
            return
        for manager in session.managers.values():
            if Unread.NO_READER in session.unread.get(manager.id, ()) and TCF_ORIGIN not in session.speakers:
                reason = f"{manager.name} is in use, and nobody has told how to read the record that it keeps"
                self._emitter.gap("unreadable-consent", session.site, reason)
            if Unread.ELSEWHERE in session.unread.get(manager.id, ()):
                reason = (
                    f"{manager.name} recorded a choice, and a page that was opened afterwards did not carry its cookie: it is kept"
                    " where it does not cross the wire, or another window was opened"
                )
                self._emitter.gap("unreadable-consent", session.site, reason)
            if manager.storage == "local-storage":
                reason = f"{manager.name} keeps the answer in the browser's local storage, which never crosses the wire"
                self._emitter.gap("off-wire-consent", session.site, reason)
            elif manager.storage == "cookie-or-local-storage" and manager.id not in session.speakers:
                reason = (
                    f"{manager.name} is in use and its cookie was never seen: nobody answered, or the answer is kept in the"
                    " browser's local storage, which never crosses the wire"
                )
                self._emitter.gap("off-wire-consent", session.site, reason)
        read = [
            origin
            for origin in session.timeline.origins()
            if origin in session.speakers or origin not in session.unread
        ]
        if not session.timeline.origins() and not session.managers:
            reason = (
                "no consent manager, stamp or other signal of consent was seen, so nothing shows what the person chose"
            )
            self._emitter.gap("no-consent-source", session.site, reason)
        elif read and all(origin in _CLAIMS for origin in read):
            reason = (
                "consent is known only from what the site says of it to others (the messages' own stamps, Google's consent"
                " mode); no signal of a consent manager stands beside that"
            )
            self._emitter.gap("consent-by-stamp-alone", session.site, reason)


def _is_answered(exchange: Exchange) -> bool:
    """Whether what was requested came, from the server or, unchanged, from the browser's own store."""
    return exchange.status is not None and (200 <= exchange.status < 300 or exchange.status == 304)


def _has_hits(exchange: Exchange, decoded: Decoded | None) -> bool:
    """Whether an exchange may carry the events of a vendor's own call; those of a CDP's are its messages."""
    return exchange.unsent is None and (decoded is None or not decoded.decodes_events)


def _vendor_and_kind(match: Match | None, decoded: Decoded | None) -> tuple[str | None, CallKind | None]:
    """What a body shows wins over what an address promises."""
    if decoded is not None:
        return decoded.vendor, decoded.kind
    return (match.vendor, match.kind) if match is not None else (None, None)
