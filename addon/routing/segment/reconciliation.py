"""One event, one destination -> what becomes of it, by Segment's documented reconciliation.

Segment's "Consent in Segment Connections" gives a table of consent object (C) against integrations object (I). Each row
is one branch here. Where the documents contradict each other the outcome is ``ambiguous``, and the reason says between
what; it is never resolved by a guess.
"""

from __future__ import annotations

from addon.consent.signal import all_of
from addon.decode.facts import DestinationSetting, Mode, Origin, Stamp, StampShape
from addon.decode.segment.dialect import LEGACY_MOBILE
from addon.routing.delivery import Outcome, Prediction
from addon.routing.message import Message

from .filters import FilterInput, blocked_by_plan, kept_back

_NO_DESTINATION = ("All", "Segment.io")
"""Keys of an integrations object that name no destination."""
_EXEMPT = ("AWS S3", "Amazon S3")
"""Destinations on which Segment does not enforce consent (consent FAQ)."""
_OF_ENGAGE = ("PERSONAS - ", "Personas ")
"""How destinations of an Engage space are called, on which it does not either (consent FAQ; names: segment-docs,
``_data/catalog/destinations.yml``)."""
_MAYBE_EXEMPT = ("AWS S3 (Actions)", "Actions S3")
"""The FAQ speaks of AWS S3 without saying which of the two."""


def predicted(
    subject: FilterInput, destination: DestinationSetting, mode: Mode, mapped_categories: frozenset[str]
) -> Prediction:
    """What becomes of a message at a destination that is fed in a mode.

    Args:
        subject: the message, with the rules of its source.
        mapped_categories: every category id that the workspace maps to some destination.
    """
    message = subject.message
    fixed = _switched_off_on_device(message, destination, mode) or _switched_off(subject, destination)
    if fixed is not None:
        return fixed
    outcome, reason = _unlisted(message, destination, *_reconcile(message, destination, mapped_categories))
    if mode is Mode.DEVICE:
        if _is_broken(message, destination):
            return Outcome.FAILED, "the message says that it failed to start in the page"
        outcome, reason = _on_device(message, destination, outcome, reason)
        outcome, reason = _behind_code(subject, outcome, reason)
    kept = None if outcome is Outcome.FILTERED else kept_back(subject, destination, mode)
    if kept is None:
        return outcome, reason
    if kept[0] is Outcome.FILTERED:
        return kept
    return Outcome.AMBIGUOUS if outcome is Outcome.FLOWS else outcome, f"{reason}; but {kept[1]}"


def _is_broken(message: Message, destination: DestinationSetting) -> bool:
    """Whether the message lists it under ``_metadata.failedInitializations`` (analytics-next ``core/queue/event-queue.ts``)."""
    return any(name in message.broken for name in destination.names)


def _behind_code(subject: FilterInput, outcome: Outcome, reason: str) -> Prediction:
    """What code of the workspace leaves open that runs before destinations in the page or app: it may change a message, its consent
    included, and stop it for one destination alone."""
    code = subject.rules.code
    if not code or outcome not in (Outcome.FLOWS, Outcome.FILTERED):
        return outcome, reason
    runs = f"{' and '.join(code[:3])} may change the message, its consent included, before it"
    return (Outcome.AMBIGUOUS if outcome is Outcome.FLOWS else Outcome.UNKNOWN), f"{reason}; but {runs}"


def mode_of(message: Message, destination: DestinationSetting) -> Mode:
    """How a destination is fed. The message's own metadata is nearer to the moment than the settings."""
    if message.bundled is not None and any(name in message.bundled for name in destination.names):
        return Mode.DEVICE
    if message.unbundled is not None and any(name in message.unbundled for name in destination.names):
        return Mode.CLOUD
    return destination.mode


def _switched_off_on_device(message: Message, destination: DestinationSetting, mode: Mode) -> Prediction | None:
    """What ``false`` means in a message of a legacy mobile library."""
    if message.library not in LEGACY_MOBILE or message.choice_for(destination) is not False:
        return None
    if mode is Mode.DEVICE:
        return Outcome.FLOWS, "legacy mobile libraries write false for what they have already delivered on the device"
    return (
        Outcome.UNKNOWN,
        "a legacy mobile library writes false both for what it delivered on the device and for what is off",
    )


def _switched_off(subject: FilterInput, destination: DestinationSetting) -> Prediction | None:
    """What the integrations object keeps from a destination. ``All`` does not speak for warehouses (Segment documentation,
    Filtering data)."""
    message = subject.message
    choice = message.choice_for(destination)
    if choice is False:
        return Outcome.FILTERED, "integrations switches it off"
    every = not destination.warehouse or destination.name in _EXEMPT
    if choice is None and every and message.integrations.get("All") is False:
        planned = f", as the source's tracking plan blocks {message.name!r}" if blocked_by_plan(subject) else ""
        return Outcome.FILTERED, f"integrations switches everything off that it does not name{planned}"
    return None


def _on_device(message: Message, destination: DestinationSetting, outcome: Outcome, reason: str) -> Prediction:
    """A device-mode destination is fed by the page itself: Segment's servers have no say in it.

    That the metadata does not list it proves nothing: analytics.js lists what the settings call bundled, and loads other
    browser destinations too (analytics-next, ``normalize.ts`` and ``ajs-destination/utils.ts``).
    """
    if message.bundled is not None and not any(name in message.bundled for name in destination.names):
        return (
            Outcome.UNKNOWN,
            "the message does not list it among its bundled destinations: it was taken out before the page loaded it, or"
            " its settings do not call it bundled; its own calls would show which",
        )
    if outcome is Outcome.FILTERED:
        return (
            Outcome.UNKNOWN,
            f"{reason}, but only the page can keep it from a destination that runs there; its own calls would show it",
        )
    return outcome, reason


def _unlisted(message: Message, destination: DestinationSetting, outcome: Outcome, reason: str) -> Prediction:
    """What is less certain, or reads otherwise, of a destination that the settings do not list."""
    if destination.origin is Origin.NAMED:
        return outcome, reason
    if destination.origin is Origin.DECLARED:
        return _declared(message, destination, outcome, reason)
    key = ", ".join(destination.categories)
    shown = f"the workspace maps {key} to one" if key else "the settings count one without a category"
    refused = any(value is not True for value in message.stamp.preferences.values())
    if outcome is Outcome.FLOWS and message.stamp.shape is StampShape.PREFERENCES and key and refused:
        return Outcome.AMBIGUOUS, f"{shown}, which may need more categories than that; {reason}"
    if outcome is Outcome.FLOWS and destination.origin is not Origin.INFERRED:
        doubt = f"{shown}, which may be one of those that are known by name, whose categories are not shown"
        return (Outcome.AMBIGUOUS if destination.origin is Origin.DOUBTED else Outcome.UNKNOWN), f"{doubt}; {reason}"
    return outcome, f"{shown}; {reason}"


def _declared(message: Message, destination: DestinationSetting, outcome: Outcome, reason: str) -> Prediction:
    """A destination that the policy declares; only the policy can say what it is mapped to."""
    declared = "the policy declares it, as the settings do not show it"
    if destination.mapping_shown or outcome is not Outcome.UNKNOWN:
        return outcome, f"{declared}; {reason}"
    if message.stamp.preferences and all(value is True for value in message.stamp.preferences.values()):
        return Outcome.FLOWS, f"{declared}; the stamp grants everything"
    return Outcome.AMBIGUOUS, (
        f"{declared}, but does not say by which workspace_categories the CDP holds messages back from it, if at all"
    )


def _reconcile(message: Message, destination: DestinationSetting, mapped_categories: frozenset[str]) -> Prediction:
    """The table, row by row."""
    stamp = message.stamp
    names_any = any(name not in _NO_DESTINATION for name in message.integrations)
    if destination.name in _EXEMPT or destination.name.startswith(_OF_ENGAGE):
        return Outcome.FLOWS, "Segment does not enforce consent on it"
    if any(name in _MAYBE_EXEMPT for name in destination.names) and stamp.shape is not StampShape.MISSING:
        return (
            Outcome.UNKNOWN,
            "Segment's documents do not say whether consent is enforced on it, as it is not on AWS S3",
        )
    if stamp.shape is StampShape.MISSING:
        return Outcome.FLOWS, "the message carries no consent, and Segment then checks none"
    if not destination.mapping_shown:
        return Outcome.UNKNOWN, "the settings do not show which categories it is mapped to"
    if not destination.categories:
        return Outcome.FLOWS, "it has no category in the workspace, so consent is not checked"
    if stamp.shape is StampShape.PREFERENCES:
        return _by_preferences(stamp, destination, mapped_categories)
    if stamp.shape is StampShape.EMPTY_PREFERENCES and not names_any:
        return Outcome.FILTERED, "categoryPreferences is empty, which counts as refusing every mapped category"
    if not names_any:
        return Outcome.AMBIGUOUS, (
            "the consent object is empty: one page of Segment's documentation lets it flow everywhere,"
            " another counts every category as refused"
        )
    return Outcome.AMBIGUOUS, (
        "the consent object is empty and there is an integrations object: the same row of Segment's documentation blocks"
        " mapped destinations and lets those flow that integrations switches on or does not name"
    )


def _by_preferences(stamp: Stamp, destination: DestinationSetting, mapped_categories: frozenset[str]) -> Prediction:
    wanted = ", ".join(destination.categories)
    if not mapped_categories.intersection(stamp.preferences):
        return Outcome.AMBIGUOUS, (
            "the stamp names no category that the workspace maps: by one row of Segment's documentation all destinations"
            f" then receive, by its general rule the missing {wanted} counts as refused"
        )
    given = [stamp.preferences.get(key, False) for key in destination.categories]
    consented = all_of(given)
    if consented is None:
        return (
            Outcome.AMBIGUOUS,
            f"the stamp's value for {wanted} is not a boolean, and what Segment makes of that is not documented",
        )
    if not consented:
        refused = ", ".join(key for key in destination.categories if stamp.preferences.get(key) is False)
        missing = ", ".join(key for key in destination.categories if key not in stamp.preferences)
        reasons = [f"refuses {refused}"] if refused else []
        reasons += [f"does not name {missing}, which counts as refused"] if missing else []
        return Outcome.FILTERED, f"the stamp {' and '.join(reasons)}"
    return Outcome.FLOWS, f"the stamp grants {wanted}"
