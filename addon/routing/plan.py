"""Where messages of one kind go on: every known destination, who receives there, and what that needs consent for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from addon.consent.timeline import Need
from addon.decode.facts import DestinationSetting, Mode, Origin, RoutingRules

from .delivery import Basis, Delivery, Prediction


@dataclass(frozen=True, slots=True)
class Declaration:
    """A destination that the settings are not expected to show, as the user declares it."""

    name: str
    categories: tuple[str, ...]
    """The workspace category ids by which the CDP holds messages back from it; empty if the user does not say."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who receives at a destination, by the catalogue and by what the user declares."""

    vendor: str | None = None
    """The catalogue's id."""
    need: Need | None = None
    """What it needs consent for; ``None`` if nobody knows."""
    warehouse: bool = False
    """Whether the catalogue knows it as a warehouse or store."""
    declared: bool = False
    """Whether the user declares what it is used for."""
    owner: str | None = None
    """Who answers for it, by the user's declaration."""


_UNKNOWN_RECIPIENT = Recipient()


@dataclass(frozen=True, slots=True)
class Plan:
    """Where messages of one kind go on."""

    destinations: tuple[DestinationSetting, ...]
    recipients: Mapping[str, Recipient] = field(default_factory=dict)
    """By the name of the destination."""
    mapped_categories: frozenset[str] = frozenset()
    """Every category id that the workspace maps to some destination, listed or hidden."""
    rules: RoutingRules | None = None
    """What the settings say of all messages of the source, as its CDP has it."""

    def recipient(self, destination: str) -> Recipient:
        """Who receives at a destination, by its name."""
        return self.recipients.get(destination, _UNKNOWN_RECIPIENT)

    def delivery(
        self,
        destination: DestinationSetting,
        prediction: Prediction,
        *,
        switched_on: bool = False,
        mode: Mode | None = None,
    ) -> Delivery:
        """A message at a destination of the plan.

        Args:
            switched_on: whether the message's integrations object names it and switches it on.
            mode: how the message says that it is fed; ``None`` if the settings decide.
        """
        outcome, reason = prediction
        recipient = self.recipient(destination.name)
        return Delivery(
            destination=destination.name,
            vendor=recipient.vendor,
            mode=destination.mode if mode is None else mode,
            keys=destination.categories,
            mapping_shown=destination.mapping_shown,
            outcome=outcome,
            basis=Basis.DECLARED if destination.origin is Origin.DECLARED else Basis.PREDICTED,
            reason=reason,
            switched_on=switched_on,
            names=destination.names,
            origin=destination.origin,
            owner=recipient.owner,
        )
