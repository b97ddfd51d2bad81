"""One event, one destination -> what becomes of it in Hightouch.

Its fork of analytics.js keeps Segment's settings and integrations object; what its servers make of the consent in a message
is documented nowhere, so that a refusal there decides nothing. Sources: ht-sdks/events-sdk-js-mono
``plugins/hightouchio/normalize.ts``, ``plugins/ajs-destination``; Hightouch documentation, Consent Manager.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from addon.decode.facts import DestinationSetting, Mode, Stamp, StampShape
from addon.decode.segment.settings import HIGHTOUCH_KEY
from addon.judge.acts import Basis, Delivery, Outcome

from .segment import Message

CDPS = ("hightouch",)
HAS_SETTINGS = True
_NOT_DESTINATIONS = ("All", HIGHTOUCH_KEY)


def named(message: Message) -> list[DestinationSetting]:
    """The destinations in a message's metadata and in its integrations object."""
    return [
        DestinationSetting(name, (), mode, (), mapping_shown=False)
        for names, mode in (
            (message.bundled or (), Mode.DEVICE),
            (message.unbundled or (), Mode.CLOUD),
            (message.integrations, Mode.UNKNOWN),
        )
        for name in dict.fromkeys(names)
        if name not in _NOT_DESTINATIONS
    ]


def deliveries(
    message: Message,
    destinations: Iterable[DestinationSetting],
    mapped_categories: frozenset[str],
    vendors: Mapping[str, str | None],
) -> list[Delivery]:
    """What becomes of one message at each destination; ``vendors`` are the catalogue's, by destination name."""
    everything = message.integrations.get("All") is not False
    found: list[Delivery] = []
    for destination in destinations:
        choice = next((message.integrations[name] for name in destination.names if name in message.integrations), None)
        if choice is False or (choice is None and not everything):
            outcome, reason = Outcome.FILTERED, "integrations switches it off"
        else:
            outcome, reason = _by_stamp(message.stamp, destination)
        found.append(
            Delivery(
                destination=destination.name,
                vendor=vendors.get(destination.name),
                mode=destination.mode,
                keys=destination.categories,
                outcome=outcome,
                basis=Basis.PREDICTED,
                reason=reason,
                switched_on=choice is True,
            )
        )
    return found


def _by_stamp(stamp: Stamp, destination: DestinationSetting) -> tuple[Outcome, str]:
    if stamp.shape is StampShape.MISSING:
        return Outcome.FLOWS, "the message carries no consent that could keep it from anything"
    if destination.categories and all(stamp.preferences.get(key) is True for key in destination.categories):
        return Outcome.FLOWS, f"the message's consent grants {', '.join(destination.categories)}"
    return Outcome.UNKNOWN, "what Hightouch makes of the consent in a message is documented nowhere"
