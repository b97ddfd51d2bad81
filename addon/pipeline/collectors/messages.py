"""CDP messages, and where each goes on."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field

from addon.decode import decoder_of
from addon.decode.facts import Event, Origin
from addon.judge.acts import EventAct, WarehouseAct
from addon.pipeline.context import ExchangeContext
from addon.pipeline.deliveries import Routed, Routing, not_seen
from addon.pipeline.emitter import Emitter
from addon.pipeline.judged import JudgedStates
from addon.pipeline.record_conversion import delivery_record, event_record
from addon.pipeline.session_state import SessionState
from addon.pipeline.sources import SourceRegistry
from addon.records import DuplicateRecord
from addon.routing import Source
from addon.routing.delivery import Outcome

from .destination_mappings import DestinationMappingCollector
from .judgements import JudgementRecorder

_MAX_MESSAGES = 20_000


@dataclass(slots=True)
class MessageCollector:
    """Files each message once, and its deliveries as soon as its destinations are known."""

    emitter: Emitter
    sources: SourceRegistry
    routing: Routing
    mappings: DestinationMappingCollector
    judgements: JudgementRecorder
    judged: JudgedStates
    _messages: OrderedDict[tuple[str, str | None, str], str] = field(default_factory=OrderedDict)

    def event(self, context: ExchangeContext, event: Event) -> EventAct | None:
        """A message; ``None`` if it was sent before."""
        number = f"{context.number}.{event.position}"
        if self._sent_before(context, event, number):
            return None
        self.emitter.add(event_record(event, number, context.number, context.session.id, context.at))
        source = self.sources.source(event.cdp, event.write_key or "")
        self.mappings.sent_by(source, context.session)
        decoder = decoder_of(event.cdp)
        act = EventAct(
            place=context.place,
            event=number,
            cdp=event.cdp,
            cdp_name=decoder.name,
            stamping=decoder.stamping,
            type=event.type,
            name=event.name,
            surface=event.surface,
            stamp=event.stamp,
            stamp_needs={key: self.sources.need_of_keys((key,)) for key in event.stamp.preferences},
            integrations=event.integrations,
            reports_choice=event.reports_choice,
            made_at=None if event.waited is None else context.at - event.waited,
            advertising_id=event.advertising_id,
            anonymous=event.anonymous,
            need=self.sources.need_of_vendor(event.cdp),
            enforced=self.sources.enforces_consent(source, context.at),
            user_id=event.user_id,
            anonymous_id=event.anonymous_id,
            device_id=event.device_id,
            previous_id=event.previous_id,
            write_key=event.write_key,
        )
        self.judged.event(context.session, act)
        self.judgements.act(context.session, act)
        self._deliver(self.routing.route(context.session, act, event))
        return act

    def settled(self, source: Source) -> None:
        """Delivers what waited for a source's settings."""
        self._deliver(self.routing.settled(source))

    def finish(self) -> None:
        """Delivers what still waits for settings."""
        self._deliver(self.routing.close())

    def unseen(self, session: SessionState) -> None:
        """Says of which deliveries in the page nothing was seen. Nobody is accused or cleared by it."""
        for act in session.unseen():
            self.emitter.add(delivery_record(not_seen(act)))

    def _sent_before(self, context: ExchangeContext, event: Event, number: str) -> bool:
        if event.message_id is None:
            return False
        original = self._messages.setdefault((event.cdp, event.write_key, event.message_id), number)
        if original != number:
            self.emitter.add(DuplicateRecord(event_id=original, exchange_id=context.number))
            return True
        if len(self._messages) > _MAX_MESSAGES:
            self._messages.popitem(last=False)
        return False

    def _deliver(self, routed: Iterable[Routed]) -> None:
        for each in routed:
            act = each.act
            self.emitter.add(delivery_record(act))
            self.judged.delivery(each.session, act)
            if act.need is None and act.delivery.origin is Origin.INFERRED:
                continue  # unmapped-destination speaks of it
            if act.need is None:
                name = act.delivery.destination
                reason = f"nobody knows what {name[:80]!r} is for; declare it under [destinations] in the policy"
                self.emitter.gap("unknown-destination", each.session.site, reason)
            elif act.delivery.outcome is Outcome.FILTERED:
                continue
            elif each.warehouse:
                self._warehouse(each)
            else:
                self.judgements.act(each.session, act)
        for exchange, session in self.routing.cut_short().items():
            reason = "its messages would go on to so many destinations that not all of them were followed"
            self.emitter.gap("fan-out-cut-short", session.site, reason, exchange)

    def _warehouse(self, routed: Routed) -> None:
        """A warehouse of which nobody declares a use is judged once per state of consent: it keeps every message."""
        session, act = routed.session, routed.act
        state = (session.id, session.generation, routed.source, act.delivery.destination, act.delivery.outcome)
        if self.emitter.first_time("warehouse", *state):
            first = WarehouseAct(place=act.place, event=act.event, delivery=act.delivery, need=act.need)
            self.judgements.act(session, first)
