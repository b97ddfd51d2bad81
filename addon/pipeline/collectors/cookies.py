"""Cookies, as pages send them, responses set them and scripts write them."""

from __future__ import annotations

from dataclasses import dataclass

from addon.addresses import site_of
from addon.consent.timeline import Need
from addon.exchange import SetCookie
from addon.judge.acts import CookieAct, LastingCookieAct
from addon.pipeline.context import ExchangeContext
from addon.pipeline.emitter import Emitter
from addon.pipeline.judged import JudgedStates
from addon.pipeline.sources import SourceRegistry
from addon.policy import Policy
from addon.records import CookieRecord
from vendor_catalog import Catalogue, Category, Vendor

from .identifier_sharing import IdentifierSharingCollector
from .judgements import JudgementRecorder

_MAX_COOKIES = 1000
_MAX_NAME = 200


@dataclass(frozen=True, slots=True)
class CookieCollector:
    """Records each cookie of a session once, and files it again whenever the consent has changed."""

    catalogue: Catalogue
    policy: Policy
    emitter: Emitter
    sources: SourceRegistry
    identifier_sharing: IdentifierSharingCollector
    judgements: JudgementRecorder
    judged: JudgedStates

    def cookies(self, context: ExchangeContext) -> None:
        """The cookies of an exchange."""
        exchange, site = context.exchange, context.session.key.site
        if site is None:
            return
        if site_of(exchange.host) == site:
            self._sent(context)
        if "set-cookie" in exchange.response_headers:
            for cookie in exchange.set_cookies():
                if not cookie.deletes:
                    self.cookie(context, cookie.name, exchange.host, "set-cookie")
                    self.identifier_sharing.learn_cookie(context, cookie.name, cookie.value)
                    self._lasting(context, cookie)

    def _sent(self, context: ExchangeContext) -> None:
        exchange, session = context.exchange, context.session
        fields = exchange.request_headers.raw_values("cookie")
        if session.cookies_judged.get(exchange.host) == (fields, session.generation):
            return
        for name, value in exchange.cookies():
            self.cookie(context, name, exchange.host, "sent")
            self.identifier_sharing.learn_cookie(context, name, value)
        if len(session.cookies_judged) < _MAX_COOKIES:
            session.cookies_judged[exchange.host] = (fields, session.generation)

    def cookie(self, context: ExchangeContext, name: str, host: str, seen_by: str) -> None:
        """One cookie of a host."""
        session, domain = context.session, site_of(host)
        judged_in = session.cookies_seen.get((name, domain))
        if judged_in == session.generation or (judged_in is None and len(session.cookies_seen) >= _MAX_COOKIES):
            return
        session.cookies_seen[name, domain] = session.generation
        owner, category = self._owner(name, domain, first_party=seen_by != "set-cookie" or domain == session.key.site)
        act = None if owner is None or category is None else self._act(context, name, host, owner, category, seen_by)
        if judged_in is None:
            record = CookieRecord(
                id=self.emitter.number("k"),
                session_id=session.id,
                exchange_id=context.number,
                name=name,
                host=host,
                vendor=None if owner is None else owner.id,
                category=category,
                seen_by=seen_by,
                first_seen_at=context.place.at,
            )
            self.emitter.add(record)
            if act is not None:
                self.judged.take(session, "cookies", (record.id,), act.need, act.place)
        if act is not None and category is not Category.NECESSARY:
            self.judgements.act(session, act)

    def _lasting(self, context: ExchangeContext, cookie: SetCookie) -> None:
        """A cookie that asks to be kept for longer than the policy allows is filed once in a session."""
        if cookie.lasts is None:
            return
        host, session = context.exchange.host, context.session
        domain = site_of(host)
        owner, category = self._owner(cookie.name, domain, first_party=domain == session.key.site)
        known = owner is not None and category is not Category.NECESSARY
        unlisted = owner is None and not self.catalogue.consent_cookies(cookie.name)
        limits = self.policy.cookies
        limit = limits.limit_of(cookie.name, judged=known or (unlisted and limits.unlisted))
        if limit is None:
            return
        act = LastingCookieAct(
            place=context.place,
            name=cookie.name[:_MAX_NAME],
            host=host,
            vendor=None if owner is None else owner.id,
            vendor_name=None if owner is None else owner.name,
            category=category,
            lasts=cookie.lasts,
            limit=limit,
        )
        if act.outlives and self.emitter.first_time("lasting-cookie", session.id, act.name, domain):
            self.judgements.act(session, act)

    def _owner(self, name: str, domain: str, *, first_party: bool) -> tuple[Vendor | None, Category | None]:
        """Whose a cookie is, and what it needs consent for."""
        found = self.catalogue.cookie_owner(name, domain, first_party=first_party)
        return (None, None) if found is None else (found[0], self.sources.category_of_cookie(*found))

    def _act(
        self, context: ExchangeContext, name: str, host: str, vendor: Vendor, category: Category, seen_by: str
    ) -> CookieAct:
        need = self.sources.need_of_vendor(vendor.id)
        return CookieAct(
            place=context.place,
            name=name,
            host=host,
            vendor=vendor.id,
            vendor_name=vendor.name,
            seen_by=seen_by,
            need=need if category == need.category else Need((category,), vendor.id),
        )
