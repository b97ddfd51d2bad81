"""What a page's own calls show of the device-mode deliveries of one session: messages that a library in the page hands on."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from addon.decode.facts import Invocation
from addon.judge.acts import DeliveryAct
from addon.routing.delivery import NOT_DELIVERED, Outcome, Seen

_MAX_EXPECTED = 500
_MAX_CALLS = 50
METRIC_WINDOW = 120.0
"""Seconds after an event in which a library's counters may tell of it: it sends them every 30, and in hidden tabs, where browsers
slow timers down, once a minute or so later."""
DEVICE_WINDOW = 5.0
"""Seconds after an event in which a call to a device-mode destination's vendor is taken for its delivery."""


@dataclass(slots=True)
class DeviceDeliveries:
    """The deliveries that calls may yet show, and the calls that a later message or settings may yet explain."""

    awaited: deque[DeliveryAct] = field(default_factory=lambda: deque(maxlen=_MAX_EXPECTED))
    """Those that the vendor's own call may yet show."""
    filtered: deque[DeliveryAct] = field(default_factory=lambda: deque(maxlen=_MAX_EXPECTED))
    """Those that should not happen; a call would speak against it."""
    counted: deque[DeliveryAct] = field(default_factory=lambda: deque(maxlen=_MAX_EXPECTED))
    """Those that a counter showed to have begun; a later one may say that they failed."""
    fed: deque[DeliveryAct] = field(default_factory=lambda: deque(maxlen=_MAX_EXPECTED))
    """Those of late that may have happened, whether or not a call showed them."""
    in_use: set[str] = field(default_factory=set)
    """Vendors of which anything was fetched or called."""
    calls: dict[str, deque[float]] = field(default_factory=dict)
    """Vendor -> when it was called of late: a message, or the settings that tell where it goes, may arrive after the call."""
    pings: dict[str, deque[float]] = field(default_factory=dict)
    """Vendor -> when it was called of late without anything that tells the person apart."""

    def expect(self, act: DeliveryAct) -> bool:
        """Notes a device-mode delivery, to be recognised when the vendor is called; says whether it was called already."""
        filtered = act.delivery.outcome in NOT_DELIVERED
        if not filtered:
            self.fed.append(act)
        vendor = act.delivery.vendor or ""
        calls = [at for at in self.calls.get(vendor, ()) if _shows(at, act)]
        if calls and not (filtered and all(self._explained(vendor, at) for at in calls)):
            return True
        (self.filtered if filtered else self.awaited).append(act)
        return False

    def observed(self, vendor: str, at: float) -> list[DeliveryAct]:
        """The device-mode deliveries that a call to a vendor shows; of those that should not happen only what no other delivery
        explains."""
        self.calls.setdefault(vendor, deque(maxlen=_MAX_CALLS)).append(at)
        found = [act for act in self.awaited if act.delivery.vendor == vendor and _shows(at, act)]
        against = [act for act in self.filtered if act.delivery.vendor == vendor and _shows(at, act)]
        if against and self._explained(vendor, at):
            against = []
        self.awaited = _without(self.awaited, found)
        self.filtered = _without(self.filtered, against)
        return [*found, *against]

    def pinged(
        self, vendor: str, at: float, seen_so: Callable[[DeliveryAct], DeliveryAct]
    ) -> list[tuple[DeliveryAct, DeliveryAct]]:
        """Puts what a call without identifiers leaves of device-mode deliveries in their place, where another call may still show
        them; gives out which stands for which."""
        self.pings.setdefault(vendor, deque(maxlen=_MAX_CALLS)).append(at)
        changed = [
            (act, better)
            for act in self.awaited
            if act.delivery.vendor == vendor and _shows(at, act) and (better := seen_so(act)) is not act
        ]
        instead = {id(act): better for act, better in changed}
        self.awaited = _replaced(self.awaited, instead)
        self.fed = _replaced(self.fed, instead)
        return changed

    def pinged_for(self, act: DeliveryAct) -> bool:
        """Whether a vendor was called without identifiers within seconds of a message."""
        return any(_shows(at, act) for at in self.pings.get(act.delivery.vendor or "", ()))

    def _explained(self, vendor: str, at: float) -> bool:
        """Whether a message that may go on to a vendor explains a call to it."""
        return any(act.delivery.vendor == vendor and _shows(at, act) for act in self.fed)

    def invoked(self, invocation: Invocation, at: float) -> tuple[list[DeliveryAct], list[DeliveryAct]]:
        """The device-mode deliveries that a library's counter shows to have happened, and to have failed. It does not say of which
        messages it speaks, so that it shows none unless it counts them all. Actions are counted before they look at the message, and
        some only add to it in the page: of them it shows no more than was predicted. It counts what a library makes a ping of as
        well."""
        meant = [act for act in self.fed if _is_counted(act, invocation, at)]
        if invocation.failed:
            return [], self._failed(meant, invocation, at)
        if len(meant) > invocation.count:
            return [], []
        self.fed = _without(self.fed, meant)  # no later counter speaks of them again
        open_ones = {id(act) for act in self.awaited if act.delivery.seen is not Seen.PING}
        found = [
            act
            for act in meant
            if id(act) in open_ones and (not invocation.action or act.delivery.outcome is Outcome.FLOWS)
        ]
        self.awaited = _without(self.awaited, found)
        return found, []

    def _failed(self, meant: list[DeliveryAct], invocation: Invocation, at: float) -> list[DeliveryAct]:
        """Those that failed: all of which a counter of failures can speak, if it counts them all. What the vendor's own call showed
        did happen."""
        earlier = [act for act in self.counted if _is_counted(act, invocation, at)]
        if len(meant) + len(earlier) > invocation.failed:
            return []
        self.fed = _without(self.fed, meant)
        open_ones = {id(act) for act in self.awaited}
        found = [act for act in meant if id(act) in open_ones]
        self.awaited = _without(self.awaited, found)
        self.counted = _without(self.counted, earlier)
        return [*found, *earlier]

    def unseen(self, ended_at: float) -> list[DeliveryAct]:
        """The device-mode deliveries, predicted to happen, that no call showed although their vendor was in use and there was
        time for one."""
        return [
            act
            for act in self.awaited
            if act.delivery.outcome is Outcome.FLOWS
            and act.delivery.vendor in self.in_use
            and act.at + DEVICE_WINDOW <= ended_at
            and not self._called_near(act)
        ]

    def _called_near(self, act: DeliveryAct) -> bool:
        """Whether a vendor was called about the time of a message, or so often that it is no longer known: a library that sends
        messages in batches sends them after the page's own code has called the vendor."""
        calls = self.calls.get(act.delivery.vendor or "", ())
        return len(calls) >= _MAX_CALLS or any(abs(at - act.at) <= 2 * DEVICE_WINDOW for at in calls)


def _without(acts: deque[DeliveryAct], gone: list[DeliveryAct]) -> deque[DeliveryAct]:
    if not gone:
        return acts
    identities = {id(act) for act in gone}
    return deque((act for act in acts if id(act) not in identities), maxlen=_MAX_EXPECTED)


def _replaced(acts: deque[DeliveryAct], instead: Mapping[int, DeliveryAct]) -> deque[DeliveryAct]:
    """The same with others in the place of some, by identity."""
    return deque((instead.get(id(act), act) for act in acts), maxlen=_MAX_EXPECTED) if instead else acts


def _is_counted(act: DeliveryAct, invocation: Invocation, at: float) -> bool:
    """Whether a counter that was sent at a moment can speak of a delivery."""
    return act.event.type == invocation.type and 0 <= at - act.at <= METRIC_WINDOW and _is_meant(act, invocation)


def _is_meant(act: DeliveryAct, invocation: Invocation) -> bool:
    """An action's name stands behind its destination's."""
    if invocation.action:
        return any(invocation.integration.startswith(f"{name} ") for name in act.delivery.names)
    return invocation.integration in act.delivery.names


def _shows(at: float, act: DeliveryAct) -> bool:
    return 0 <= at - act.at <= DEVICE_WINDOW
