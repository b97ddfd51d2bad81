"""Whose visit an exchange belongs to: one client on one site, or in one app.

A request names its page by ``Sec-Fetch-*``, ``Origin`` and ``Referer``. What a page embeds (frames, stylesheets) names
itself instead, and is traced back to the page. A request that names nothing is given to the client's only site, and to
none if the client has several open: a wrong attribution would be a false accusation.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit

from publicsuffixlist import PublicSuffixList

from addon.decode.facts import Event, Surface
from addon.exchange import Exchange

_SUFFIXES = PublicSuffixList()
_MAX_TRACED = 5000


@lru_cache(maxsize=20_000)
def site_of(host: str) -> str:
    """The registrable domain of a host; the host itself for addresses, single labels and public suffixes."""
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return _SUFFIXES.privatesuffix(host) or host
    return host


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


@dataclass(frozen=True, slots=True)
class Attribution:
    """Where an exchange belongs."""

    key: SessionKey | None
    """``None`` if that cannot be told."""
    page_host: str | None = None
    """The host of the page that acted."""
    document: bool = False
    """Whether this is a page itself, in the address bar."""


@dataclass(slots=True)
class _Browser:
    """What one client with one user agent has open."""

    pages: dict[str, str] = field(default_factory=dict)
    """Site -> host of its latest page."""
    embedded: OrderedDict[str, str] = field(default_factory=OrderedDict)
    """Host that a page fetched from or embeds -> the page's site."""


class SessionBook:
    """Attributes exchanges, in order."""

    def __init__(self) -> None:
        self._browsers: dict[tuple[str, str], _Browser] = {}

    def attribute(self, exchange: Exchange, events: Sequence[Event]) -> Attribution:
        """Where an exchange belongs, by its headers and by what the messages in it say."""
        agent = exchange.user_agent
        if events:
            first = events[0]
            if first.surface is Surface.SERVER:
                return Attribution(SessionKey(exchange.client, agent, None, None, Surface.SERVER))
            if first.surface is Surface.MOBILE and first.app is not None:
                return Attribution(SessionKey(exchange.client, agent, None, first.app, Surface.MOBILE))
        browser = self._browsers.setdefault((exchange.client, agent), _Browser())
        if is_page(exchange):
            browser.pages[site_of(exchange.host)] = exchange.host
            return self._at(exchange, exchange.host, site_of(exchange.host), document=True)
        page = host_of(exchange.page_url) or self._named_page(exchange, events, browser)
        if page is None:
            return Attribution(None)
        site = site_of(page)
        if site not in browser.pages:
            # a frame or stylesheet that named itself: trace it back to the page that holds it
            traced = browser.embedded.get(page)
            if traced is not None:
                site = traced
                page = browser.pages.get(site, page)
        if site_of(exchange.host) != site:
            browser.embedded[exchange.host] = site
            browser.embedded.move_to_end(exchange.host)
            if len(browser.embedded) > _MAX_TRACED:
                browser.embedded.popitem(last=False)
        return self._at(exchange, page, site)

    @staticmethod
    def _at(exchange: Exchange, page: str, site: str, *, document: bool = False) -> Attribution:
        return Attribution(SessionKey(exchange.client, exchange.user_agent, site, None, Surface.WEB), page, document)

    @staticmethod
    def _named_page(exchange: Exchange, events: Sequence[Event], browser: _Browser) -> str | None:
        named = host_of(exchange.request_headers.get("origin")) or host_of(exchange.request_headers.get("referer"))
        if named is None and events:
            named = next((host for event in events if (host := host_of(event.page_url))), None)
        if named is None and exchange.request_headers.get("sec-fetch-site") in ("same-origin", "none"):
            named = exchange.host
        if named is None and site_of(exchange.host) in browser.pages:
            named = exchange.host
        if named is None and len(browser.pages) == 1:
            named = next(iter(browser.pages.values()))
        return named


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
