"""One event, one destination -> what becomes of it in Jitsu: its answer to each message names what the page has to feed.

What its servers feed never crosses the wire, and no document says that they check consent. Source: jitsucom/jitsu
``libs/jitsu-js/src/analytics-plugin.ts`` (``processDestinations``), ``destination-plugins``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from addon.decode.facts import DestinationSetting, Mode
from addon.judge.acts import Delivery, Outcome
from addon.routing.message import Message, predicted

CDPS = ("jitsu",)
HAS_SETTINGS = False
_NAMES = {"ga4-tag": "Google Analytics 4", "gtm": "Google Tag Manager", "logrocket": "LogRocket"}
"""Kinds of destinations that the page feeds itself, and what they are called elsewhere."""


def named(message: Message) -> list[DestinationSetting]:
    """The destinations in the answer to a message."""
    return [
        DestinationSetting(name, (_NAMES[name],) if name in _NAMES else (), Mode.DEVICE, (), mapping_shown=False)
        for name in dict.fromkeys(message.bundled or ())
    ]


def deliveries(
    message: Message,
    destinations: Iterable[DestinationSetting],
    mapped_categories: frozenset[str],
    vendors: Mapping[str, str | None],
) -> list[Delivery]:
    """What becomes of one message at each destination; ``vendors`` are the catalogue's, by destination name."""
    told = "Jitsu's answer to the message told the page to feed it"
    return [predicted(destination, vendors, Outcome.FLOWS, told) for destination in destinations]
