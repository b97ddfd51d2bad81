"""Whose session an exchange belongs to: one client with one cookie jar on one site, or in one app.

A request names its page by ``Sec-Fetch-*``, ``Origin`` and ``Referer``. What a page embeds (frames, stylesheets) names
itself instead, and is traced back to the page. A request that names nothing is given to the client's only site. Where
several sites that are open may be meant it is given to none: a wrong attribution would be a false accusation.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from urllib.parse import urlsplit

from addon.addresses import site_of
from addon.decode.facts import Event, Hit, Surface
from addon.exchange import Exchange

from .jars import Jars, identifiers

_MAX_TRACED = 5000
_MAX_HOLDERS = 50
_UNLOAD = 5.0
"""Seconds in which a page that was left may still send: what it kept for its end."""
_REDIRECTS = (301, 302, 303, 307, 308)


@lru_cache(maxsize=20_000)
def host_of(url: str | None) -> str | None:
    """The host of an ``http(s)`` URL, in lower case."""
    if url is None or not url.startswith(("http://", "https://")):
        return None
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class SessionKey:
    """One client using one site or one app; neither for a server."""

    client: str
    user_agent: str
    site: str | None
    app: str | None
    surface: Surface
    jar: int = 1
    """Which of the client's cookie jars on the site: its windows may be private ones, each with cookies of its own."""


@dataclass(frozen=True, slots=True)
class Attribution:
    """Where an exchange belongs."""

    key: SessionKey | None
    """``None`` if that cannot be told."""
    page_host: str | None = None
    """The host of the page that acted."""
    document: bool = False
    """Whether this is a page itself, in the address bar."""
    presumed: bool = False
    """Whether nothing in it shows which of the client's cookie jars it belongs to, so that the latest was taken."""
    since: float | None = None
    """When its jar had last been seen in use, if the client has others."""


@dataclass(slots=True)
class _Browser:
    """What one client with one user agent has open."""

    pages: dict[str, str] = field(default_factory=dict)
    """Site -> host of its latest page."""
    opened: dict[str, float] = field(default_factory=dict)
    """Site -> when that page was asked for."""
    active: dict[str, float] = field(default_factory=dict)
    """Site -> the latest request that named it."""
    embedded: OrderedDict[str, dict[str, None]] = field(default_factory=OrderedDict)
    """Host that pages fetched from or embed -> their sites, the latest last."""

    def open(self, site: str, host: str, at: float) -> None:
        self.pages[site] = host
        self.opened[site] = max(at, self.opened.get(site, at))

    def embed(self, host: str, site: str) -> None:
        holders = self.embedded.setdefault(host, {})
        holders.pop(site, None)
        holders[site] = None
        self.embedded.move_to_end(host)
        if len(holders) > _MAX_HOLDERS:
            del holders[next(iter(holders))]
        if len(self.embedded) > _MAX_TRACED:
            self.embedded.popitem(last=False)

    def holders(self, host: str) -> list[str]:
        """The open sites that hold a frame or stylesheet of a host, the latest first. A site on which nothing happened
        since the latest was opened was left for it."""
        sites = list(reversed(self.embedded.get(host, {})))
        left_after = self.opened.get(sites[0], 0.0) + _UNLOAD if sites else 0.0
        return [*sites[:1], *(site for site in sites[1:] if self.active.get(site, 0.0) > left_after)]


class SessionRegistry:
    """Attributes exchanges, in order."""

    def __init__(self) -> None:
        self._browsers: dict[tuple[str, str], _Browser] = {}
        self._jars: dict[tuple[str, str, str], Jars] = {}

    def attribute(self, exchange: Exchange, events: Sequence[Event], hits: Sequence[Hit] = ()) -> Attribution:
        """Where an exchange belongs, by its headers and by what the messages in it say."""
        found = self._on_site(exchange, events)
        key = found.key
        if key is None or key.site is None:
            return found
        bare = is_bare_opening(exchange, document=found.document)
        whole = shows_every_cookie(exchange, found.page_host, document=found.document)
        placed = self._jars_of(key).place(
            exchange, identifiers(events, hits), document=found.document, bare=bare, whole=whole
        )
        if placed.jar != key.jar:
            key = replace(key, jar=placed.jar)
        return Attribution(key, found.page_host, found.document, placed.presumed, placed.since)

    def hold(self, key: SessionKey, exchange: Exchange, name: str, value: str | None) -> None:
        """Notes that a page was seen to have a cookie, or to have it no more (``value`` is ``None``), in a report of the page's."""
        if key.site is not None:
            page = exchange.request_headers.get("referer")
            path = urlsplit(page).path if page is not None and host_of(page) == exchange.host else exchange.path
            self._jars_of(key).hold(key.jar, name, value, exchange, path or "/")

    def others(self, key: SessionKey) -> list[SessionKey]:
        """The sessions of the client's other cookie jars on the same site."""
        return [] if key.site is None else [replace(key, jar=jar) for jar in self._jars_of(key).others(key.jar)]

    def beside(self, key: SessionKey, at: float) -> list[SessionKey]:
        """The sessions of the client's other cookie jars on the same site that were in use at a moment."""
        return [] if key.site is None else [replace(key, jar=jar) for jar in self._jars_of(key).beside(key.jar, at)]

    def contested(self, key: SessionKey) -> bool:
        """Whether another of the client's cookie jars on the site was seen in use since the session's latest page was opened."""
        return key.site is not None and self._jars_of(key).contested(key.jar)

    def _jars_of(self, key: SessionKey) -> Jars:
        assert key.site is not None, "only sites keep cookies"
        whose = key.client, key.user_agent, key.site
        jars = self._jars.get(whose)
        if jars is None:
            jars = self._jars[whose] = Jars(key.site)
        return jars

    def _on_site(self, exchange: Exchange, events: Sequence[Event]) -> Attribution:
        agent = exchange.user_agent
        if events:
            first = events[0]
            if first.surface is Surface.SERVER:
                return Attribution(SessionKey(exchange.client, agent, None, None, Surface.SERVER))
            if first.surface is Surface.MOBILE and first.app is not None:
                return Attribution(SessionKey(exchange.client, agent, None, first.app, Surface.MOBILE))
        browser = self._browsers.get((exchange.client, agent))
        if browser is None:
            browser = self._browsers[exchange.client, agent] = _Browser()
        if is_page(exchange):
            site = site_of(exchange.host)
            # an address that only leads elsewhere is never open
            if exchange.status not in _REDIRECTS:
                browser.open(site, exchange.host, exchange.started_at)
            return self._at(exchange, exchange.host, site, document=True)
        page = host_of(exchange.page_url) or self._named_page(exchange, events, browser)
        if page is None:
            return Attribution(None)
        site = site_of(page)
        if site in browser.pages:
            browser.active[site] = max(exchange.started_at, browser.active.get(site, 0.0))
        else:
            # a frame or stylesheet that named itself: trace it back to the page that holds it
            holders = browser.holders(page)
            if len(holders) > 1:
                return Attribution(None)
            if holders:
                site = holders[0]
                page = browser.pages.get(site, page)
        if site_of(exchange.host) != site:
            browser.embed(exchange.host, site)
        return self._at(exchange, page, site)

    @staticmethod
    def _at(exchange: Exchange, page: str, site: str, *, document: bool = False) -> Attribution:
        return Attribution(SessionKey(exchange.client, exchange.user_agent, site, None, Surface.WEB), page, document)

    @staticmethod
    def _named_page(exchange: Exchange, events: Sequence[Event], browser: _Browser) -> str | None:
        """The host of the page that a request names, or else belongs to for certain."""
        headers = exchange.request_headers
        origin = headers.get("origin")
        named = host_of(origin) or host_of(headers.get("referer"))
        if named is None and events:
            named = next((host for event in events if (host := host_of(event.page_url))), None)
        if named is not None:
            return named
        if origin is not None and origin != "null":
            return None  # an extension of the browser, or an app's own scheme: no page
        initiator, own = headers.get("sec-fetch-site"), site_of(exchange.host)
        if initiator in ("same-origin", "none"):
            return exchange.host
        if initiator != "cross-site" and own in browser.pages:
            return browser.pages[own]
        if initiator == "same-site":
            return exchange.host
        only = next(iter(browser.pages)) if len(browser.pages) == 1 else None
        return None if only is None or only == own else browser.pages[only]


def is_page(exchange: Exchange) -> bool:
    """Whether a request is for a page in the address bar.

    Browsers say so in ``Sec-Fetch-Dest``, but only to secure origins; on plain http the Accept header has to do.
    """
    headers = exchange.request_headers
    destination = headers.get("sec-fetch-dest")
    if destination is not None:
        return destination == "document"
    if exchange.method not in ("GET", "POST") or "x-requested-with" in headers:
        return False
    content_type = exchange.response_headers.get("content-type")
    is_html = content_type is not None and content_type.startswith(("text/html", "application/xhtml"))
    if (headers.get("accept") or "").startswith("text/html"):
        return is_html or content_type is None
    return is_html and exchange.method == "GET" and "origin" not in headers


def is_bare_opening(exchange: Exchange, *, document: bool) -> bool:
    """Whether a request opens a page to which no other page led (somebody typed its address, or opened a new window) and carries
    no cookie at all: it may come from a window whose cookie jar is another."""
    headers = exchange.request_headers
    if (
        not document
        or "cookie" in headers
        or exchange.unsent is not None
        or exchange.method != "GET"
        or "sec-purpose" in headers
        or "purpose" in headers
    ):
        return False
    initiator = headers.get("sec-fetch-site")
    return "referer" not in headers if initiator is None else initiator == "none"


def shows_every_cookie(exchange: Exchange, page_host: str | None, *, document: bool) -> bool:
    """Whether a cookie of the page that is missing from this request did not exist.

    That takes a request to the page's own host which certainly carried credentials. A navigation from another site leaves
    out ``SameSite=Strict`` cookies, and a script's fetch may leave out all.
    """
    if exchange.method == "OPTIONS" or exchange.host != page_host:
        return False
    headers = exchange.request_headers
    initiator = headers.get("sec-fetch-site")
    if initiator is not None:
        if initiator == "cross-site":
            return False
        if document or "cookie" in headers:
            return True
        return initiator == "same-origin" and headers.get("sec-fetch-mode") in ("no-cors", "navigate", "same-origin")
    return document or "cookie" in headers or host_of(headers.get("referer")) == exchange.host
