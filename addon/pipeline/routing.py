"""Where each message goes on: its deliveries, as soon as the source's settings are known.

Settings may pass by after the first messages (or never): those messages wait for them, within bounds, and at the end are
routed by what they say themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from addon.decode.facts import DestinationSetting, Event, Mode
from addon.decode.segment.message import LEGACY_MOBILE
from addon.judge.acts import Basis, DeliveryAct, EventAct, Outcome
from addon.judge.fanout import Message, deliveries
from addon.pipeline.sources import Source, SourceBook, vendors_by_name
from addon.pipeline.visit import Visit

_MAX_WAITING = 2000


@dataclass(frozen=True, slots=True)
class Routed:
    """One delivery, with the act to be judged if its destination's category is known."""

    visit: Visit
    act: DeliveryAct


@dataclass(frozen=True, slots=True)
class _Waiting:
    visit: Visit
    act: EventAct
    message: Message
    named: tuple[DestinationSetting, ...]


@dataclass(slots=True)
class Routing:
    """Routes messages; keeps those whose source's settings have not been seen."""

    book: SourceBook
    _waiting: dict[str, list[_Waiting]] = field(default_factory=dict)
    unsettled: dict[str, int] = field(default_factory=dict)
    """Write key -> messages that were routed without settings."""

    def route(self, visit: Visit, act: EventAct, event: Event) -> Iterator[Routed]:
        """The deliveries of a message, if its source's settings are known; else it waits."""
        message = Message(
            stamp=event.stamp,
            integrations=event.integrations,
            bundled=event.bundled,
            unbundled=event.unbundled,
            legacy_mobile=event.library in LEGACY_MOBILE,
        )
        source = self.book.source(event.write_key or "")
        if source.seen:
            yield from self._deliver(visit, act, message, self.book.destinations(source, event, act.at), source)
            return
        named = tuple(self.book.destinations(source, event, act.at))
        queue = self._waiting.setdefault(source.write_key, [])
        queue.append(_Waiting(visit, act, message, named))
        if len(queue) > _MAX_WAITING:
            yield from self._without_settings(source, [queue.pop(0)])

    def settled(self, source: Source) -> Iterator[Routed]:
        """The deliveries of what waited for a source's settings."""
        for waiting in self._waiting.pop(source.write_key, []):
            destinations = self.book.with_settings(source, waiting.named, waiting.act.at)
            yield from self._deliver(waiting.visit, waiting.act, waiting.message, destinations, source)

    def close(self) -> Iterator[Routed]:
        """The deliveries of what still waits at the end, by what the messages name themselves."""
        for write_key, queue in list(self._waiting.items()):
            yield from self._without_settings(self.book.source(write_key), queue)
        self._waiting.clear()

    def _without_settings(self, source: Source, queue: list[_Waiting]) -> Iterator[Routed]:
        self.unsettled[source.write_key] = self.unsettled.get(source.write_key, 0) + len(queue)
        for waiting in queue:
            yield from self._deliver(waiting.visit, waiting.act, waiting.message, list(waiting.named), source)

    def _deliver(
        self, visit: Visit, act: EventAct, message: Message, destinations: list[DestinationSetting], source: Source
    ) -> Iterator[Routed]:
        settings = {destination.name: destination for destination in destinations}
        mapped = self.book.mapped_categories(source, act.at)
        for delivery in deliveries(message, destinations, mapped, vendors_by_name(self.book, destinations)):
            need = self.book.need_of_destination(settings[delivery.destination])
            routed = DeliveryAct(place=act.place, event=act, delivery=delivery, need=need)
            if delivery.mode is Mode.DEVICE:
                visit.expect(routed)
            yield Routed(visit, routed)


def observed(act: DeliveryAct) -> DeliveryAct:
    """The delivery, now that the vendor's own call was seen."""
    delivery = replace(
        act.delivery,
        outcome=Outcome.FLOWS,
        basis=Basis.OBSERVED,
        reason=f"{act.delivery.vendor} was called by the page within seconds of the message",
    )
    return replace(act, delivery=delivery)
