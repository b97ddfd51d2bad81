"""Calls to vendors, and what each tells."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from addon.consent.consent_mode import ConsentMode
from addon.consent.reader import Parameters
from addon.judge.acts import CallAct, ConsentModeAct, DeliveryAct
from addon.pipeline.judged import JudgedStates
from addon.pipeline.ledger import Ledger
from addon.pipeline.recording import delivery_record
from addon.pipeline.routing import called_by_page, counted, only_pinged
from addon.pipeline.scene import Scene
from addon.pipeline.sources import SourceBook
from addon.pipeline.visit import Visit
from addon.records import CallRecord
from vendor_catalog import CallKind, Catalogue, Category

from .consent import GATED
from .pings import unidentified_ping
from .rulings import Rulings


@dataclass(frozen=True, slots=True)
class CallFiling:
    """Files calls, and takes them for the deliveries that they show."""

    catalogue: Catalogue
    ledger: Ledger
    sources: SourceBook
    rulings: Rulings
    judged: JudgedStates

    def call(self, scene: Scene, parameters: Parameters) -> None:
        vendor, kind = scene.vendor, scene.kind
        if vendor is None or kind is None or scene.exchange.method == "OPTIONS":
            return
        need = self.sources.need_of_vendor(vendor)
        self.ledger.add(call_record(scene.number, scene.visit.id, vendor, kind, need.category))
        self.judged.take(scene.visit, "calls", (scene.number,), need, scene.place)
        visit = scene.visit
        visit.in_use.add(vendor)
        ping = unidentified_ping(scene, parameters.consent_mode)
        # a ping without identifiers is not what a destination makes of a message: another call may still show the delivery
        if kind is CallKind.COLLECT and ping is None:
            self._delivers(visit, ((act, called_by_page(act)) for act in visit.observed_deliveries(vendor, scene.at)))
        elif kind is CallKind.COLLECT:
            self._delivers(visit, visit.pinged(vendor, scene.at, only_pinged))
        for invocation in scene.decoded.invocations if scene.decoded is not None else ():
            self._delivers(visit, ((act, counted(act)) for act in visit.invoked(invocation, scene.at)))
        if parameters.consent_mode is not None:
            self._consent_mode(scene, vendor, parameters.consent_mode)
        if scene.decoded is not None and scene.decoded.decodes_events:
            return
        act = CallAct(
            place=scene.place,
            vendor=vendor,
            vendor_name=self.catalogue.name_of(vendor),
            kind=kind,
            host=scene.exchange.host,
            need=need,
            tells_opt_out=parameters.opt_out,
            events=tuple(dict.fromkeys(hit.name for hit in scene.hits if hit.name is not None)),
            ping=ping,
        )
        self.rulings.act(scene.visit, act)

    def _delivers(self, visit: Visit, seen: Iterable[tuple[DeliveryAct, DeliveryAct]]) -> None:
        """Puts what was seen of deliveries in the place of what was predicted."""
        for act, better in seen:
            self.ledger.add(delivery_record(better))
            self.rulings.rule(visit, visit.docket.amend(act, better, visit.court))

    def _consent_mode(self, scene: Scene, vendor: str, mode: ConsentMode) -> None:
        granted = tuple(category for category in GATED if mode.granted.get(category) is True)
        if granted:
            act = ConsentModeAct(
                place=scene.place,
                vendor=vendor,
                vendor_name=self.catalogue.name_of(vendor),
                host=scene.exchange.host,
                granted=granted,
                shown=mode.shown,
            )
            self.rulings.act(scene.visit, act)


def call_record(
    exchange: str, session: str | None, vendor: str, kind: CallKind, category: Category | None
) -> CallRecord:
    return CallRecord(
        id=exchange,
        exchange_id=exchange,
        session_id=session,
        vendor=vendor,
        kind=kind,
        category=category or Category.NECESSARY,
    )
