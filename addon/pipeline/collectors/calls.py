"""Calls to vendors, and what each tells."""

from __future__ import annotations

from collections.abc import Iterable

from addon.consent.consent_mode import ConsentMode
from addon.judge.acts import CallAct, ConsentModeAct, DeliveryAct
from addon.pipeline.capture import CaptureParts
from addon.pipeline.context import ExchangeContext
from addon.pipeline.deliveries import called_by_page, counted, failed, only_pinged
from addon.pipeline.record_conversion import call_record, delivery_record
from addon.pipeline.session_state import SessionState
from vendor_catalog import CallKind

from .collector import Collector, Others
from .consent import GATED
from .messages import MessageCollector
from .pings import unidentified_ping
from .signals import SignalCollector


class CallCollector(Collector):
    """Files calls, and takes them for the deliveries that they show."""

    AFTER = ("messages",)
    """A library counts, in the same request, the messages that it sends."""

    def __init__(self, capture: CaptureParts, others: Others) -> None:
        super().__init__(capture, others)
        self._messages = others.of(MessageCollector)
        self._signals = others.of(SignalCollector)

    def exchange(self, context: ExchangeContext) -> None:
        self.take(context)

    def take(self, context: ExchangeContext, known_by: str | None = None) -> None:
        """Files the call of an exchange; ``known_by`` says why it is the vendor's, if its address does not tell."""
        vendor, kind = context.vendor, context.kind
        if vendor is None or kind is None or context.exchange.method == "OPTIONS":
            return
        need = self.sources.need_of_vendor(vendor)
        self.emitter.add(call_record(context.number, context.session.id, vendor, kind, need.category))
        self.judgements.states.take(context.session, "calls", (context.number,), need, context.place)
        session, parameters = context.session, context.reading.parameters
        deliveries = self._messages.deliveries_of(session)
        deliveries.in_use.add(vendor)
        kept = self._signals.cookies_of(session)
        ping = unidentified_ping(context, parameters.consent_mode, kept)
        # a ping without identifiers is not what a destination makes of a message: another call may still show the delivery
        if kind is CallKind.COLLECT and ping is None:
            self._delivers(session, ((act, called_by_page(act)) for act in deliveries.observed(vendor, context.at)))
        elif kind is CallKind.COLLECT:
            self._delivers(session, deliveries.pinged(vendor, context.at, only_pinged))
        for invocation in context.decoded.invocations if context.decoded is not None else ():
            delivered, broken = deliveries.invoked(invocation, context.at)
            shown = [(act, counted(act)) for act in delivered]
            deliveries.counted.extend(better for _, better in shown)
            self._delivers(session, shown)
            self._delivers(session, ((act, failed(act, action=invocation.action)) for act in broken))
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
            tells_opt_out=parameters.opt_out or any(hit.restricted for hit in context.hits.hits),
            events=tuple(dict.fromkeys(hit.name for hit in context.hits.hits if hit.name is not None)),
            ping=ping,
            known_by=known_by,
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


COLLECTOR = CallCollector
