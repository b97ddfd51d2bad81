"""One event, one destination -> what becomes of it in Hightouch.

Its fork of analytics.js keeps Segment's settings and integrations object; what its servers make of the consent in a message
is documented nowhere, so that a refusal there decides nothing. Sources: ht-sdks/events-sdk-js-mono
``plugins/hightouchio/normalize.ts``, ``plugins/ajs-destination``; Hightouch documentation, Consent Manager.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from addon.decode.facts import DestinationSetting, Stamp, StampShape
from addon.decode.segment.settings import HIGHTOUCH_KEY
from addon.judge.acts import Delivery, Outcome
from addon.routing.message import Message, choice_of, named_by, predicted, switched_off

CDPS = ("hightouch",)
HAS_SETTINGS = True
_NOT_DESTINATIONS = ("All", HIGHTOUCH_KEY)


def named(message: Message) -> list[DestinationSetting]:
    """The destinations in a message's metadata and in its integrations object."""
    return named_by(message, _NOT_DESTINATIONS)


def deliveries(
    message: Message,
    destinations: Iterable[DestinationSetting],
    mapped_categories: frozenset[str],
    vendors: Mapping[str, str | None],
) -> list[Delivery]:
    """What becomes of one message at each destination; ``vendors`` are the catalogue's, by destination name."""
    found: list[Delivery] = []
    for destination in destinations:
        outcome, reason = switched_off(message, destination) or _by_stamp(message.stamp, destination)
        chosen = choice_of(message, destination) is True
        found.append(predicted(destination, vendors, outcome, reason, switched_on=chosen))
    return found


def _by_stamp(stamp: Stamp, destination: DestinationSetting) -> tuple[Outcome, str]:
    if stamp.shape is StampShape.MISSING:
        return Outcome.FLOWS, "the message carries no consent that could keep it from anything"
    if destination.categories and all(stamp.preferences.get(key) is True for key in destination.categories):
        return Outcome.FLOWS, f"the message's consent grants {', '.join(destination.categories)}"
    return Outcome.UNKNOWN, "what Hightouch makes of the consent in a message is documented nowhere"
