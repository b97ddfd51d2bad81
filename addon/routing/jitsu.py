"""One event, one destination -> what becomes of it in Jitsu: its answer to each message names what the page has to feed.

What its servers feed never crosses the wire, and no document says that they check consent. Source: jitsucom/jitsu
``libs/jitsu-js/src/analytics-plugin.ts`` (``processDestinations``), ``destination-plugins``.
"""

from __future__ import annotations

from addon.decode.facts import DestinationSetting, Mode

from .delivery import Delivery, Outcome
from .message import Message
from .plan import Plan
from .router import Router

_NAMES = {"ga4-tag": "Google Analytics 4", "gtm": "Google Tag Manager", "logrocket": "LogRocket"}
"""Kinds of destinations that the page feeds itself, and what they are called elsewhere."""


class JitsuRouter(Router):
    """Routes to what the answer to a message names."""

    cdp = "jitsu"
    predicts = "the answer to each message, which names what the page has to feed (what the servers feed never crosses the wire)"
    has_settings = False

    def named(self, message: Message) -> list[DestinationSetting]:
        return [
            DestinationSetting(name, (_NAMES[name],) if name in _NAMES else (), Mode.DEVICE, (), mapping_shown=False)
            for name in dict.fromkeys(message.bundled or ())
        ]

    def deliveries(self, message: Message, plan: Plan) -> list[Delivery]:
        reason = "Jitsu's answer to the message told the page to feed it"
        return [plan.delivery(destination, (Outcome.FLOWS, reason)) for destination in plan.destinations]


ROUTER = JitsuRouter()
