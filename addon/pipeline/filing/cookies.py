"""Cookies, as pages send them, responses set them and scripts write them."""

from __future__ import annotations

from dataclasses import dataclass

from addon.addresses import site_of
from addon.consent.timeline import Need
from addon.exchange import SetCookie
from addon.judge.acts import CookieAct, LastingCookieAct
from addon.pipeline.judged import JudgedStates
from addon.pipeline.ledger import Ledger
from addon.pipeline.scene import Scene
from addon.pipeline.sources import SourceBook
from addon.policy import Policy
from addon.records import CookieRecord
from vendor_catalog import Catalogue, Category, Vendor

from .handovers import HandoverFiling
from .rulings import Rulings

_MAX_COOKIES = 1000
_MAX_NAME = 200


@dataclass(frozen=True, slots=True)
class CookieFiling:
    """Records each cookie of a session once, and files it again whenever the consent has changed."""

    catalogue: Catalogue
    policy: Policy
    ledger: Ledger
    sources: SourceBook
    handovers: HandoverFiling
    rulings: Rulings
    judged: JudgedStates

    def cookies(self, scene: Scene) -> None:
        """The cookies of an exchange."""
        exchange, site = scene.exchange, scene.visit.key.site
        if site is None:
            return
        if site_of(exchange.host) == site:
            self._sent(scene)
        if "set-cookie" in exchange.response_headers:
            for cookie in exchange.set_cookies():
                if not cookie.deletes:
                    self.cookie(scene, cookie.name, exchange.host, "set-cookie")
                    self.handovers.learn_cookie(scene, cookie.name, cookie.value)
                    self._lasting(scene, cookie)

    def _sent(self, scene: Scene) -> None:
        exchange, visit = scene.exchange, scene.visit
        fields = exchange.request_headers.raw_values("cookie")
        if visit.cookies_judged.get(exchange.host) == (fields, visit.generation):
            return
        for name, value in exchange.cookies():
            self.cookie(scene, name, exchange.host, "sent")
            self.handovers.learn_cookie(scene, name, value)
        if len(visit.cookies_judged) < _MAX_COOKIES:
            visit.cookies_judged[exchange.host] = (fields, visit.generation)

    def cookie(self, scene: Scene, name: str, host: str, seen_by: str) -> None:
        """One cookie of a host."""
        visit, domain = scene.visit, site_of(host)
        judged_in = visit.cookies_seen.get((name, domain))
        if judged_in == visit.generation or (judged_in is None and len(visit.cookies_seen) >= _MAX_COOKIES):
            return
        visit.cookies_seen[name, domain] = visit.generation
        owner, category = self._owner(name, domain, first_party=seen_by != "set-cookie" or domain == visit.key.site)
        act = None if owner is None or category is None else self._act(scene, name, host, owner, category, seen_by)
        if judged_in is None:
            record = CookieRecord(
                id=self.ledger.number("k"),
                session_id=visit.id,
                exchange_id=scene.number,
                name=name,
                host=host,
                vendor=None if owner is None else owner.id,
                category=category,
                seen_by=seen_by,
                first_seen_at=scene.place.at,
            )
            self.ledger.add(record)
            if act is not None:
                self.judged.take(visit, "cookies", (record.id,), act.need, act.place)
        if act is not None and category is not Category.NECESSARY:
            self.rulings.act(visit, act)

    def _lasting(self, scene: Scene, cookie: SetCookie) -> None:
        """A cookie that asks to be kept for longer than the policy allows is filed once in a session."""
        if cookie.lasts is None:
            return
        host, visit = scene.exchange.host, scene.visit
        domain = site_of(host)
        owner, category = self._owner(cookie.name, domain, first_party=domain == visit.key.site)
        known = owner is not None and category is not Category.NECESSARY
        unlisted = owner is None and not self.catalogue.consent_cookies(cookie.name)
        limits = self.policy.cookies
        limit = limits.limit_of(cookie.name, judged=known or (unlisted and limits.unlisted))
        if limit is None:
            return
        act = LastingCookieAct(
            place=scene.place,
            name=cookie.name[:_MAX_NAME],
            host=host,
            vendor=None if owner is None else owner.id,
            vendor_name=None if owner is None else owner.name,
            category=category,
            lasts=cookie.lasts,
            limit=limit,
        )
        if act.outlives and self.ledger.first_time("lasting-cookie", visit.id, act.name, domain):
            self.rulings.act(visit, act)

    def _owner(self, name: str, domain: str, *, first_party: bool) -> tuple[Vendor | None, Category | None]:
        """Whose a cookie is, and what it needs consent for."""
        found = self.catalogue.cookie_owner(name, domain, first_party=first_party)
        return (None, None) if found is None else (found[0], self.sources.category_of_cookie(*found))

    def _act(self, scene: Scene, name: str, host: str, vendor: Vendor, category: Category, seen_by: str) -> CookieAct:
        need = self.sources.need_of_vendor(vendor.id)
        return CookieAct(
            place=scene.place,
            name=name,
            host=host,
            vendor=vendor.id,
            vendor_name=vendor.name,
            seen_by=seen_by,
            need=need if category == need.category else Need((category,), vendor.id),
        )
