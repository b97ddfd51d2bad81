"""What each browser has open: pages, and the frames and stylesheets in them.

A document says in ``Sec-Fetch-Dest`` whether it is a page or a frame. Where the browser sends no such field (plain http, browsers
before 2023, most HAR files), a frame is told by what it names and by what the capture says: it names the page that holds it as its
referrer, and a HAR files it under that page (``pageref``). A link to another site names the page that it stands on too. So a document
that names an open page is taken for a frame in it, and for no more than that: unless the capture, or the catalogue of those who serve
frames, says so, it stays in doubt.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

from addon.addresses import site_of
from addon.exchange import Exchange

from .pages import REDIRECTS, accepts_pages, named_page, refuses_frames

_MAX_TRACED = 5000
_MAX_HOLDERS = 50
_MAX_GROUPS = 5000
_MAX_DOUBTS = 100
_UNLOAD = 5.0
"""Seconds in which a page that was left may still send: what it kept for its end."""


@dataclass(slots=True)
class Browser:
    """What one client with one user agent has open."""

    agent: str
    pages: dict[str, str] = field(default_factory=dict)
    """Site -> host of its latest page."""
    opened: dict[str, float] = field(default_factory=dict)
    """Site -> when that page was asked for."""
    active: dict[str, float] = field(default_factory=dict)
    """Site -> the latest request that named it."""
    embedded: OrderedDict[str, dict[str, None]] = field(default_factory=OrderedDict)
    """Host that pages fetched from or embed -> their sites, the latest last."""
    groups: OrderedDict[str, dict[str, str]] = field(default_factory=OrderedDict)
    """Page of the capture's own list -> sites of which a page was opened in it, the latest last, each with its host."""
    firsts: OrderedDict[str, str] = field(default_factory=OrderedDict)
    """Page of the capture's own list -> host of the first request in it, with which pages mostly begin."""
    doubts: dict[str, tuple[str, float]] = field(default_factory=dict)
    """Site of what may be a page, and is taken for a frame -> the site that holds it, and when it was asked for."""

    def open(self, exchange: Exchange) -> None:
        """Notes that a page was opened. An address that only leads elsewhere never is."""
        if exchange.status in REDIRECTS:
            return
        site, at = site_of(exchange.host), exchange.started_at
        self.pages[site] = exchange.host
        self.opened[site] = max(at, self.opened.get(site, at))
        self.doubts.pop(site, None)
        if exchange.page_group is not None:
            opened = self.groups.setdefault(exchange.page_group, {})
            opened.pop(site, None)
            opened[site] = exchange.host
            self.groups.move_to_end(exchange.page_group)
            if len(opened) > _MAX_HOLDERS:
                del opened[next(iter(opened))]
            if len(self.groups) > _MAX_GROUPS:
                self.groups.popitem(last=False)

    def file(self, exchange: Exchange) -> None:
        """Notes the first request to somebody who is no vendor, where the capture itself files it."""
        group = exchange.page_group
        if group is not None and group not in self.firsts and exchange.status not in REDIRECTS:
            self.firsts[group] = exchange.host
            if len(self.firsts) > _MAX_GROUPS:
                self.firsts.popitem(last=False)

    def first(self, exchange: Exchange) -> str | None:
        """The host of that request."""
        return None if exchange.page_group is None else self.firsts.get(exchange.page_group)

    def use(self, site: str, at: float) -> None:
        """Notes that a request named a page that is open. What it was taken to hold is a frame, if it is still there by then."""
        self.active[site] = max(at, self.active.get(site, 0.0))
        for each, (holder, since) in list(self.doubts.items()):
            if holder == site and at > since + _UNLOAD:
                del self.doubts[each]

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

    def knows(self, host: str) -> bool:
        """Whether a host is a page's that is open, or one that pages fetched from or embed."""
        return site_of(host) in self.pages or host in self.embedded

    def group(self, exchange: Exchange) -> str | None:
        """The host of the latest page that was opened where the capture itself files a request."""
        opened = self._opened_in(exchange)
        return opened[next(reversed(opened))] if opened else None

    def filed(self, exchange: Exchange, site: str) -> str | None:
        """The site of that page, if a page of another site was never opened there."""
        opened = self._opened_in(exchange)
        return next(reversed(opened)) if opened and site not in opened else None

    def _opened_in(self, exchange: Exchange) -> dict[str, str]:
        return {} if exchange.page_group is None else self.groups.get(exchange.page_group, {})

    def is_framed(self, exchange: Exchange, titled: str | None, *, of_vendor: bool) -> bool:
        """Whether a document, of which its header fields leave that open, is a frame in a page. Notes it if that is in doubt.

        Args:
            titled: the host that the capture names as the page's.
            of_vendor: whether the catalogue knows its address as a vendor's: nobody opens that as a page.
        """
        headers = exchange.request_headers
        if "sec-fetch-dest" in headers or refuses_frames(exchange):
            return False
        site, named = site_of(exchange.host), named_page(exchange)
        if titled is not None and site_of(titled) == site:
            return False
        if named is not None and site_of(named) == site:
            return self._goes_on_in_frame(named, site)
        group = self.group(exchange)
        held = None if group is None or site_of(group) == site else site_of(group)
        if named is None:
            return held is not None and (of_vendor or not headers.raw)
        if not self.knows(named):
            return False
        if "accept" in headers and not accepts_pages(exchange):
            return True  # no browser asks for a document like that
        if site in self.pages:
            return False
        sites = [site_of(named)] if site_of(named) in self.pages else self.holders(named)
        # a title of a page that is opened later only: the capture goes on over several pages under one name
        later = titled is not None and site_of(titled) not in self._opened_in(exchange)
        if not of_vendor and (held not in sites or later) and len(self.doubts) < _MAX_DOUBTS:
            self.doubts[site] = sites[0], exchange.started_at
        return True

    def _goes_on_in_frame(self, named: str, site: str) -> bool:
        """Whether a document that another one of its own site led to is in a frame, as that one was. Whoever goes on to a second one
        after the page that is said to hold it has fallen silent has left that page."""
        if site in self.pages or not self.knows(named):
            return False
        doubt = self.doubts.get(site)
        return doubt is None or self.active.get(doubt[0], 0.0) > doubt[1] + _UNLOAD


class Browsers:
    """The browsers of all clients."""

    def __init__(self) -> None:
        self._browsers: dict[tuple[str, str], Browser] = {}
        self._openers: dict[tuple[str, str], set[str]] = {}
        """Client and site -> user agents with which its pages were opened; no more than two."""

    def of(self, exchange: Exchange) -> Browser:
        """The browser with the user agent of a request."""
        agent = exchange.user_agent
        browser = self._browsers.get((exchange.client, agent))
        if browser is None:
            browser = self._browsers[exchange.client, agent] = Browser(agent)
        return browser

    def open(self, exchange: Exchange) -> None:
        """Notes that a page was opened."""
        self.of(exchange).open(exchange)
        openers = self._openers.setdefault((exchange.client, site_of(exchange.host)), set())
        if len(openers) < 2:
            openers.add(exchange.user_agent)

    def holding(self, exchange: Exchange, named: str | None) -> Browser:
        """The browser that has the page open which a request names. What overrides the user agent of a page (a test driver, the
        emulation of a device) mostly does not reach its beacons and workers: a request with a user agent that has opened no page
        of the site belongs to the one that has, if there is just one."""
        own = self.of(exchange)
        if named is None or own.knows(named):
            return own
        openers = self._openers.get((exchange.client, site_of(named)), set())
        agent = next(iter(openers)) if len(openers) == 1 else own.agent
        return self._browsers.get((exchange.client, agent), own)
