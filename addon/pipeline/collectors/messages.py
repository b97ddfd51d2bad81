"""CDP messages, and where each goes on."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Iterable

from addon.decode import decoder_of
from addon.decode.facts import Event, Mode, Origin
from addon.judge.acts.deliveries import DeliveryAct, WarehouseAct
from addon.judge.acts.messages import EventAct
from addon.pipeline.capture import CaptureParts
from addon.pipeline.context import ExchangeContext, ReadExchange
from addon.pipeline.deliveries import Routed, called_by_page, not_seen, only_pinged
from addon.pipeline.device_deliveries import DeviceDeliveries
from addon.pipeline.record_conversion import delivery_record, event_record
from addon.pipeline.session_state import SessionState
from addon.records import DuplicateRecord
from addon.routing import routers
from addon.routing.delivery import NOT_DELIVERED

from .collector import Collector, Others
from .destination_mappings import DestinationMappingCollector

_MAX_MESSAGES = 20_000


class MessageCollector(Collector):
    """Files each message once, and its deliveries as soon as its destinations are known."""

    AFTER = ("destination_mappings",)
    """Settings tell where the messages go that waited for them."""

    def __init__(self, capture: CaptureParts, others: Others) -> None:
        super().__init__(capture, others)
        self._routing = capture.routing
        self._mappings = others.of(DestinationMappingCollector)
        self._messages: OrderedDict[tuple[str, str | None, str], str] = OrderedDict()
        self._deliveries: defaultdict[str, DeviceDeliveries] = defaultdict(DeviceDeliveries)

    def deliveries_of(self, session: SessionState) -> DeviceDeliveries:
        """A session's deliveries by libraries in the page, which calls may show."""
        return self._deliveries[session.id]

    def facts(self, read: ReadExchange) -> None:
        """Delivers what waited for a source's settings."""
        settings = None if read.decoded is None else read.decoded.settings
        if settings is not None:
            self._deliver(self._routing.settled(self.sources.source(settings.cdp, settings.write_key)))

    def exchange(self, context: ExchangeContext) -> None:
        for event in context.events:
            self.others.message(context, event, self._event(context, event))

    def remainder(self) -> None:
        """Delivers what still waits for settings."""
        self._deliver(self._routing.close())

    def close(self, session: SessionState) -> None:
        """Says of which deliveries in the page nothing was seen. Nobody is accused or cleared by it."""
        for act in self.deliveries_of(session).unseen(session.ended_at):
            self.emitter.add(delivery_record(not_seen(act)))

    def finish(self) -> None:
        """Says of which sources the settings were never seen."""
        for (cdp, write_key), messages in self._routing.unsettled.items():
            if not self.sources.source(cdp, write_key).seen:
                of_cdp = f" of {decoder_of(cdp).name}"
                source_text = (
                    f"source {write_key}{of_cdp}" if write_key else f"a source{of_cdp} that names no write key"
                )
                why = (
                    "its settings never passed by"
                    if routers()[cdp].has_settings
                    else "pages are told only what they feed"
                )
                reason = f"{messages} messages of {source_text}: {why}, so not all of its destinations are known"
                self.emitter.gap("settings-not-seen", None, reason)

    def _event(self, context: ExchangeContext, event: Event) -> EventAct | None:
        """A message; ``None`` if it was sent before."""
        number = f"{context.number}.{event.position}"
        if self._sent_before(context, event, number):
            return None
        self.emitter.add(event_record(event, number, context.number, context.session.id, context.at))
        source = self.sources.source(event.cdp, event.write_key or "")
        self._mappings.sent_by(source, context.session)
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
            made_by=event.made_by,
        )
        self.judgements.states.event(context.session, act)
        self.judgements.act(context.session, act)
        self._deliver(self._routing.route(context.session, act, event))
        return act

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
            act = self._shown(each.session, each.act)
            self.emitter.add(delivery_record(act))
            self.judgements.states.delivery(each.session, act)
            if act.need is None and act.delivery.origin is Origin.INFERRED:
                continue  # unmapped-destination speaks of it
            if act.need is None:
                name = act.delivery.destination
                reason = f"nobody knows what {name[:80]!r} is for; declare it under [destinations] in the policy"
                self.emitter.gap("unknown-destination", each.session.site, reason)
            elif act.delivery.outcome in NOT_DELIVERED:
                continue
            elif each.warehouse:
                self._warehouse(each, act)
            else:
                self.judgements.act(each.session, act)
        for exchange, session in self._routing.cut_short().items():
            reason = "its messages would go on to so many destinations that not all of them were followed"
            self.emitter.gap("fan-out-cut-short", session.site, reason, exchange)

    def _shown(self, session: SessionState, act: DeliveryAct) -> DeliveryAct:
        """A delivery, with what calls before it showed of it already."""
        if act.delivery.mode is not Mode.DEVICE:
            return act
        deliveries = self.deliveries_of(session)
        if deliveries.pinged_for(act):
            act = only_pinged(act)
        return called_by_page(act) if deliveries.expect(act) else act

    def _warehouse(self, routed: Routed, act: DeliveryAct) -> None:
        """A warehouse of which nobody declares a use is judged once per state of consent: it keeps every message."""
        session = routed.session
        state = (session.id, session.generation, routed.source, act.delivery.destination, act.delivery.outcome)
        if self.emitter.first_time("warehouse", *state):
            first = WarehouseAct(place=act.place, event=act.event, delivery=act.delivery, need=act.need)
            self.judgements.act(session, first)


COLLECTOR = MessageCollector
