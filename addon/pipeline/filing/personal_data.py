"""Personal data in messages and calls."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from addon.decode.facts import Event
from addon.judge.acts import EventAct, PersonalDataAct
from addon.personal_data import Searched, in_call, in_envelope, in_message
from addon.pipeline.ledger import Ledger
from addon.pipeline.scene import Scene
from addon.pipeline.sources import SourceBook
from addon.policy import Policy
from vendor_catalog import CallKind, Catalogue, Category

from .rulings import Rulings

_MAX_PLACES = 200
_MAX_WHERE = 200


@dataclass(frozen=True, slots=True)
class PersonalDataFiling:
    """Files each kind of personal data once for each place, source or vendor, and session."""

    catalogue: Catalogue
    policy: Policy
    ledger: Ledger
    sources: SourceBook
    rulings: Rulings
    _places: Counter[str] = field(default_factory=Counter)
    """Session -> places filed."""

    def message(self, scene: Scene, event: Event, act: EventAct) -> None:
        """What a CDP message carries."""
        self._file(scene, in_message(event.payload, event.type), event.cdp, event.write_key, act)

    def call(self, scene: Scene) -> None:
        """What a call to a vendor carries; of one that was read as messages, what it says beside them.

        Who is strictly necessary (a payment service) is given what the person asked for, and so is who only takes the form that the
        person submits: the catalogue does not count that as collecting.
        """
        vendor, kind, exchange = scene.vendor, scene.kind, scene.exchange
        if vendor is None or kind not in (CallKind.COLLECT, CallKind.LIBRARY) or exchange.method == "OPTIONS":
            return
        if scene.events:
            self._file(scene, in_envelope(exchange), vendor, None, None)
            return
        if self.sources.need_of_vendor(vendor).category is Category.NECESSARY:
            return
        self._file(scene, in_call(exchange), vendor, None, None)

    def _file(
        self, scene: Scene, searched: Searched, vendor: str, write_key: str | None, event: EventAct | None
    ) -> None:
        visit = scene.visit
        name = self.catalogue.name_of(vendor)
        if not searched.whole:
            reason = f"something sent to {name} was too large to be searched for personal data to its end"
            self.ledger.gap("not-searched", scene.exchange.host, reason, scene.number)
        for each in searched.found:
            where = each.place[:_MAX_WHERE]
            if self.policy.personal_data.allows(each.kind, where):
                continue
            if self._places[visit.id] >= _MAX_PLACES:
                reason = f"personal data at more than {_MAX_PLACES} places of one session; further ones are not listed"
                self.ledger.gap("not-searched", visit.site, reason, scene.number)
                return
            what = (visit.id, vendor, write_key, each.kind, where, each.doubt is None)
            if self.ledger.first_time("personal-data", *what):
                self._places[visit.id] += 1
                act = PersonalDataAct(
                    place=scene.place,
                    kind=each.kind,
                    told=each.told,
                    where=where,
                    vendor=vendor,
                    vendor_name=name,
                    host=scene.exchange.host,
                    event=event,
                    doubt=each.doubt,
                )
                self.rulings.act(visit, act)
