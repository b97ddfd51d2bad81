"""Every destination that messages of one kind may reach, from what settings, messages and the user say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from addon.decode.facts import DestinationSetting, Settings

from .message import Message
from .plan import Declaration, Plan, Recipient
from .router import Router


def plan_of(
    router: Router,
    settings: Sequence[Settings],
    message: Message,
    recipient_of: Callable[[DestinationSetting], Recipient],
    declarations: Iterable[Declaration],
) -> Plan:
    """Where messages of one kind go on: to the destinations of the settings and of the list that a consent manager fetched, to
    those that such a message names itself, and to those that settings or the user show to exist beside them.

    Args:
        settings: those in force for the source, each of its own origin.
        message: one of them.
        recipient_of: who receives at a destination.
        declarations: destinations of the source that only the user knows.
    """
    listed = [router.mapped_for(each, message.stamp) for shown in settings for each in shown.destinations]
    found = _without_repeats(listed, router.named(message), message)
    known = {name for destination in found for name in destination.names}
    found += router.unlisted(settings, found, {each.name: recipient_of(each).need for each in found})
    found += [each for each in router.declared(declarations) if known.isdisjoint(each.names)]
    recipients = {destination.name: recipient_of(destination) for destination in found}
    mapped = {key for each in listed for key in each.categories}
    return Plan(
        destinations=tuple(
            replace(each, warehouse=True) if recipients[each.name].warehouse else each for each in found
        ),
        recipients=recipients,
        mapped_categories=frozenset(mapped.union(*(shown.all_categories for shown in settings))),
        # the list that a consent manager fetches has none
        rules=next((shown.rules for shown in settings if shown.origin == "settings"), None),
    )


def _without_repeats(
    listed: Iterable[DestinationSetting], named: Iterable[DestinationSetting], message: Message
) -> list[DestinationSetting]:
    """Every destination that settings list or the message names, each once."""
    off = {name for name, on in message.integrations.items() if not on}
    found: list[DestinationSetting] = []
    known: set[str] = set()
    for candidate in (*listed, *named):
        # tracking plans switch off single actions of a destination ("Amplitude logEvent"), which are none themselves
        action = candidate.name in off and any(candidate.name.startswith(f"{name} ") for name in known)
        # two that settings list are two, even if integrations objects call them by one name
        twice = candidate.name in known if candidate.mapping_shown else bool(known.intersection(candidate.names))
        if not (action and not candidate.mapping_shown) and not twice:
            found.append(candidate)
            known.update(candidate.names)
    return found
