"""One exchange's facts -> acts before the rules: messages and their deliveries, calls, cookies, mappings."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from addon.consent.consent_mode import ConsentMode
from addon.consent.reader import Parameters
from addon.consent.signal import Signal
from addon.consent.timeline import Need
from addon.decode.facts import Event, Settings
from addon.judge.acts import (
    Act,
    CallAct,
    ConsentModeAct,
    ConsentStringAct,
    CookieAct,
    EventAct,
    MappingAct,
    Outcome,
    Place,
    RecordAct,
)
from addon.judge.docket import Case
from addon.policy import Policy
from addon.records import CallRecord, CookieRecord, DuplicateRecord
from vendor_catalog import CallKind, Catalogue, Category

from .ledger import Ledger
from .recording import (
    delivery_record,
    destination_record,
    event_record,
    source_record,
    violation_record,
)
from .routing import Routed, Routing, observed
from .scene import Scene
from .sessions import site_of
from .sources import SourceBook
from .visit import Visit

_MAX_MESSAGES = 20_000
_MAX_COOKIES = 1000
_MAX_UNPLACED = 1000
GATED = (Category.MARKETING, Category.ANALYTICS)
"""Categories that are consent wherever they are granted; what is functional differs from site to site."""


@dataclass
class FilingStep:
    """Records what happened, and brings it before the rules."""

    catalogue: Catalogue
    policy: Policy
    ledger: Ledger
    sources: SourceBook
    routing: Routing
    _messages: OrderedDict[tuple[str | None, str], str] = field(default_factory=OrderedDict)
    _unplaced: dict[str, tuple[Settings, str, float]] = field(default_factory=dict)
    """Write key -> settings of which nothing says who asked for them, with their exchange and moment: apps do not."""
    _senders: dict[str, Visit] = field(default_factory=dict)
    """Write key -> who first sent messages under it."""

    def file(self, scene: Scene, parameters: Parameters) -> None:
        """Everything in an exchange that rules may judge."""
        for event in scene.events:
            self._event(scene, event)
        self._call(scene, parameters)
        self._cookies(scene)

    def consent_strings(self, scene: Scene, invalid: Iterable[tuple[str, tuple[str, ...]]]) -> None:
        for carrier, problems in invalid:
            if self.ledger.first_time("consent-string", scene.visit.id, carrier, problems):
                self._act(scene.visit, ConsentStringAct(place=scene.place, carrier=carrier, problems=problems))

    def records(self, scene: Scene, signals: Iterable[Signal], at: float | None = None) -> None:
        """Consent that a consent manager, or a string beside it, was seen to hold; ``at`` if that was not the exchange's time."""
        for signal in signals:
            granted = tuple(category for category in GATED if signal.values.get(category) is True)
            if granted:
                place = scene.place if at is None else replace(scene.place, at=at)
                name = self.catalogue.name_of(signal.origin)
                act = RecordAct(
                    place=place,
                    origin=signal.origin,
                    origin_name=name,
                    carrier=signal.carrier,
                    granted=granted,
                    signal=signal,
                )
                self._act(scene.visit, act)

    # --- messages

    def _event(self, scene: Scene, event: Event) -> None:
        number = f"{scene.number}.{event.position}"
        if event.message_id is not None:
            original = self._messages.setdefault((event.write_key, event.message_id), number)
            if original != number:
                self.ledger.add(DuplicateRecord(event_id=original, exchange_id=scene.number))
                return
            if len(self._messages) > _MAX_MESSAGES:
                self._messages.popitem(last=False)
        self.ledger.add(event_record(event, number, scene.number, scene.visit.id, scene.at))
        self._senders.setdefault(event.write_key or "", scene.visit)
        self._place_settings(event.write_key or "")
        source = self.sources.source(event.write_key or "")
        act = EventAct(
            place=scene.place,
            event=number,
            cdp=event.cdp,
            type=event.type,
            name=event.name,
            surface=event.surface,
            stamp=event.stamp,
            stamp_needs={key: self.sources.need_of_keys((key,)) for key in event.stamp.preferences},
            integrations=event.integrations,
            reports_choice=event.reports_choice,
            made_at=None if event.waited is None else scene.at - event.waited,
            advertising_id=event.advertising_id,
            need=self.sources.need_of_vendor(event.cdp),
            enforced=self.sources.enforces_consent(source, scene.at),
        )
        self._act(scene.visit, act)
        self._deliver(self.routing.route(scene.visit, act, event))

    def _deliver(self, routed: Iterable[Routed]) -> None:
        for visit, act in ((each.visit, each.act) for each in routed):
            self.ledger.add(delivery_record(act))
            if act.need is None:
                name = act.delivery.destination
                reason = f"nobody knows what {name[:80]!r} is for; declare it under [destinations] in the policy"
                self.ledger.gap("unknown-destination", visit.site, reason)
            elif act.delivery.outcome is not Outcome.FILTERED:
                self._act(visit, act)

    def finish(self) -> None:
        """Routes what still waits for settings."""
        self._deliver(self.routing.close())

    # --- sources

    def settings(self, settings: Settings, number: str, at: float, scene: Scene | None) -> None:
        """Takes in what a settings response says, and delivers what waited for it."""
        source = self.sources.learn(settings, at)
        known = f"{self.ledger.capture}.{settings.write_key}"
        self.ledger.add(source_record(settings, known, self.ledger.capture, number))
        for destination in settings.destinations:
            need = self.sources.need_of_destination(destination)
            vendor = self.sources.vendor_of(destination.names)
            self.ledger.add(destination_record(destination, known, vendor, None if need is None else need.category))
        if settings.enforces_consent:
            if scene is not None:
                self._mapping(scene.visit, scene.place, settings)
            elif len(self._unplaced) < _MAX_UNPLACED:
                self._unplaced[settings.write_key] = (settings, number, at)
                self._place_settings(settings.write_key)
        self._deliver(self.routing.settled(source))

    def _place_settings(self, write_key: str) -> None:
        """A source's settings belong to the first who sends its messages, if nothing else told."""
        sender = self._senders.get(write_key)
        if sender is not None and write_key in self._unplaced:
            settings, number, at = self._unplaced.pop(write_key)
            self._mapping(sender, Place(at=at, exchange=number, site=sender.site), settings)

    def _mapping(self, visit: Visit, place: Place, settings: Settings) -> None:
        listed = [destination for destination in settings.destinations if destination.mapping_shown]
        for destination in listed:
            if self.ledger.first_time("mapping", settings.write_key, destination.name, destination.categories):
                self._act(
                    visit,
                    MappingAct(
                        place=place,
                        write_key=settings.write_key,
                        destination=destination.name,
                        vendor=self.sources.vendor_of(destination.names),
                        keys=destination.categories,
                    ),
                )
        hidden = settings.has_unmapped_destinations and all(destination.categories for destination in listed)
        if hidden and self.ledger.first_time("mapping", settings.write_key, None):
            self._act(
                visit, MappingAct(place=place, write_key=settings.write_key, destination=None, vendor=None, keys=())
            )

    # --- calls

    def _call(self, scene: Scene, parameters: Parameters) -> None:
        vendor, kind = scene.vendor, scene.kind
        if vendor is None or kind is None or scene.exchange.method == "OPTIONS":
            return
        need = self.sources.need_of_vendor(vendor)
        self.ledger.add(call_record(scene.number, scene.visit.id, vendor, kind, need.category))
        if kind is CallKind.COLLECT:
            for act in scene.visit.observed_deliveries(vendor, scene.at):
                seen = observed(act)
                self.ledger.add(delivery_record(seen))
                self.rule(scene.visit, scene.visit.docket.amend(act, seen, scene.visit.court))
        if parameters.consent_mode is not None:
            self._consent_mode(scene, vendor, parameters.consent_mode)
        if scene.decoded is not None and scene.decoded.decodes_events:
            return
        self._act(
            scene.visit,
            CallAct(
                place=scene.place,
                vendor=vendor,
                vendor_name=self.catalogue.name_of(vendor),
                kind=kind,
                host=scene.exchange.host,
                need=need,
                tells_opt_out=parameters.opt_out,
            ),
        )

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
            self._act(scene.visit, act)

    # --- cookies

    def _cookies(self, scene: Scene) -> None:
        exchange, site = scene.exchange, scene.visit.key.site
        if site is None:
            return
        domain = site_of(exchange.host)
        first_party = domain == site
        if first_party:
            self._sent_cookies(scene, domain)
        if "set-cookie" in exchange.response_headers:
            for cookie in exchange.set_cookies():
                if not cookie.deletes:
                    self._cookie(scene, cookie.name, exchange.host, domain, "set-cookie", first_party=first_party)

    def _sent_cookies(self, scene: Scene, domain: str) -> None:
        exchange, visit = scene.exchange, scene.visit
        fields = exchange.request_headers.raw_values("cookie")
        if visit.cookies_judged.get(exchange.host) == (fields, visit.generation):
            return
        for name, _ in exchange.cookies():
            self._cookie(scene, name, exchange.host, domain, "sent", first_party=True)
        if len(visit.cookies_judged) < _MAX_COOKIES:
            visit.cookies_judged[exchange.host] = (fields, visit.generation)

    def probed_cookie(self, scene: Scene, name: str, at: float) -> None:
        """A cookie that a script was seen to write."""
        if scene.visit.key.site is not None:
            host = scene.exchange.host
            seen = replace(scene, place=replace(scene.place, at=at))
            self._cookie(seen, name, host, site_of(host), "probe", first_party=True)

    def _cookie(self, scene: Scene, name: str, host: str, domain: str, seen_by: str, *, first_party: bool) -> None:
        visit = scene.visit
        key = (name, domain)
        judged_in = visit.cookies_seen.get(key)
        if judged_in == visit.generation or (judged_in is None and len(visit.cookies_seen) >= _MAX_COOKIES):
            return
        visit.cookies_seen[key] = visit.generation
        owner = self.catalogue.cookie_owner(name, domain, first_party=first_party)
        vendor = None if owner is None else owner[0]
        category = None
        if owner is not None:
            override = self.policy.vendors.get(owner[0].id)
            category = override.category if override is not None else owner[1].category or owner[0].category
        if judged_in is None:
            self.ledger.add(
                CookieRecord(
                    id=self.ledger.number("k"),
                    session_id=visit.id,
                    exchange_id=scene.number,
                    name=name,
                    host=host,
                    vendor=None if vendor is None else vendor.id,
                    category=category,
                    seen_by=seen_by,
                    first_seen_at=scene.place.at,
                )
            )
        if vendor is None or category is None or category is Category.NECESSARY:
            return
        need = self.sources.need_of_vendor(vendor.id)
        self._act(
            visit,
            CookieAct(
                place=scene.place,
                name=name,
                host=host,
                vendor=vendor.id,
                vendor_name=vendor.name,
                seen_by=seen_by,
                need=need if category == need.category else Need((category,), vendor.id),
            ),
        )

    # --- rulings

    def _act(self, visit: Visit, act: Act) -> None:
        self.rule(visit, visit.file(act))

    def rule(self, visit: Visit, cases: Iterator[Case]) -> None:
        """Records rulings: new ones under a new id, moved ones under the one they had."""
        for case in cases:
            if case.violation is None:
                case.violation = self.ledger.number("v")
            self.ledger.add(violation_record(case, case.violation, self.ledger.capture, visit, self.policy))


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
