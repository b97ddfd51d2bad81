"""Consent that was seen to be held, and consent strings that are broken."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from addon.consent.signal import Signal
from addon.judge.acts import ConsentStringAct, RecordAct
from addon.pipeline.ledger import Ledger
from addon.pipeline.scene import Scene
from vendor_catalog import Catalogue, Category

from .rulings import Rulings

GATED = (Category.MARKETING, Category.ANALYTICS)
"""Categories that are consent wherever they are granted; what is functional differs from site to site."""


@dataclass(frozen=True, slots=True)
class ConsentFiling:
    """Files what the consent managers' records show."""

    catalogue: Catalogue
    ledger: Ledger
    rulings: Rulings

    def strings(self, scene: Scene, invalid: Iterable[tuple[str, tuple[str, ...]]]) -> None:
        for carrier, problems in invalid:
            if self.ledger.first_time("consent-string", scene.visit.id, carrier, problems):
                self.rulings.act(scene.visit, ConsentStringAct(place=scene.place, carrier=carrier, problems=problems))

    def records(self, scene: Scene, signals: Iterable[Signal], at: float | None) -> None:
        for signal in signals:
            granted = tuple(category for category in GATED if signal.values.get(category) is True)
            if granted:
                act = RecordAct(
                    place=scene.place if at is None else replace(scene.place, at=at),
                    origin=signal.origin,
                    origin_name=self.catalogue.name_of(signal.origin),
                    carrier=signal.carrier,
                    granted=granted,
                    signal=signal,
                )
                self.rulings.act(scene.visit, act)
