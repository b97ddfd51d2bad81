"""Cookies, as pages send them, responses set them and scripts write them, and what scripts keep in the browser's storage instead."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace

from addon.addresses import site_of
from addon.consent.timeline import Need
from addon.exchange import SetCookie
from addon.judge.acts import STORAGE, CookieAct, LastingCookieAct
from addon.observations import Names
from addon.pipeline.capture import CaptureParts
from addon.pipeline.context import ExchangeContext, Observed
from addon.records import CookieRecord
from vendor_catalog import Category, Vendor, VendorCookie, VendorStorageKey

from .collector import Collector, Others
from .identifier_sharing import IdentifierSharingCollector

_MAX_COOKIES = 1000
_MAX_NAME = 200


@dataclass(slots=True)
class _OfSession:
    sent: dict[str, tuple[list[bytes], int]] = field(default_factory=dict)
    """Host -> cookie fields and consent generation in which they were last gone through."""
    judged_in: dict[tuple[str, str], int] = field(default_factory=dict)
    """Cookie name and domain -> the consent generation in which it was last judged."""


class CookieCollector(Collector):
    """Records each cookie of a session once, and files it again whenever the consent has changed."""

    AFTER = ("regions",)
    """What was sent is said before what is kept."""

    def __init__(self, capture: CaptureParts, others: Others) -> None:
        super().__init__(capture, others)
        self._sharing = others.of(IdentifierSharingCollector)
        self._sessions: defaultdict[str, _OfSession] = defaultdict(_OfSession)

    def observation(self, context: ExchangeContext, observed: Observed) -> None:
        """Cookies and keys of the browser's storage that a script was seen to write."""
        seen = observed.seen
        if not isinstance(seen, Names) or observed.framed or context.session.key.site is None:
            return
        moment = replace(context, place=replace(context.place, at=observed.at))
        for name in seen.cookies:
            self._cookie(moment, name, context.exchange.host, "probe")
        for name in seen.storage:
            if self.catalogue.storage_owner(name) is not None:
                self._cookie(moment, name, context.exchange.host, STORAGE)

    def exchange(self, context: ExchangeContext) -> None:
        """The cookies of an exchange."""
        exchange, site = context.exchange, context.session.key.site
        if site is None:
            return
        if site_of(exchange.host) == site:
            self._sent(context)
        if "set-cookie" in exchange.response_headers:
            for cookie in exchange.set_cookies():
                if not cookie.deletes:
                    self._cookie(context, cookie.name, exchange.host, "set-cookie")
                    self._sharing.learn_cookie(context, cookie.name, cookie.value)
                    self._lasting(context, cookie)

    def _sent(self, context: ExchangeContext) -> None:
        exchange, session = context.exchange, context.session
        sent = self._sessions[session.id].sent
        fields = exchange.request_headers.raw_values("cookie")
        if sent.get(exchange.host) == (fields, session.generation):
            return
        for name, value in exchange.cookies():
            self._cookie(context, name, exchange.host, "sent")
            self._sharing.learn_cookie(context, name, value)
        if len(sent) < _MAX_COOKIES:
            sent[exchange.host] = (fields, session.generation)

    def _cookie(self, context: ExchangeContext, name: str, host: str, seen_by: str) -> None:
        """One cookie of a host."""
        session, domain = context.session, site_of(host)
        known = self._sessions[session.id].judged_in
        kept_as = f"{STORAGE} {name}" if seen_by == STORAGE else name  # no cookie's name holds a blank
        judged_in = known.get((kept_as, domain))
        if judged_in == session.generation or (judged_in is None and len(known) >= _MAX_COOKIES):
            return
        known[kept_as, domain] = session.generation
        if seen_by == STORAGE:
            owner, category = self._described(self.catalogue.storage_owner(name))
        else:
            first_party = seen_by != "set-cookie" or domain == session.key.site
            owner, category = self._owner(name, domain, first_party=first_party)
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
                self.judgements.states.take(session, "cookies", (record.id,), act.need, act.place)
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
        return self._described(self.catalogue.cookie_owner(name, domain, first_party=first_party))

    def _described(
        self, found: tuple[Vendor, VendorCookie | VendorStorageKey] | None
    ) -> tuple[Vendor | None, Category | None]:
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


COLLECTOR = CookieCollector
