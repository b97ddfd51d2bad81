"""Whose session an exchange belongs to: one client with one cookie jar on one site, or in one app.

A request names its page by ``Sec-Fetch-*``, ``Origin`` and ``Referer``. What a page embeds (frames, stylesheets) names
itself instead, and is traced back to the page. A request that names nothing belongs where the capture itself files it, and is
otherwise given to the client's only site. Where several sites that are open may be meant it is given to none: a wrong attribution
would be a false accusation. What an extension of the browser asks for is no page's.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from addon.addresses import site_of
from addon.decode.facts import Event, Hit, Surface
from addon.exchange import Exchange

from .browsers import Browser, Browsers
from .jars import Jars, identifiers
from .pages import host_of, is_bare_opening, is_page, named_page, shows_every_cookie

_OF_APPLES_SYSTEMS = "CFNetwork/"
_MAX_AGENTS = 1000
_MAX_PAGE_KEYS = 20_000


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
    doubtful: str | None = None
    """The site of what asked for it, if that is taken for a frame in the page and may be a page of its own."""


class SessionRegistry:
    """Attributes exchanges, in order."""

    def __init__(self) -> None:
        self._browsers = Browsers()
        self._jars: dict[tuple[str, str, str], Jars] = {}
        self._apps: dict[tuple[str, str], set[str]] = {}
        """Client and agent of an app of Apple's systems -> the apps that were named under it."""
        self._page_keys: OrderedDict[str, Attribution] = OrderedDict()
        """Key of a page's probe -> where the page belongs."""

    def attribute(
        self, exchange: Exchange, events: Sequence[Event], hits: Sequence[Hit] = (), *, of_vendor: bool = False
    ) -> Attribution:
        """Where an exchange belongs, by its headers and by what the messages in it say.

        Args:
            of_vendor: whether the catalogue knows its address as a vendor's.
        """
        found = self._in_app(exchange, events, hits) or self._on_site(exchange, events, hits, of_vendor=of_vendor)
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
        found = replace(found, key=key, presumed=placed.presumed, since=placed.since)
        if exchange.page_key is not None:
            self._page_keys[exchange.page_key] = Attribution(found.key, found.page_host)
            if len(self._page_keys) > _MAX_PAGE_KEYS:
                self._page_keys.popitem(last=False)
        return found

    def reported(self, exchange: Exchange, page_key: str) -> Attribution:
        """Where a report of the in-page probe belongs: to the page that was given its key, whatever the report's own header fields
        say. They decide where the page itself is not in the capture, or not complete yet.

        Args:
            page_key: the part of the key that the page's exchange has too.
        """
        found = self._page_keys.get(page_key)
        if found is None or found.key is None or found.key.site is None:
            return self.attribute(exchange, ())
        self._jars_of(found.key).confirm(found.key.jar, exchange)
        return found

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

    def _in_app(self, exchange: Exchange, events: Sequence[Event], hits: Sequence[Hit]) -> Attribution | None:
        """The app that a vendor's call names, or the one app that was named under the same agent, if no page can have made it.

        Agents of Apple's systems begin with the app's own name (``Shop/12 CFNetwork/1494 Darwin/23.4``): whoever else in the app uses
        the system's network code has the same.
        """
        if exchange.from_browser or "referer" in exchange.request_headers:
            return None
        client, agent = exchange.client, exchange.user_agent
        app = next((hit.app for hit in hits if hit.app is not None), None)
        if _OF_APPLES_SYSTEMS in agent and ((client, agent) in self._apps or len(self._apps) < _MAX_AGENTS):
            apps = self._apps.setdefault((client, agent), set())
            apps.update([app] if app is not None else [event.app for event in events[:1] if event.app is not None])
            if app is None and not events and len(apps) == 1:
                app = next(iter(apps))
        return None if app is None else Attribution(SessionKey(client, agent, None, app, Surface.MOBILE))

    def _on_site(
        self, exchange: Exchange, events: Sequence[Event], hits: Sequence[Hit], *, of_vendor: bool
    ) -> Attribution:
        if exchange.of_extension:
            return Attribution(None)
        if events:
            first = events[0]
            agent = exchange.user_agent
            if first.surface is Surface.SERVER:
                return Attribution(SessionKey(exchange.client, agent, None, None, Surface.SERVER))
            if first.surface is Surface.MOBILE and first.app is not None:
                return Attribution(SessionKey(exchange.client, agent, None, first.app, Surface.MOBILE))
        own = self._browsers.of(exchange)
        if not of_vendor:
            own.file(exchange)
        if is_page(exchange) and not own.is_framed(exchange, host_of(exchange.page_url), of_vendor=of_vendor):
            self._browsers.open(exchange)
            return _at(exchange, own, exchange.host, site_of(exchange.host), document=True)
        named = named_page(exchange) or next((host for event in events if (host := host_of(event.page_url))), None)
        if named is None and hits:
            named = _page_of_call(exchange, hits, own)
        browser = self._browsers.holding(exchange, named)
        page = _page(exchange, named, browser)
        return Attribution(None) if page is None else _traced(exchange, page, browser)


def _page_of_call(exchange: Exchange, hits: Sequence[Hit], browser: Browser) -> str | None:
    """The host of the page that a vendor's call names as its own (Google's ``dl``). A server may name any page: it is believed of
    pages that are open, and where a browser filed the call under one."""
    named = next((host for hit in hits if (host := host_of(hit.page_url))), None)
    return named if named is not None and (exchange.page_group is not None or browser.knows(named)) else None


def _traced(exchange: Exchange, page: str, browser: Browser) -> Attribution:
    """Where a request belongs that names a host: a page's that is open, or that of a frame or stylesheet, which is traced back to the
    page that holds it."""
    site, named = site_of(page), site_of(page)
    filed, holders = browser.filed(exchange, site), browser.holders(page)
    if filed is not None and filed in holders:
        site = filed
    elif site in browser.pages:
        browser.use(site, exchange.started_at)
    elif len(holders) > 1:
        return Attribution(None)
    elif holders:
        site = holders[0]
    if site != named:
        page = browser.pages.get(site, page)
    own = site_of(exchange.host)
    doubtful = named if named != site else own if browser.doubts.get(own) == (site, exchange.started_at) else None
    if own != site:
        browser.embed(exchange.host, site)
    at = _at(exchange, browser, page, site)
    return replace(at, doubtful=doubtful) if doubtful in browser.doubts else at


def _at(exchange: Exchange, browser: Browser, page: str, site: str, *, document: bool = False) -> Attribution:
    return Attribution(SessionKey(exchange.client, browser.agent, site, None, Surface.WEB), page, document)


def _page(exchange: Exchange, named: str | None, browser: Browser) -> str | None:
    """The host of the page that a request names, or else belongs to."""
    group = browser.group(exchange)
    if named is not None:
        # what nobody has opened or embedded is a frame whose own request was not seen, where the capture knows the page
        return named if group is None or browser.knows(named) else group
    headers = exchange.request_headers
    origin = headers.get("origin")
    if origin is not None and origin != "null":
        return None  # an app's own scheme: no page
    initiator, own = headers.get("sec-fetch-site"), site_of(exchange.host)
    if initiator in ("same-origin", "none"):
        return exchange.host
    filed = group or host_of(exchange.page_url) or browser.first(exchange)
    if filed is not None:
        return filed
    if initiator != "cross-site" and own in browser.pages:
        return browser.pages[own]
    if initiator == "same-site":
        return exchange.host
    only = next(iter(browser.pages)) if len(browser.pages) == 1 else None
    return None if only is None or only == own else browser.pages[only]
