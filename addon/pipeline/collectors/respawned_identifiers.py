"""Vendors' identifiers in cookies of the site that were gone and came back as they were."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from addon.addresses import site_of
from addon.consent.timeline import Need
from addon.judge.acts.cookies import RespawnedCookieAct
from addon.pipeline.capture import CaptureParts
from addon.pipeline.context import ExchangeContext
from addon.pipeline.kept_cookies import MAX_READ, KeptCookie, tells_browser
from addon.pipeline.pages import shows_every_cookie
from vendor_catalog import Category

from .collector import Collector, Others

_MAX_COOKIES = 200


@dataclass(slots=True)
class _Identifier:
    """A cookie with an identifier, and when it was gone."""

    need: Need
    vendor: str
    kept: KeptCookie = field(default_factory=KeptCookie)
    gone_at: float | None = None


@dataclass(slots=True)
class _OfSession:
    identifiers: dict[str, _Identifier] = field(default_factory=dict)
    """By the cookie's name."""
    latest: dict[str, tuple[str, list[bytes]]] = field(default_factory=dict)
    """Host -> path and cookie fields of the last request."""


class RespawnedIdentifierCollector(Collector):
    """Follows the identifiers that vendors keep in the site's cookies. Values stay in memory, as hashes."""

    AFTER = ("cookies",)
    """What is kept is said before what came back."""

    def __init__(self, capture: CaptureParts, others: Others) -> None:
        super().__init__(capture, others)
        self._sessions: defaultdict[str, _OfSession] = defaultdict(_OfSession)

    def exchange(self, context: ExchangeContext) -> None:
        exchange, site = context.exchange, context.session.key.site
        if site is None or site_of(exchange.host) != site or context.place.presumed or exchange.cookies_taken_out:
            return
        known = self._sessions[context.session.id]
        carried = exchange.path, exchange.request_headers.raw_values("cookie")
        if known.latest.get(exchange.host) == carried:
            return
        if exchange.host in known.latest or len(known.latest) < _MAX_COOKIES:
            known.latest[exchange.host] = carried
        cookies = dict(exchange.cookies())
        for name, value in cookies.items():
            self._carried(context, known, name, value)
        if known.identifiers and shows_every_cookie(exchange, context.page_host, document=context.attribution.document):
            for name, identifier in known.identifiers.items():
                if name not in cookies and identifier.gone_at is None and identifier.kept.covers(exchange):
                    identifier.gone_at = context.at

    def _carried(self, context: ExchangeContext, known: _OfSession, name: str, value: str) -> None:
        identifier = known.identifiers.get(name) or self._identifier(context, known, name, value)
        if identifier is None:
            return
        gone_at, identifier.gone_at = identifier.gone_at, None
        same = identifier.kept.values.get(hash(value)) is True
        identifier.kept.carried_by(context.exchange, value, None)
        if gone_at is not None and same:
            act = RespawnedCookieAct(
                place=context.place,
                name=name,
                host=context.exchange.host,
                vendor=identifier.vendor,
                vendor_name=self.catalogue.name_of(identifier.vendor),
                need=identifier.need,
                gone_at=gone_at,
            )
            self.judgements.act(context.session, act)

    def _identifier(self, context: ExchangeContext, known: _OfSession, name: str, value: str) -> _Identifier | None:
        """The entry of a cookie that is seen for the first time, if a vendor keeps an identifier in it."""
        if len(known.identifiers) >= _MAX_COOKIES or not tells_browser(value[:MAX_READ]):
            return None
        found = self.catalogue.cookie_owner(name, site_of(context.exchange.host), first_party=True)
        category = None if found is None else self.sources.category_of_cookie(*found)
        if found is None or category in (None, Category.NECESSARY):
            return None
        need = self.sources.need_of_vendor(found[0].id)
        made = _Identifier(need if category == need.category else Need((category,), found[0].id), found[0].id)
        return known.identifiers.setdefault(name, made)


COLLECTOR = RespawnedIdentifierCollector
