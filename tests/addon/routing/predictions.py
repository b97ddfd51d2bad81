"""Helpers for the tests of routers: the outcome of one message at one destination, in one line."""

from __future__ import annotations

from addon.decode.facts import DestinationSetting, Stamp, StampShape
from addon.routing import Message, Plan, Router
from addon.routing.delivery import Outcome


def outcome(router: Router, sent: Message, destination: DestinationSetting) -> Outcome:
    """What becomes of a message at a destination; the prediction gives its reason."""
    (one,) = router.deliveries(sent, Plan((destination,)))
    assert one.reason
    return one.outcome


def denied(
    *denied_ids: str, allowed: tuple[str, ...] = (), provider: str | None = "oneTrust", one: bool = False
) -> Stamp:
    """A stamp that denies some ids and allows others."""
    preferences = {**dict.fromkeys(allowed, True), **dict.fromkeys(denied_ids, False)}
    shape = StampShape.PREFERENCES if preferences else StampShape.EMPTY_PREFERENCES
    return Stamp(shape, preferences, provider=provider, any_suffices=one)
