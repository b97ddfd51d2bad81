"""One exchange in, records out."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping

from addon.consent.reader import ConsentReader
from addon.consent.signal import Resolver
from addon.decode import decode
from addon.decode.facts import Decoded
from addon.decode.hits import HitReading, read_hits
from addon.exchange import WEBSOCKET, Exchange
from addon.judge.acts import Place
from addon.policy import Policy
from addon.records import GapRecord, Record
from vendor_catalog import SCRIPT, CallKind, Catalogue, Match

from .capture import CaptureParts
from .collectors import Collectors
from .consent_states import ConsentStates
from .context import ExchangeContext, ReadExchange
from .deliveries import Routing
from .emitter import Emitter
from .judged import JudgedStates
from .judgements import JudgementRecorder
from .names import Names
from .observations import ObservationStep
from .record_conversion import exchange_record, session_record
from .session_states import SessionStates
from .sessions import Attribution, SessionRegistry
from .sources import SourceRegistry
from .traits import CaptureTraits

log = logging.getLogger("consentwire")
_NO_HITS = HitReading()


class Pipeline:
    """Turns the exchanges of one capture into records, in order."""

    def __init__(self, capture: int, catalogue: Catalogue, policy: Policy, traits: CaptureTraits) -> None:
        catalogue = policy.extended(catalogue)
        resolver = Resolver(catalogue, policy.category_overrides())
        self._catalogue = catalogue
        self._policy = policy
        self._traits = traits
        self._emitter = Emitter(capture)
        self._attribution = SessionRegistry()
        self._sessions = SessionStates(catalogue, policy, traits, self._emitter, self._attribution)
        self._sources = SourceRegistry(catalogue, resolver, policy)
        self._judgements = JudgementRecorder(self._emitter, policy, JudgedStates(self._emitter, traits.live))
        self._states = ConsentStates(self._emitter, traits.live)
        self._names = Names(catalogue, resolver)
        parts = CaptureParts(
            catalogue=catalogue,
            policy=policy,
            traits=traits,
            emitter=self._emitter,
            reader=ConsentReader(catalogue, resolver),
            attribution=self._attribution,
            sessions=self._sessions,
            sources=self._sources,
            routing=Routing(self._sources),
            judgements=self._judgements,
        )
        self._collectors = Collectors(parts)
        self._observations = ObservationStep(parts, self._collectors, self._states)
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
        for remainder in self._collectors.remainder:
            remainder()
        for session in self._sessions:
            self._judgements.close(session)
            self._states.close(session)
            for close in self._collectors.close:
                close(session)
            self._emitter.add(session_record(session, self._emitter.capture))
        for finish in self._collectors.finish:
            finish()
        if self._out_of_scope:
            reason = f"{self._out_of_scope} exchanges outside the policy's scope were neither judged nor stored"
            self._emitter.gap("out-of-scope", None, reason, count=self._out_of_scope)
        self._emitter.recount()
        return self._take()

    def _process(self, exchange: Exchange) -> None:
        if exchange.own:
            self._observations.take(exchange)
            return
        read = self._read(exchange)
        if read is None:
            self._out_of_scope += 1
            return
        if exchange.method == WEBSOCKET and read.decoded is None:
            reason = f"{exchange.failure or 'a text message over a WebSocket, in no known format'}: what it says was not judged"
            self._emitter.gap("websocket", exchange.host, reason, count=1)
            return
        self._record(read)
        if read.vendor is not None:
            for facts in self._collectors.facts:
                facts(read)
        if not isinstance(read, ExchangeContext) or exchange.unsent is not None:
            return
        _count(read)
        for evidence in self._collectors.evidence:
            evidence(read)
        session, reading = read.session, read.reading
        # what happened before this exchange is judged again first: it is what new evidence sheds light on
        if reading.spoke:
            self._judgements.review(session, read.at, reading.reach)
        for collect in self._collectors.exchange:
            collect(read)
        self._states.review(session, read.at, reading.reach)
        self._reopen(read)

    def _take(self) -> list[Record]:
        """The records since the last call, with the names of what occurs in them."""
        records = self._emitter.take()
        return [*records, *self._names.missing(records)]

    def _read(self, exchange: Exchange) -> ReadExchange | None:
        """What is found in an exchange, and whose it is; ``None`` if the policy leaves it out."""
        method = SCRIPT if exchange.fetches_script else exchange.method
        # the address of a socket was matched when it was opened; its messages are known by what they say
        is_message = method == WEBSOCKET
        match = None if is_message else self._catalogue.match(method, exchange.host, exchange.path, exchange.query)
        decoded = decode(exchange, match, self._sources.ingestion_hosts)
        hits = read_hits(exchange, match) if _has_hits(exchange, decoded) else _NO_HITS
        events = decoded.events if decoded is not None else ()
        attribution = self._attribution.attribute(exchange, events, hits.hits, of_vendor=match is not None)
        key = attribution.key
        if not self._policy.in_scope(None if key is None else key.site or key.app):
            return None
        vendor, kind = _vendor_and_kind(match, decoded)
        session = None if key is None else self._sessions.of(key, exchange.started_at)
        number = self._emitter.number()
        if session is None:
            return ReadExchange(
                exchange=exchange,
                number=number,
                session=None,
                attribution=attribution,
                decoded=decoded,
                vendor=vendor,
                kind=kind,
                match=match,
                hits=hits,
            )
        return ExchangeContext(
            exchange=exchange,
            number=number,
            session=session,
            decoded=decoded,
            vendor=vendor,
            kind=kind,
            match=match,
            hits=hits,
            attribution=attribution,
            place=_place(exchange, number, attribution, session.site),
            contested=attribution.presumed and self._attribution.contested(session.key),
        )

    def _record(self, read: ReadExchange) -> None:
        """The row of an exchange, and what of it could not be read."""
        exchange, decoded = read.exchange, read.decoded
        for name in self._names.categories(decoded):
            self._emitter.add(name)
        session_id = None if read.session is None else read.session.id
        with_response = decoded is not None and decoded.settings is not None
        self._emitter.add(
            exchange_record(
                exchange,
                read.number,
                self._emitter.capture,
                session_id,
                read.vendor,
                read.kind,
                page=read.attribution.document,
                with_response=with_response,
            )
        )
        for problem in decoded.problems if decoded is not None else ():
            self._emitter.gap(problem.kind, exchange.host, problem.reason, read.number)
        if exchange.websocket and not exchange.messages_follow:
            reason = "the capture does not have the messages over a WebSocket"
            self._emitter.gap("websocket", exchange.host, reason, read.number)

    def _reopen(self, context: ExchangeContext) -> None:
        """While a capture runs: what other windows are presumed to have done since this one's was last seen may have been its
        doing, which nobody knew until now."""
        since = context.attribution.since
        if since is None or not self._traits.live:
            return
        for session in self._sessions.others(context.session):
            self._judgements.reopen(session, since)


def _count(context: ExchangeContext) -> None:
    """Keeps account of what was opened and fetched in a session."""
    session, exchange, document = context.session, context.exchange, context.attribution.document
    if document:
        session.opened_at = max(session.opened_at, context.at)
    if _is_answered(exchange):
        session.pages += document and not exchange.websocket
        session.fetched += not document and exchange.method != "OPTIONS"


def _place(exchange: Exchange, number: str, attribution: Attribution, site: str | None) -> Place:
    return Place(
        at=exchange.started_at,
        exchange=number,
        page_host=attribution.page_host,
        site=site,
        presumed=attribution.presumed,
        doubtful=attribution.doubtful,
        failure=exchange.failure,
    )


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
