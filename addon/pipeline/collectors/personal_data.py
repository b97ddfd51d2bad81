"""Personal data in messages and calls."""

from __future__ import annotations

from collections import Counter

from addon.decode.facts import Event
from addon.judge.acts.messages import EventAct
from addon.judge.acts.personal_data import PersonalDataAct
from addon.personal_data import Searched, in_call, in_envelope, in_message
from addon.pipeline.capture import CaptureParts
from addon.pipeline.context import ExchangeContext
from vendor_catalog import CallKind, Category

from .collector import Collector, Others

_MAX_PLACES = 200
_MAX_WHERE = 200


class PersonalDataCollector(Collector):
    """Files each kind of personal data once for each place, source or vendor, and session."""

    AFTER = ("calls",)
    """A call is said before what it carries."""

    def __init__(self, capture: CaptureParts, others: Others) -> None:
        super().__init__(capture, others)
        self._places: Counter[str] = Counter()
        """Session -> places filed."""

    def message(self, context: ExchangeContext, event: Event, act: EventAct | None) -> None:
        """What a CDP message carries."""
        if act is not None:
            self._file(context, in_message(event.payload, event.type), event.cdp, event.write_key, act)

    def exchange(self, context: ExchangeContext) -> None:
        """What a call to a vendor carries; of one that was read as messages, what it says beside them.

        Who is strictly necessary (a payment service) is given what the person asked for, and so is who only takes the form that the
        person submits: the catalogue does not count that as collecting.
        """
        vendor, kind, exchange = context.vendor, context.kind, context.exchange
        if vendor is None or kind not in (CallKind.COLLECT, CallKind.LIBRARY) or exchange.method == "OPTIONS":
            return
        if context.events:
            self._file(context, in_envelope(exchange), vendor, None, None)
            return
        if self.sources.need_of_vendor(vendor).category is Category.NECESSARY:
            return
        self._file(context, in_call(exchange), vendor, None, None)

    def _file(
        self, context: ExchangeContext, searched: Searched, vendor: str, write_key: str | None, event: EventAct | None
    ) -> None:
        session = context.session
        name = self.catalogue.name_of(vendor)
        if not searched.whole:
            reason = f"something sent to {name} was too large to be searched for personal data to its end"
            self.emitter.gap("not-searched", context.exchange.host, reason, context.number)
        for each in searched.found:
            where = each.place[:_MAX_WHERE]
            if self.policy.personal_data.allows(each.kind, where):
                continue
            if self._places[session.id] >= _MAX_PLACES:
                reason = f"personal data at more than {_MAX_PLACES} places of one session; further ones are not listed"
                self.emitter.gap("not-searched", session.site, reason, context.number)
                return
            what = (session.id, vendor, write_key, each.kind, where, each.doubt is None)
            if self.emitter.first_time("personal-data", *what):
                self._places[session.id] += 1
                act = PersonalDataAct(
                    place=context.place,
                    kind=each.kind,
                    label=each.label,
                    where=where,
                    vendor=vendor,
                    vendor_name=name,
                    host=context.exchange.host,
                    event=event,
                    doubt=each.doubt,
                )
                self.judgements.act(session, act)


COLLECTOR = PersonalDataCollector
