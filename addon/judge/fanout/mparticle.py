"""One event, one kit -> whether the page gives it to the kit, by mParticle's consent rules.

The web SDK runs a kit if it has no consent rule, or if what the rule asks fits the person's consent state: one purpose with the
answer that is asked for is enough, and the rule says whether that lets the kit run or keeps it from running. Source:
mparticle-web-sdk 2.68.0 ``consent.ts`` (``isEnabledForUserConsent``), ``forwarders.js``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from addon.decode.facts import ConsentRule, DestinationSetting
from addon.decode.mparticle.kits import answers
from addon.judge.acts import Delivery, Outcome
from addon.judge.message import Message, predicted

CDPS = ("mparticle",)
HAS_SETTINGS = True
_FORWARDED = ("custom_event", "screen_view", "commerce_event")
"""What kits are made for; what they do with the other types is each kit's own affair."""


def named(message: Message) -> list[DestinationSetting]:
    """None: messages do not say where they go on."""
    return []


def deliveries(
    message: Message,
    destinations: Iterable[DestinationSetting],
    mapped_categories: frozenset[str],
    vendors: Mapping[str, str | None],
) -> list[Delivery]:
    """What becomes of one message at each kit."""
    said = answers(message.stamp)
    found: list[Delivery] = []
    for kit in destinations:
        outcome, reason = _decided(kit.rule, said)
        if outcome is Outcome.FLOWS and kit.narrowed:
            outcome, reason = (
                Outcome.UNKNOWN,
                f"{reason}, but the kit has other filters, which may keep the event from it",
            )
        if outcome is Outcome.FLOWS and message.type not in _FORWARDED:
            outcome, reason = Outcome.UNKNOWN, f"{reason}, but what it does with such a message is not known"
        found.append(predicted(kit, vendors, outcome, reason))
    return found


def _decided(rule: ConsentRule | None, said: Mapping[str, bool | None]) -> tuple[Outcome, str]:
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
