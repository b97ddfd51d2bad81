"""One event, one destination -> what becomes of it in Hightouch.

Its fork of analytics.js keeps Segment's settings and integrations object; what its servers make of the consent in a message
is documented nowhere, so that a refusal there decides nothing. Sources: ht-sdks/events-sdk-js-mono
``plugins/hightouchio/normalize.ts``, ``plugins/ajs-destination``; Hightouch documentation, Consent Manager.
"""

from __future__ import annotations

from addon.decode.facts import DestinationSetting, Stamp, StampShape
from addon.decode.segment.settings import HIGHTOUCH_KEY

from .delivery import Delivery, Outcome, Prediction
from .message import Message
from .plan import Plan
from .router import Router

_NOT_DESTINATIONS = ("All", HIGHTOUCH_KEY)


class HightouchRouter(Router):
    """Routes by the integrations object, and by a consent that grants everything."""

    cdp = "hightouch"
    predicts = (
        "the settings' destinations and the integrations object; that a message carries no consent, or grants what a destination needs"
        " (what Hightouch makes of a refusal is not documented)"
    )

    def named(self, message: Message) -> list[DestinationSetting]:
        return message.named_destinations(_NOT_DESTINATIONS)

    def deliveries(self, message: Message, plan: Plan) -> list[Delivery]:
        return [
            plan.delivery(
                destination,
                message.switched_off(destination) or _by_stamp(message.stamp, destination),
                switched_on=message.choice_for(destination) is True,
            )
            for destination in plan.destinations
        ]


ROUTER = HightouchRouter()


def _by_stamp(stamp: Stamp, destination: DestinationSetting) -> Prediction:
    if stamp.shape is StampShape.MISSING:
        return Outcome.FLOWS, "the message carries no consent that could keep it from anything"
    if destination.categories and all(stamp.preferences.get(key) is True for key in destination.categories):
        return Outcome.FLOWS, f"the message's consent grants {', '.join(destination.categories)}"
    return Outcome.UNKNOWN, "what Hightouch makes of the consent in a message is documented nowhere"
