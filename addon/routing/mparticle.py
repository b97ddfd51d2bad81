"""One event, one kit -> whether the page gives it to the kit, by mParticle's consent rules.

The web SDK runs a kit if it has no consent rule, or if the rule's conditions match the person's consent state. One purpose with
the required answer is enough for a match, and the rule says whether a match runs the kit or stops it. Source:
mparticle-web-sdk 2.68.0 ``consent.ts`` (``isEnabledForUserConsent``), ``forwarders.js``.
"""

from __future__ import annotations

from collections.abc import Mapping

from addon.decode.facts import DestinationSetting
from addon.decode.mparticle.kits import ConsentRule, KitRules, answers

from .delivery import Delivery, Outcome, Prediction
from .message import Message
from .plan import Plan
from .router import Router

_FORWARDED = ("custom_event", "screen_view", "commerce_event")
"""What kits are made for; what they do with the other types is each kit's own affair."""


class MParticleRouter(Router):
    """Routes to the kits of the page. Messages do not say where they go on."""

    cdp = "mparticle"
    predicts = "the configuration's kits and the consent rule of each (what the servers feed is not in it)"

    def deliveries(self, message: Message, plan: Plan) -> list[Delivery]:
        said = answers(message.stamp)
        return [plan.delivery(kit, _predicted(message, kit, said)) for kit in plan.destinations]


ROUTER = MParticleRouter()


def _predicted(message: Message, kit: DestinationSetting, said: Mapping[str, bool | None]) -> Prediction:
    rules = kit.rules if isinstance(kit.rules, KitRules) else KitRules()
    outcome, reason = _by_consent(rules.consent, said)
    if outcome is Outcome.FLOWS and rules.narrowed:
        outcome, reason = (
            Outcome.UNKNOWN,
            f"{reason}, but the kit has other filters, which may keep the event from it",
        )
    if outcome is Outcome.FLOWS and message.type not in _FORWARDED:
        return Outcome.UNKNOWN, f"{reason}, but what it does with such a message is not known"
    return outcome, reason


def _by_consent(rule: ConsentRule | None, said: Mapping[str, bool | None]) -> Prediction:
    if rule is None:
        return Outcome.FLOWS, "the kit has no consent rule, so that consent is not checked"
    if any(said.get(purpose) is answer for purpose, answer in rule.answers):
        if rule.includes:
            return Outcome.FLOWS, "the batch's consent state has what the kit's consent rule asks for"
        return Outcome.FILTERED, "the batch's consent state has what the kit's consent rule excludes"
    if any(purpose in said and said[purpose] is None for purpose, _ in rule.answers):
        return Outcome.UNKNOWN, "the consent state has a value for a purpose of the kit's rule that is not a boolean"
    if rule.includes:
        return Outcome.FILTERED, "the batch's consent state has nothing that the kit's consent rule asks for"
    return Outcome.FLOWS, "the batch's consent state has nothing that the kit's consent rule excludes"
