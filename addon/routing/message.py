"""What of a message decides where it goes, and what fan-outs have in common."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from addon.decode.facts import DestinationSetting, Mode, Stamp
from addon.judge.acts import Basis, Delivery, Outcome
from addon.routing.segment.filters import Carried


@dataclass(frozen=True, slots=True)
class Message:
    """What of a message decides where it goes."""

    stamp: Stamp
    integrations: Mapping[str, bool]
    bundled: tuple[str, ...] | None
    unbundled: tuple[str, ...] | None
    legacy_mobile: bool
    """Whether its library writes ``false`` for destinations which it has fed on the device."""
    type: str = "track"
    carried: Carried = field(default_factory=Carried)
    """What filters are asked about."""


def named_by(message: Message, ignored: Collection[str]) -> list[DestinationSetting]:
    """The destinations in a message's metadata and in its integrations object, without the keys that are ignored."""
    return [
        DestinationSetting(name, (), mode, (), mapping_shown=False)
        for names, mode in (
            (message.bundled or (), Mode.DEVICE),
            (message.unbundled or (), Mode.CLOUD),
            (message.integrations, Mode.UNKNOWN),
        )
        for name in dict.fromkeys(names)
        if name not in ignored
    ]


def choice_of(message: Message, destination: DestinationSetting) -> bool | None:
    """What the integrations object says of a destination by one of its names."""
    return next((message.integrations[name] for name in destination.names if name in message.integrations), None)


def switched_off(message: Message, destination: DestinationSetting) -> tuple[Outcome, str] | None:
    """What becomes of a message that its integrations object keeps from a destination, by name or with all others."""
    choice = choice_of(message, destination)
    if choice is False or (choice is None and message.integrations.get("All") is False):
        return Outcome.FILTERED, "integrations switches it off"
    return None


def predicted(
    destination: DestinationSetting,
    vendors: Mapping[str, str | None],
    outcome: Outcome,
    reason: str,
    *,
    switched_on: bool = False,
) -> Delivery:
    """A message at a destination, as settings and message let expect."""
    return Delivery(
        destination=destination.name,
        vendor=vendors.get(destination.name),
        mode=destination.mode,
        keys=destination.categories,
        outcome=outcome,
        basis=Basis.PREDICTED,
        reason=reason,
        switched_on=switched_on,
    )
