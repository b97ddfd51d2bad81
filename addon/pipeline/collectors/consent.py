"""Consent that was seen to be held, and consent strings that are broken."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from addon.consent.signal import Signal
from addon.judge.acts import ConsentStringAct, RecordAct
from addon.pipeline.context import ExchangeContext
from addon.pipeline.emitter import Emitter
from vendor_catalog import Catalogue, Category

from .judgements import JudgementRecorder

GATED = (Category.MARKETING, Category.ANALYTICS)
"""Categories that are consent wherever they are granted; what is functional differs from site to site."""


@dataclass(frozen=True, slots=True)
class ConsentCollector:
    """Files what the consent managers' records show."""

    catalogue: Catalogue
    emitter: Emitter
    judgements: JudgementRecorder

    def strings(self, context: ExchangeContext, invalid: Iterable[tuple[str, tuple[str, ...]]]) -> None:
        for carrier, problems in invalid:
            if self.emitter.first_time("consent-string", context.session.id, carrier, problems):
                self.judgements.act(
                    context.session, ConsentStringAct(place=context.place, carrier=carrier, problems=problems)
                )

    def records(self, context: ExchangeContext, signals: Iterable[Signal], at: float | None) -> None:
        for signal in signals:
            granted = tuple(category for category in GATED if signal.values.get(category) is True)
            if granted:
                act = RecordAct(
                    place=context.place if at is None else replace(context.place, at=at),
                    origin=signal.origin,
                    origin_name=self.catalogue.name_of(signal.origin),
                    carrier=signal.carrier,
                    granted=granted,
                    signal=signal,
                )
                self.judgements.act(context.session, act)
