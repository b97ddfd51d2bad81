"""One event, one destination -> what becomes of it in RudderStack: its server filters by denied ids, its page by allowed ones.

Sources: rudder-server ``processor/consent.go`` (cloud mode); rudder-sdk-js ``deviceModeDestinations``,
``customConsentManager`` and its siblings (device mode).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from addon.decode.facts import DestinationSetting, Mode, Stamp
from addon.decode.rudderstack.settings import ConsentMapping, ConsentMappings

from .delivery import Delivery, Outcome, Prediction
from .message import Message
from .plan import Plan
from .router import Router

_LEGACY = ("oneTrust", "ketch")
"""In this order, where the message names no consent manager."""


class RudderStackRouter(Router):
    """Routes by consent ids, as the server or the page checks them."""

    cdp = "rudderstack"
    predicts = (
        "the configuration's destinations and the integrations object; denied consent ids where the server decides, allowed ones where"
        " the page does"
    )

    def named(self, message: Message) -> list[DestinationSetting]:
        """Those of the integrations object: messages have no other metadata."""
        return [
            DestinationSetting(name, (), Mode.UNKNOWN, (), mapping_shown=False)
            for name in message.integrations
            if name != "All"
        ]

    def mapped_for(self, destination: DestinationSetting, stamp: Stamp) -> DestinationSetting:
        """The destination itself if the stamp does not say whose ids it has."""
        mappings = _mappings(destination)
        if stamp.provider is None or not mappings:
            return destination
        own = [each for each in mappings if each.provider == stamp.provider]
        chosen = next((each for each in own if not each.legacy), own[0] if own else None)
        if chosen is None:
            return replace(destination, categories=())
        return replace(destination, categories=chosen.categories, any_suffices=_any_suffices(chosen, stamp))

    def deliveries(self, message: Message, plan: Plan) -> list[Delivery]:
        # the SDK itself writes an entry for what it feeds in the page, which switches nothing on
        chooses = message.integrations.get("All") is False
        return [
            plan.delivery(
                destination,
                message.switched_off(destination) or _by_consent(message.stamp, destination),
                switched_on=chooses and message.choice_for(destination) is True,
            )
            for destination in plan.destinations
        ]


ROUTER = RudderStackRouter()


def _mappings(destination: DestinationSetting) -> tuple[ConsentMapping, ...]:
    return destination.rules.listed if isinstance(destination.rules, ConsentMappings) else ()


def _any_suffices(mapping: ConsentMapping, stamp: Stamp) -> bool:
    return stamp.any_suffices if mapping.any_suffices is None else mapping.any_suffices


def _by_consent(stamp: Stamp, destination: DestinationSetting) -> Prediction:
    if not destination.mapping_shown:
        return Outcome.UNKNOWN, "the source's configuration does not list it, so it may not exist"
    return _on_device(stamp, destination) if destination.mode is Mode.DEVICE else _on_server(stamp, destination)


def _on_server(stamp: Stamp, destination: DestinationSetting) -> Prediction:
    denied = {key for key, granted in stamp.preferences.items() if granted is False}
    if not denied:
        return Outcome.FLOWS, "the message denies no consent id, and RudderStack then checks none"
    mapping = _server_mapping(stamp, _mappings(destination))
    if mapping is None:
        return Outcome.FLOWS, f"it has no consent ids for {_provider(stamp)}, so consent is not checked"
    refused = [key for key in mapping.categories if key in denied]
    one = _any_suffices(mapping, stamp)
    if one and len(refused) < len(mapping.categories):
        return (
            Outcome.FLOWS,
            f"one of {', '.join(mapping.categories)} is enough, and the message does not deny all of them",
        )
    if refused:
        return Outcome.FILTERED, f"the message denies {', '.join(refused)}"
    return Outcome.FLOWS, f"the message does not deny {', '.join(mapping.categories)}"


def _server_mapping(stamp: Stamp, mappings: Iterable[ConsentMapping]) -> ConsentMapping | None:
    listed = tuple(mappings)
    for each in listed:
        if not each.legacy and each.provider == stamp.provider:
            return each
    for provider in _LEGACY:
        if stamp.provider in (None, provider):
            for each in listed:
                if each.legacy and each.provider == provider:
                    return each
    return None


def _on_device(stamp: Stamp, destination: DestinationSetting) -> Prediction:
    """The page decides when it loads the destination, by the ids that are allowed then."""
    mappings = _mappings(destination)
    candidates = [each for each in mappings if not each.legacy] or mappings
    mapping = next((each for each in candidates if each.provider == stamp.provider), None)
    if mapping is None:
        reason = (
            "the message carries no consent, and the page then loads it"
            if not stamp.preferences
            else (f"it has no consent ids for {_provider(stamp)}, so the page loads it")
        )
        return Outcome.FLOWS, reason
    allowed = [stamp.preferences.get(key) is True for key in mapping.categories]
    one = _any_suffices(mapping, stamp)
    if any(allowed) if one else all(allowed):
        return Outcome.FLOWS, f"the message allows {', '.join(mapping.categories)}, so the page loads it"
    return Outcome.UNKNOWN, (
        f"the message does not allow {', '.join(mapping.categories)}, but only the page can keep it from a destination that"
        " runs there; its own calls would show it"
    )


def _provider(stamp: Stamp) -> str:
    return "the message's consent manager" if stamp.provider is None else repr(stamp.provider[:40])
