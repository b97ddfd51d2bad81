"""Calls to vendors, and what each tells."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from addon.consent.consent_mode import ConsentMode
from addon.consent.reader import Parameters
from addon.judge.acts import CallAct, ConsentModeAct, DeliveryAct
from addon.pipeline.context import ExchangeContext
from addon.pipeline.deliveries import called_by_page, counted, only_pinged
from addon.pipeline.emitter import Emitter
from addon.pipeline.judged import JudgedStates
from addon.pipeline.record_conversion import delivery_record
from addon.pipeline.session_state import SessionState
from addon.pipeline.sources import SourceRegistry
from addon.records import CallRecord
from vendor_catalog import CallKind, Catalogue, Category

from .consent import GATED
from .judgements import JudgementRecorder
from .pings import unidentified_ping


@dataclass(frozen=True, slots=True)
class CallCollector:
    """Files calls, and takes them for the deliveries that they show."""

    catalogue: Catalogue
    emitter: Emitter
    sources: SourceRegistry
    judgements: JudgementRecorder
    judged: JudgedStates

    def call(self, context: ExchangeContext, parameters: Parameters) -> None:
        vendor, kind = context.vendor, context.kind
        if vendor is None or kind is None or context.exchange.method == "OPTIONS":
            return
        need = self.sources.need_of_vendor(vendor)
        self.emitter.add(call_record(context.number, context.session.id, vendor, kind, need.category))
        self.judged.take(context.session, "calls", (context.number,), need, context.place)
        session = context.session
        session.in_use.add(vendor)
        ping = unidentified_ping(context, parameters.consent_mode)
        # a ping without identifiers is not what a destination makes of a message: another call may still show the delivery
        if kind is CallKind.COLLECT and ping is None:
            self._delivers(
                session, ((act, called_by_page(act)) for act in session.observed_deliveries(vendor, context.at))
            )
        elif kind is CallKind.COLLECT:
            self._delivers(session, session.pinged(vendor, context.at, only_pinged))
        for invocation in context.decoded.invocations if context.decoded is not None else ():
            self._delivers(session, ((act, counted(act)) for act in session.invoked(invocation, context.at)))
        if parameters.consent_mode is not None:
            self._consent_mode(context, vendor, parameters.consent_mode)
        if context.decoded is not None and context.decoded.decodes_events:
            return
        act = CallAct(
            place=context.place,
            vendor=vendor,
            vendor_name=self.catalogue.name_of(vendor),
            kind=kind,
            host=context.exchange.host,
            need=need,
            tells_opt_out=parameters.opt_out,
            events=tuple(dict.fromkeys(hit.name for hit in context.hits if hit.name is not None)),
            ping=ping,
        )
        self.judgements.act(context.session, act)

    def _delivers(self, session: SessionState, seen: Iterable[tuple[DeliveryAct, DeliveryAct]]) -> None:
        """Puts what was seen of deliveries in the place of what was predicted."""
        for act, better in seen:
            self.emitter.add(delivery_record(better))
            self.judgements.rule(session, session.pending.amend(act, better, session.consent_view))

    def _consent_mode(self, context: ExchangeContext, vendor: str, mode: ConsentMode) -> None:
        granted = tuple(category for category in GATED if mode.granted.get(category) is True)
        if granted:
            act = ConsentModeAct(
                place=context.place,
                vendor=vendor,
                vendor_name=self.catalogue.name_of(vendor),
                host=context.exchange.host,
                granted=granted,
                shown=mode.shown,
            )
            self.judgements.act(context.session, act)


def call_record(
    exchange: str, session: str | None, vendor: str, kind: CallKind, category: Category | None
) -> CallRecord:
    return CallRecord(
        id=exchange,
        exchange_id=exchange,
        session_id=session,
        vendor=vendor,
        kind=kind,
        category=category or Category.NECESSARY,
    )
