"""One event, one destination -> what becomes of it in RudderStack: its server filters by denied ids, its page by allowed ones.

Sources: rudder-server ``processor/consent.go`` (cloud mode); rudder-sdk-js ``deviceModeDestinations``,
``customConsentManager`` and its siblings (device mode).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from addon.decode.facts import ConsentMapping, DestinationSetting, Mode, Stamp
from addon.judge.acts import Delivery, Outcome
from addon.routing.message import Message, choice_of, predicted, switched_off

CDPS = ("rudderstack",)
HAS_SETTINGS = True
_LEGACY = ("oneTrust", "ketch")
"""In this order, where the message names no consent manager."""


def named(message: Message) -> list[DestinationSetting]:
    """The destinations in a message's integrations object."""
    return [
        DestinationSetting(name, (), Mode.UNKNOWN, (), mapping_shown=False)
        for name in message.integrations
        if name != "All"
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
        outcome, reason = switched_off(message, destination) or _by_consent(message.stamp, destination)
        # the SDK itself writes an entry for what it feeds in the page, which switches nothing on
        chosen = choice_of(message, destination) is True and not everything
        found.append(predicted(destination, vendors, outcome, reason, switched_on=chosen))
    return found


def _by_consent(stamp: Stamp, destination: DestinationSetting) -> tuple[Outcome, str]:
    if not destination.mapping_shown:
        return Outcome.UNKNOWN, "the source's configuration does not list it, so it may not exist"
    return _on_device(stamp, destination) if destination.mode is Mode.DEVICE else _on_server(stamp, destination)


def _on_server(stamp: Stamp, destination: DestinationSetting) -> tuple[Outcome, str]:
    denied = {key for key, granted in stamp.preferences.items() if granted is False}
    if not denied:
        return Outcome.FLOWS, "the message denies no consent id, and RudderStack then checks none"
    mapping = _server_mapping(stamp, destination.mappings)
    if mapping is None:
        return Outcome.FLOWS, f"it has no consent ids for {_provider(stamp)}, so consent is not checked"
    refused = [key for key in mapping.categories if key in denied]
    one = mapping.any_suffices if mapping.any_suffices is not None else stamp.any_suffices
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


def _on_device(stamp: Stamp, destination: DestinationSetting) -> tuple[Outcome, str]:
    """The page decides when it loads the destination, by the ids that are allowed then."""
    newer = [each for each in destination.mappings if not each.legacy]
    candidates = newer or destination.mappings
    mapping = next((each for each in candidates if each.provider == stamp.provider), None)
    if mapping is None:
        told = (
            "the message carries no consent, and the page then loads it"
            if not stamp.preferences
            else (f"it has no consent ids for {_provider(stamp)}, so the page loads it")
        )
        return Outcome.FLOWS, told
    allowed = [stamp.preferences.get(key) is True for key in mapping.categories]
    one = mapping.any_suffices if mapping.any_suffices is not None else stamp.any_suffices
    if any(allowed) if one else all(allowed):
        return Outcome.FLOWS, f"the message allows {', '.join(mapping.categories)}, so the page loads it"
    return Outcome.UNKNOWN, (
        f"the message does not allow {', '.join(mapping.categories)}, but only the page can keep it from a destination that"
        " runs there; its own calls would show it"
    )


def _provider(stamp: Stamp) -> str:
    return "the message's consent manager" if stamp.provider is None else repr(stamp.provider[:40])
