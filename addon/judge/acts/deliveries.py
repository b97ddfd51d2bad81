"""Deliveries of CDP messages, and what settings say of destinations, as acts that are judged."""

from __future__ import annotations

from dataclasses import dataclass

from addon.consent.timeline import Need
from addon.routing.delivery import Delivery

from .act import Act
from .messages import EventAct


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryAct(Act):
    """A CDP message would flow on to a destination, or was seen to."""

    event: EventAct
    delivery: Delivery
    need: Need | None
    """``None`` if nobody knows the destination's category."""

    @property
    def event_id(self) -> str:
        return self.event.event


@dataclass(frozen=True, slots=True, kw_only=True)
class WarehouseAct(DeliveryAct):
    """Messages would flow on to a warehouse or store of which the policy declares no use: the first under a state of consent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingAct(Act):
    """A source's settings showed to which consent categories a destination is mapped."""

    write_key: str
    destination: str | None
    """``None`` for a destination that the settings count (``hasUnmappedDestinations``) but do not list."""
    vendor: str | None
    keys: tuple[str, ...]
    warehouse: bool = False
    """Whether it is a warehouse or store."""
