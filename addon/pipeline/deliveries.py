"""Where each message goes on: its deliveries, as soon as the source's settings are known.

Settings may pass by after the first messages (or never): those messages wait for them, within bounds, and at the end are
routed by what they say themselves.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from addon.decode.facts import Event
from addon.judge.acts.deliveries import DeliveryAct
from addon.judge.acts.messages import EventAct
from addon.pipeline.session_state import SessionState
from addon.pipeline.sources import SourceRegistry
from addon.routing import Message, Source, SourceKey, routers
from addon.routing.delivery import NOT_DELIVERED, Basis, Outcome, Seen

_MAX_WAITING = 2000
"""Messages of one source that wait for its settings."""
_MAX_WAITING_IN_ALL = 20_000
_MAX_DELIVERIES = 50_000
"""Deliveries of the messages of one request: 2,500 messages, which is Segment's limit, at 20 destinations."""


@dataclass(frozen=True, slots=True)
class Routed:
    """One delivery, with the act to be judged if its destination's category is known."""

    session: SessionState
    act: DeliveryAct
    source: SourceKey
    warehouse: bool
    """Whether it is at a warehouse of which the policy declares no use."""


@dataclass(slots=True)
class Routing:
    """Routes messages; keeps those whose source's settings have not been seen."""

    sources: SourceRegistry
    _waiting: dict[SourceKey, deque[tuple[SessionState, EventAct, Message]]] = field(default_factory=dict)
    _waiting_in_all: int = 0
    unsettled: Counter[SourceKey] = field(default_factory=Counter)
    """Source -> messages that were routed without settings."""
    _spent: tuple[str, float] = ("", 0)
    """The request whose messages are being routed, and how many deliveries they had so far; infinite once that was said."""
    _cut_short: dict[str, SessionState] = field(default_factory=dict)
    """Requests with more of them than are followed."""

    def route(self, session: SessionState, act: EventAct, event: Event) -> Iterator[Routed]:
        """The deliveries of a message, if its source's settings are known; else it waits. None where its CDP is not known to
        send messages on."""
        router = routers().get(event.cdp)
        if router is None:
            return
        message = Message.of(event)
        source = self.sources.source(event.cdp, event.write_key or "")
        if not router.has_settings:
            self.unsettled[source.key] += 1
        if source.seen or not router.has_settings:
            yield from self._deliver(source, session, act, message)
            return
        if self._waiting_in_all >= _MAX_WAITING_IN_ALL and source.key not in self._waiting:
            self.unsettled[source.key] += 1
            yield from self._deliver(source, session, act, message)
            return
        queue = self._waiting.setdefault(source.key, deque())
        queue.append((session, act, message))
        self._waiting_in_all += 1
        if len(queue) > _MAX_WAITING or self._waiting_in_all > _MAX_WAITING_IN_ALL:
            self._waiting_in_all -= 1
            self.unsettled[source.key] += 1
            yield from self._deliver(source, *queue.popleft())

    def settled(self, source: Source) -> Iterator[Routed]:
        """The deliveries of what waited for a source's settings."""
        waited = self._waiting.pop(source.key, ())
        self._waiting_in_all -= len(waited)
        for waiting in waited:
            yield from self._deliver(source, *waiting)

    def close(self) -> Iterator[Routed]:
        """The deliveries of what still waits at the end, by what the messages name themselves."""
        for key, queue in self._waiting.items():
            self.unsettled[key] += len(queue)
            for waiting in queue:
                yield from self._deliver(self.sources.source(*key), *waiting)
        self._waiting.clear()

    def cut_short(self) -> dict[str, SessionState]:
        """Requests, each named once, of whose messages not all could be followed to their destinations."""
        cut_short, self._cut_short = self._cut_short, {}
        return cut_short

    def _deliver(self, source: Source, session: SessionState, act: EventAct, message: Message) -> Iterator[Routed]:
        exchange = act.place.exchange
        spent = self._spent[1] if exchange == self._spent[0] else 0
        if spent >= _MAX_DELIVERIES:
            if spent != math.inf:
                self._cut_short[exchange] = session
            self._spent = (exchange, math.inf)
            return
        plan = self.sources.plan(source, message, act.at)
        self._spent = (exchange, spent + len(plan.destinations))
        for delivery in routers()[source.cdp].deliveries(message, plan):
            recipient = plan.recipient(delivery.destination)
            routed = DeliveryAct(place=act.place, event=act, delivery=delivery, need=recipient.need)
            yield Routed(session, routed, source.key, warehouse=recipient.warehouse and not recipient.declared)


def called_by_page(act: DeliveryAct) -> DeliveryAct:
    """The delivery, now that the vendor was called by the page. What was predicted to be held back stays so: the call may have
    another cause."""
    delivery = act.delivery
    call = f"its vendor ({delivery.vendor}) was called by the page within seconds of the message"
    if delivery.outcome in NOT_DELIVERED:
        reason = f"predicted {delivery.outcome} ({delivery.reason}), but {call}: for this destination, or by something else on the page"
        return replace(act, delivery=replace(delivery, reason=reason, seen=Seen.CALL))
    return _observed(act, call, Seen.CALL)


def counted(act: DeliveryAct) -> DeliveryAct:
    """The delivery, now that the library counted that it handed the message over."""
    library, counter = routers()[act.event.cdp].call_counter
    reason = (
        f"{library} counted that it handed a {act.event.type} call to it within two minutes of the message ({counter})"
    )
    return _observed(act, reason, Seen.METRIC)


def failed(act: DeliveryAct, *, action: bool) -> DeliveryAct:
    """The delivery, now that the library counted that handing the message over failed. If an action failed, it is not known whether
    the destination's other actions did as well."""
    library, counter = routers()[act.event.cdp].call_counter
    delivery = act.delivery
    reason = f"{library} counted that handing a {act.event.type} call to it failed, within two minutes of the message ({counter}.error)"
    outcome = Outcome.FAILED
    if action:
        outcome, reason = (
            Outcome.AMBIGUOUS,
            f"{delivery.reason}; but {reason}: one of its actions, which may have others",
        )
    better = replace(
        delivery,
        outcome=outcome,
        basis=Basis.OBSERVED,
        reason=reason,
        predicted=delivery.predicted or delivery.outcome,
        seen=Seen.FAILURE,
    )
    return replace(act, delivery=better)


def only_pinged(act: DeliveryAct) -> DeliveryAct:
    """The delivery, predicted to happen, after which the vendor was called without anything that tells the person apart: whether
    the message reached it as this person's cannot be told, unless another call shows it."""
    delivery = act.delivery
    if delivery.outcome not in (Outcome.FLOWS, Outcome.AMBIGUOUS):
        return act
    reason = (
        f"{delivery.reason}; but {delivery.vendor} was called by the page within seconds of the message with a ping that carries"
        " no identifier, so that the message may have become no more than that"
    )
    pinged = replace(
        delivery,
        outcome=Outcome.UNKNOWN,
        reason=reason,
        predicted=delivery.predicted or delivery.outcome,
        seen=Seen.PING,
    )
    return replace(act, delivery=pinged)


def not_seen(act: DeliveryAct) -> DeliveryAct:
    """The delivery, predicted to flow, after which the vendor was not called although it was in use in the page."""
    delivery = act.delivery
    reason = (
        f"{delivery.reason}; its vendor ({delivery.vendor}) was in use in the page, but no call of it followed within seconds"
        " (some vendors' libraries wait, and send several at once)"
    )
    return replace(act, delivery=replace(delivery, reason=reason, seen=Seen.NOTHING))


def _observed(act: DeliveryAct, reason: str, seen: Seen) -> DeliveryAct:
    fault = act.delivery.known_fault
    reason = reason if fault is None else f"{reason}, although its consent does not grant that. {fault}"
    delivery = replace(
        act.delivery,
        outcome=Outcome.FLOWS,
        basis=Basis.OBSERVED,
        reason=reason,
        predicted=act.delivery.predicted or act.delivery.outcome,
        seen=seen,
    )
    return replace(act, delivery=delivery)
