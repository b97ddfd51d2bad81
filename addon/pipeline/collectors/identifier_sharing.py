"""Identifiers of known vendors in requests to third parties that nobody knows."""

from __future__ import annotations

from collections import defaultdict

from addon.addresses import site_of
from addon.consent.timeline import Need
from addon.decode.facts import Event, Surface
from addon.judge.acts.calls import HandoverAct
from addon.judge.acts.messages import EventAct
from addon.pipeline.capture import CaptureParts
from addon.pipeline.context import ExchangeContext
from addon.pipeline.identifiers import (
    Identifier,
    IdentifierRegistry,
    Sighting,
    carried,
    identifiers_in_cookie,
    is_identifier,
)
from addon.pipeline.session_state import SessionState
from vendor_catalog import Category

from .collector import Collector, Others

_MAX_HOSTS = 500


class IdentifierSharingCollector(Collector):
    """Learns by what known vendors know the person, and files where unlisted third parties get it: once for each of them, and
    again when the consent has changed. Only on sites: which hosts are an app's own, nothing tells."""

    AFTER = ("cookies",)
    """A request's own cookies show by what a vendor knows the person."""

    def __init__(self, capture: CaptureParts, others: Others) -> None:
        super().__init__(capture, others)
        self._listed = frozenset(map(site_of, self.catalogue.domains))
        """Registrable domains at which somebody of the catalogue is called."""
        self._sessions: defaultdict[str, IdentifierRegistry] = defaultdict(IdentifierRegistry)
        """Session -> by what known vendors know the person, and who else got that."""

    def message(self, context: ExchangeContext, event: Event, act: EventAct | None) -> None:
        """The ids of a message."""
        if context.session.key.site is None or event.surface is not Surface.WEB:
            return
        need = self.sources.need_of_vendor(event.cdp)
        name = self.catalogue.name_of(event.cdp)
        for value, label in ((event.anonymous_id, "anonymous id"), (event.user_id, "user id")):
            if value is not None and is_identifier(value) and value != event.write_key:
                self._learn(
                    context.session, value, f"{name}'s {label}", need.category, given_by_site=label == "user id"
                )

    def learn_cookie(self, context: ExchangeContext, name: str, value: str) -> None:
        """What a cookie of the visited site holds."""
        domain = site_of(context.exchange.host)
        if domain != context.session.key.site:
            return
        owner = self.catalogue.cookie_owner(name, domain, first_party=True)
        if owner is not None:
            vendor, cookie = owner
            category = self.sources.category_of_cookie(vendor, cookie)
            for found, given_by_site in identifiers_in_cookie(name, value):
                label = f"the identifier in {vendor.name}'s cookie {name}"
                self._learn(context.session, found, label, category, given_by_site=given_by_site)

    def _learn(
        self, session: SessionState, value: str, label: str, category: Category | None, *, given_by_site: bool
    ) -> None:
        if category is None or category is Category.NECESSARY:
            return
        identifier = Identifier(label, Need((category,)), given_by_site)
        sighting = self._sessions[session.id].learn(value, identifier)
        if sighting is not None:
            self._file(session, identifier, sighting)

    def exchange(self, context: ExchangeContext) -> None:
        """A request, if it is to a third party that nobody knows."""
        session, exchange = context.session, context.exchange
        identifiers = self._sessions[session.id]
        if context.attribution.document:
            identifiers.publish(f"{exchange.path}?{exchange.query}")
        if not self._is_unlisted(context) or identifiers.filed.get(exchange.host) == session.generation:
            return
        for token, where in carried(exchange):
            sighting = Sighting(context.place, exchange.host, where)
            identifier = identifiers.recognise(token)
            if identifier is not None:
                self._file(session, identifier, sighting)
                return
            identifiers.sight(token, sighting)

    def _is_unlisted(self, context: ExchangeContext) -> bool:
        host, site = context.exchange.host, context.session.key.site
        if site is None or context.vendor is not None or context.exchange.method == "OPTIONS":
            return False
        domain = site_of(host)
        return domain != site and domain not in self._listed and not self.policy.is_own(host, site)

    def _file(self, session: SessionState, identifier: Identifier, sighting: Sighting) -> None:
        filed = self._sessions[session.id].filed
        if filed.get(sighting.host) == session.generation or (sighting.host not in filed and len(filed) >= _MAX_HOSTS):
            return
        filed[sighting.host] = session.generation
        act = HandoverAct(
            place=sighting.place,
            host=sighting.host,
            identifier=identifier.label,
            where=sighting.where,
            need=identifier.need,
            given_by_site=identifier.given_by_site,
        )
        self.judgements.act(session, act)


COLLECTOR = IdentifierSharingCollector
