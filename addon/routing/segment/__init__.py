"""Segment's rules: reconciliation of consent and integrations, filters, and the destinations that its settings leave out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from addon.decode.facts import DestinationSetting
from addon.judge.acts import Delivery

if TYPE_CHECKING:
    from addon.routing.message import Message

CDPS = ("segment",)
HAS_SETTINGS = True


def named(message: Message) -> list[DestinationSetting]:
    """The destinations in a message's metadata and in its integrations object."""
    from .reconciliation import named

    return named(message)


def deliveries(
    message: Message,
    destinations: Iterable[DestinationSetting],
    mapped_categories: frozenset[str],
    vendors: Mapping[str, str | None],
) -> list[Delivery]:
    """What becomes of one message at each destination."""
    from .reconciliation import deliveries

    return deliveries(message, destinations, mapped_categories, vendors)
