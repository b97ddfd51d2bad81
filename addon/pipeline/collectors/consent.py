"""Consent that was seen to be held, and consent strings that are broken."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from addon.consent.signal import Signal
from addon.judge.acts.consent import ConsentStringAct, RecordAct
from addon.pipeline.context import ExchangeContext
from vendor_catalog import Category

from .collector import Collector

GATED = (Category.MARKETING, Category.ANALYTICS)
"""Categories that are consent wherever they are granted; what is functional differs from site to site."""


class ConsentCollector(Collector):
    """Files what the consent managers' records show."""

    AFTER = ("signals",)

    def evidence(self, context: ExchangeContext) -> None:
        reading = context.reading
        if reading.invalid_strings or reading.records:  # most exchanges bring neither
            self.strings(context, reading.invalid_strings)
            self.records(context, reading.records)

    def strings(self, context: ExchangeContext, invalid: Iterable[tuple[str, tuple[str, ...]]]) -> None:
        """Consent strings that are broken: what carried them, and their problems."""
        for carrier, problems in invalid:
            if self.emitter.first_time("consent-string", context.session.id, carrier, problems):
                self.judgements.act(
                    context.session, ConsentStringAct(place=context.place, carrier=carrier, problems=problems)
                )

    def records(self, context: ExchangeContext, signals: Iterable[Signal], at: float | None = None) -> None:
        """Consent that a consent manager, or a string beside it, was seen to hold; ``at`` if that was not the exchange's time."""
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


COLLECTOR = ConsentCollector
