"""What a request's own header fields show of pages: whether it is for one, and whether all of a page's cookies are in it."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import urlsplit

from addon.exchange import Exchange

REDIRECTS = (301, 302, 303, 307, 308)
_HTML = ("text/html", "application/xhtml")
_UNFRAMED = ("deny", "sameorigin")
"""Values of ``X-Frame-Options`` with which no other site can hold a page in a frame."""
_MAX_POLICY = 10_000


@lru_cache(maxsize=20_000)
def host_of(url: str | None) -> str | None:
    """The host of an ``http(s)`` URL, in lower case."""
    if url is None or not url.startswith(("http://", "https://")):
        return None
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def is_page(exchange: Exchange) -> bool:
    """Whether a request is for a page in the address bar, as far as its own header fields show.

    Browsers say so in ``Sec-Fetch-Dest``, but only to secure origins and not for long; otherwise the Accept header has to do, which
    is the same for a frame.
    """
    headers = exchange.request_headers
    destination = headers.get("sec-fetch-dest")
    if destination is not None:
        return destination == "document"
    if exchange.method not in ("GET", "POST") or exchange.websocket or "x-requested-with" in headers:
        return False
    content_type = exchange.response_headers.get("content-type")
    is_html = content_type is not None and content_type.startswith(_HTML)
    if accepts_pages(exchange):
        return is_html or content_type is None
    return is_html and exchange.method == "GET" and "origin" not in headers


def accepts_pages(exchange: Exchange) -> bool:
    """Whether a request asks for a document, as browsers do for pages and frames and scripts hardly ever do."""
    return (exchange.request_headers.get("accept") or "").startswith("text/html")


def refuses_frames(exchange: Exchange) -> bool:
    """Whether a response forbids other sites to hold it in a frame."""
    headers = exchange.response_headers
    if (headers.get("x-frame-options") or "").strip().lower() in _UNFRAMED:
        return True
    for policy in headers.get_all("content-security-policy"):
        for directive in policy[:_MAX_POLICY].lower().split(";"):
            name, *sources = directive.split()[:3] or [""]
            if name == "frame-ancestors" and sources in (["'none'"], ["'self'"]):
                return True
    return False


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


def named_page(exchange: Exchange) -> str | None:
    """The host that a request names as its page's: in ``Origin``, else in ``Referer``."""
    headers = exchange.request_headers
    return host_of(headers.get("origin")) or host_of(headers.get("referer"))
