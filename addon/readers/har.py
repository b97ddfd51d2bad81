"""HAR files (Chrome, Firefox, Charles, Proxyman, HTTP Toolkit, Playwright), streamed entry by entry.

Browsers leave cookies out of a HAR unless asked to export "with sensitive data". Such a file cannot show what a consent
cookie said, which is a gap and not an absence.
"""

from __future__ import annotations

import base64
import binascii
import heapq
import mmap
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

import ijson

from addon.exchange import Body, Exchange, Headers, Unsent
from addon.jsontext import Json, mapping, text_of

from .capture import CaptureError, CaptureFile, Unreadable

_COOKIE = re.compile(rb'"name"\s*:\s*"(?:set-)?cookie"|"cookies"\s*:\s*\[\s*\{', re.IGNORECASE)
_OWN_BROWSERS = ("webinspector", "firefox", "chrome", "chromium", "playwright", "safari", "webkit", "edge")
"""Exporters whose timestamps come from the clock that the page's scripts read."""
_BLOCKED = re.compile(r"ERR_BLOCKED_BY_(CLIENT|CSP|ADMINISTRATOR)|^csp$|inspector", re.IGNORECASE)
_REORDER = 1000
"""Entries within which a late one is put in its place."""
_BOM = b"\xef\xbb\xbf"


def open_har(path: Path, digest: str, size: int) -> CaptureFile:
    """A HAR, after a look at its head.

    Raises:
        CaptureError: if the JSON is no HAR.
    """
    head = _head(path)
    exporter = " ".join(str(mapping(head.get(part)).get("name", "")) for part in ("creator", "browser"))
    visible = _has_cookies(path, size)
    notes: tuple[Unreadable, ...] = ()
    if not visible:
        reason = (
            "the HAR holds no cookie at all: exported without sensitive data (Chrome: Settings, Preferences, Network, 'Allow to"
            " generate HAR with sensitive data'), or nothing set any; consent cookies cannot be read from it"
        )
        notes = (Unreadable("cookies-stripped", reason),)
    return CaptureFile(
        path,
        "har",
        digest,
        size,
        cookies_visible=visible,
        one_clock=any(name in exporter.lower() for name in _OWN_BROWSERS),
        notes=notes,
        read=read,
    )


def _head(path: Path) -> dict[str, Json]:
    """``creator``, ``browser`` and ``pages``: what stands before the entries."""
    found: dict[str, Json] = {}
    builders: dict[str, ijson.ObjectBuilder] = {}
    try:
        with path.open("rb") as file:
            _skip_bom(file)
            for prefix, event, value in ijson.parse(file, use_float=True):
                if prefix == "log.entries" and event == "start_array":
                    found["entries"] = True
                    break
                for part in ("creator", "browser", "pages"):
                    if prefix.startswith(f"log.{part}"):
                        builders.setdefault(part, ijson.ObjectBuilder()).event(event, value)
    except ijson.JSONError as error:
        raise CaptureError(f"{path}: neither JSON nor a flow file: {str(error).splitlines()[0]}") from error
    if "entries" not in found:
        raise CaptureError(f"{path}: JSON, but no HAR: it has no log.entries")
    return found | {part: builder.value for part, builder in builders.items() if hasattr(builder, "value")}


def _skip_bom(file: BinaryIO) -> None:
    if file.read(3) != _BOM:
        file.seek(0)


def _has_cookies(path: Path, size: int) -> bool:
    with path.open("rb") as file, mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ) as content:
        return _COOKIE.search(content) is not None


def read(path: Path, progress: Callable[[int], None]) -> Iterator[Exchange | Unreadable]:
    """Every entry of a HAR that was a request on the network, in order of time."""
    head = _head(path)
    pages = _page_urls(head.get("pages"))
    browser = mapping(head.get("browser")) or mapping(head.get("creator"))
    client = f"har: {text_of(browser.get('name')) or 'unknown'}"[:80]
    waiting: list[tuple[float, int, Exchange]] = []
    with path.open("rb") as file:
        _skip_bom(file)
        number = -1
        try:
            for number, entry in enumerate(ijson.items(file, "log.entries.item", use_float=True)):
                if number % 64 == 0:
                    progress(file.tell())
                try:
                    exchange = _exchange(entry, pages, client)
                except (ValueError, TypeError, KeyError, AttributeError) as error:
                    yield Unreadable(
                        "broken-flow", f"entry {number} is damaged ({error or type(error).__name__}); it was left out"
                    )
                    continue
                if exchange is not None:
                    heapq.heappush(waiting, (exchange.started_at, number, exchange))
                if len(waiting) > _REORDER:
                    yield heapq.heappop(waiting)[2]
        except ijson.JSONError as error:
            reason = f"the file stops making sense after entry {number}: {str(error).splitlines()[0]}"
            yield Unreadable("truncated-capture", f"{reason}; everything from there on was left out")
        progress(file.tell())
    while waiting:
        yield heapq.heappop(waiting)[2]


def _page_urls(pages: Json) -> dict[str, str]:
    """Page id -> its address. Chrome puts it into the title; others put the document's title there, which is no help."""
    found: dict[str, str] = {}
    for page in pages if isinstance(pages, list) else []:
        title, number = text_of(mapping(page).get("title")), text_of(mapping(page).get("id"))
        if number and title and title.startswith(("http://", "https://")):
            found[number] = title
    return found


def _exchange(entry: Mapping[str, Json], pages: Mapping[str, str], client: str) -> Exchange | None:
    request, response = mapping(entry["request"]), mapping(entry.get("response"))
    url = str(request["url"])
    if not url.startswith(("http://", "https://", "ws://", "wss://")):
        return None
    parts = urlsplit(url)
    if parts.hostname is None:
        raise ValueError("its url names no host")
    started_at = datetime.fromisoformat(str(entry["startedDateTime"])).timestamp()
    status = response.get("status")
    answered = isinstance(status, int) and status > 0
    error = text_of(response.get("_error"))
    timings = mapping(entry.get("timings"))
    waited = sum(
        value
        for value in (timings.get(name) for name in ("blocked", "dns", "connect", "send", "wait"))
        if isinstance(value, (int, float)) and value > 0
    )
    secure = parts.scheme in ("https", "wss")
    return Exchange(
        started_at=started_at,
        client=client,
        method=str(request["method"]).upper(),
        scheme="https" if secure else "http",
        host=parts.hostname,
        port=parts.port or (443 if secure else 80),
        path=parts.path or "/",
        query=parts.query,
        request_headers=_headers(request, "cookie"),
        request_body=_post_data(mapping(request.get("postData"))),
        status=status if answered and isinstance(status, int) else None,
        response_headers=_headers(response, "set-cookie"),
        response_body=_content(mapping(response.get("content"))) if answered else None,
        response_at=started_at + waited / 1000 if answered else None,
        failure=error or (None if answered else "no response"),
        page_url=pages.get(str(entry.get("pageref"))),
        unsent=_unsent(entry, error),
        websocket=parts.scheme in ("ws", "wss"),
    )


def _unsent(entry: Mapping[str, Json], error: str | None) -> Unsent | None:
    if error is not None and _BLOCKED.search(error):
        return Unsent.BLOCKED
    return Unsent.CACHED if text_of(entry.get("_fromCache")) else None


def _headers(message: Mapping[str, Json], cookie_field: str) -> Headers:
    """Header fields; cookies from their own list where the fields leave them out."""
    listed = message.get("headers")
    fields = [
        (name, str(mapping(item).get("value", "")))
        for item in (listed if isinstance(listed, list) else [])
        if (name := text_of(mapping(item).get("name"))) and not name.startswith(":")
    ]
    cookies = message.get("cookies")
    if isinstance(cookies, list) and cookies and not any(name.lower() == cookie_field for name, _ in fields):
        pairs = [f"{mapping(item).get('name')}={mapping(item).get('value')}" for item in cookies]
        fields += (
            [("cookie", "; ".join(pairs))] if cookie_field == "cookie" else [("set-cookie", pair) for pair in pairs]
        )
    return Headers.from_text(fields)


def _post_data(post: Mapping[str, Json]) -> Body | None:
    text = text_of(post.get("text"))
    if text is not None:
        encoded = text_of(post.get("encoding")) or text_of(post.get("_encoding"))
        return Body(_decoded(text, encoded))
    params = post.get("params")
    if isinstance(params, list) and params:
        pairs = [f"{mapping(item).get('name', '')}={mapping(item).get('value', '')}" for item in params]
        return Body("&".join(pairs).encode())
    return None


def _content(content: Mapping[str, Json]) -> Body | None:
    text = text_of(content.get("text"))
    return None if text is None else Body(_decoded(text, text_of(content.get("encoding"))))


def _decoded(text: str, encoding: str | None) -> bytes:
    if encoding == "base64":
        try:
            return base64.b64decode(text)
        except (binascii.Error, ValueError):
            return text.encode("utf-8", "surrogatepass")
    return text.encode("utf-8", "surrogatepass")
