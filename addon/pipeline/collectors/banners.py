"""Consent banners, as the in-page probe sees them open, close and being clicked."""

from __future__ import annotations

from addon.consent.missing import rank_of
from addon.consent.signal import Signal
from addon.observations import BannerSeen
from addon.pipeline.capture import CaptureParts
from addon.pipeline.context import ExchangeContext, Observed
from addon.records import BannerEventRecord
from vendor_catalog import ConsentManager

from .collector import Collector, Others
from .signals import SignalCollector


class BannerCollector(Collector):
    """Records what happened to banners; one that stands open says that nobody has answered it."""

    def __init__(self, capture: CaptureParts, others: Others) -> None:
        super().__init__(capture, others)
        self._signals = others.of(SignalCollector)

    def observation(self, context: ExchangeContext, observed: Observed) -> None:
        seen = observed.seen
        if not isinstance(seen, BannerSeen):
            return
        manager = self.catalogue.consent_managers.get(seen.manager or "")
        if manager is not None and not observed.framed:
            self._signals.use(context, manager.id, context.reading)
        if seen.event in ("open", "left"):
            if manager is not None and not observed.framed:
                self._open(context, manager, observed.at, parting=seen.event == "left")
            return
        self.emitter.add(
            BannerEventRecord(
                id=self.emitter.number("b"),
                session_id=context.session.id,
                exchange_id=context.number,
                kind=seen.event,
                manager=None if manager is None else manager.id,
                detail=seen.label,
                occurred_at=observed.at,
            )
        )

    def _open(self, context: ExchangeContext, manager: ConsentManager, at: float, *, parting: bool) -> None:
        host = context.exchange.host
        if manager.absence != "unanswered" or context.session.in_page.keeps_elsewhere(manager.id, host):
            return
        signal = _open_banner(manager, host, parting=parting)
        # nobody can have answered between the moment at which a page was left and the arrival of its report
        for moment in (at, context.at) if parting else (at,):
            signal = self._signals.take(context.session, signal, moment, context.number, context.reading)


def _open_banner(manager: ConsentManager, host: str, *, parting: bool) -> Signal:
    """A banner that stands open while its manager has nothing stored: the person has not answered.

    Args:
        parting: whether the page was left with it.
    """
    return Signal(
        origin=manager.id,
        carrier="probe the banner with which the page was left" if parting else "probe the open banner",
        rank=rank_of(manager),
        host=host,
        raw="the banner is open, and nothing is stored",
        answered=False,
        values={},
        keys={},
        vendors={},
        parting=parting,
    )


COLLECTOR = BannerCollector
