"""HAR files (Chrome, Firefox, Charles, Proxyman, HTTP Toolkit, Playwright), streamed entry by entry.

Browsers leave cookies out of a HAR unless asked to export "with sensitive data". Such a file cannot show what a consent
cookie said, which is a gap and not an absence.
"""

from __future__ import annotations

import heapq
import itertools
import mmap
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from addon.exchange import Exchange, Headers
from addon.jsontext import Json, mapping, text_of

from .capture import CaptureError, CaptureFile, Identity, Unreadable
from .har_bodies import content_of, posted
from .har_messages import has_messages, messages_of
from .har_pages import Pages, made_by_extension, pages_of
from .har_times import run_of, time_of, waited
from .har_unsent import error_of, unsent_of
from .har_writer import UNREAD
from .json_stream import MAX_TEXT_BYTES, JsonStream, Malformed, Unusable
from .packed import Content

_COOKIE = re.compile(rb'"name"\s*:\s*"(?:set-)?cookie"|"cookies"\s*:\s*\[\s*\{', re.IGNORECASE)
_OWN_BROWSERS = ("webinspector", "firefox", "chrome", "chromium", "playwright", "safari", "webkit", "edge")
"""Exporters whose timestamps come from the clock that the page's scripts read."""
_REORDER = 1000
"""Entries within which a late one is put in its place."""
_REORDER_BYTES = 16 * 1024 * 1024
"""Bytes of bodies that wait for it; beyond that, the earliest entry is passed on at once."""
PARTS = ("creator", "browser", "pages")
_SCHEMES = ("http://", "https://", "ws://", "wss://")


class NoHar(Exception):
    """A document that is no HAR: says what it is."""


def open_har(path: Path, identity: Identity, content: Content) -> CaptureFile:
    """A HAR, after a look at its head.

    Args:
        path: the file that was given.
        content: where its bytes stand, which may be what was unpacked from it.

    Raises:
        CaptureError: if the JSON is no HAR.
    """
    try:
        head = _head(content.path)
    except NoHar as error:
        raise CaptureError(f"{path}: {error}") from error.__cause__
    exporter = " ".join(str(mapping(head.get(part)).get("name", "")) for part in ("creator", "browser"))
    visible = _has_cookies(content.path)
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
        identity,
        content,
        cookies_visible=visible,
        one_clock=any(name in exporter.lower() for name in _OWN_BROWSERS),
        notes=notes,
        read=read,
        unsorted=read_unsorted,
    )


def _head(path: Path) -> dict[str, Json]:
    """``creator``, ``browser`` and ``pages``. They stand before the entries, unless a tool has sorted the keys."""
    found: dict[str, Json] = {}
    entries = False
    try:
        with path.open("rb") as file:
            for name, stream in log_members(file):
                if name in PARTS:
                    with suppress(Unusable):  # said by whoever reads the entries
                        found[name] = stream.value()
                elif name == "entries" and stream.stands_at(b"["):
                    entries = True
                    if not _mentions(path, [part for part in PARTS if part not in found]):
                        break
                    stream.skip()
                else:
                    stream.skip()
    except Malformed as error:
        if not entries:
            raise NoHar(f"neither JSON nor a flow file: {error}") from error
    if not entries:
        raise NoHar("JSON, but no HAR: it has no log.entries")
    return found


def log_members(file: BinaryIO) -> Iterator[tuple[str, JsonStream]]:
    """The members of ``log``, each with the walk at its value, which has to be taken or skipped.

    Raises:
        Malformed: where the document stops making sense.
    """
    stream = JsonStream(file)
    for outer in stream.members():
        if outer != "log" or not stream.stands_at(b"{"):
            stream.skip()
            continue
        for name in stream.members():
            yield name, stream
    stream.end()


def _mentions(path: Path, parts: list[str]) -> bool:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return any(content.find(f'"{part}"'.encode()) >= 0 for part in parts)


def _has_cookies(path: Path) -> bool:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return _COOKIE.search(content) is not None


def read(path: Path, progress: Callable[[int], None]) -> Iterator[Exchange | Unreadable]:
    """Every entry of a HAR that was a request on the network, in order of time."""
    waiting: list[tuple[float, int, Exchange]] = []
    weight = 0
    for number, item in enumerate(read_unsorted(path, progress)):
        if isinstance(item, Unreadable):
            yield item
            continue
        heapq.heappush(waiting, (item.started_at, number, item))
        weight += _weight(item)
        while waiting and (len(waiting) > _REORDER or weight > _REORDER_BYTES):
            earliest = heapq.heappop(waiting)[2]
            weight -= _weight(earliest)
            yield earliest
    while waiting:
        yield heapq.heappop(waiting)[2]


def read_unsorted(path: Path, progress: Callable[[int], None]) -> Iterator[Exchange | Unreadable]:
    """The same in the order of the file."""
    head = _head(path)
    pages = pages_of(head.get("pages"))
    browser = mapping(head.get("browser")) or mapping(head.get("creator"))
    client = f"har: {text_of(browser.get('name')) or 'unknown'}"[:80]
    with path.open("rb") as file:
        for number, item in enumerate(_items_of(file, pages, client)):
            if number % 64 == 0:
                progress(file.tell())
            yield item
        progress(file.tell())


def _items_of(file: BinaryIO, pages: Pages, client: str) -> Iterator[Exchange | Unreadable]:
    """The exchanges of a HAR in its own order, with the parts that cannot be read."""
    numbers = itertools.count()
    where = "before its first entry"
    try:
        for name, stream in log_members(file):
            if name != "entries" or not stream.stands_at(b"["):
                yield from _part(name, stream)
                continue
            for place in stream.elements():
                number = next(numbers)
                yield from _item(stream, f"entry {number} (byte {place})", pages, client)
                where = f"after entry {number}"
    except Malformed as error:
        reason = f"the file stops making sense {where}: {error}"
        yield Unreadable("truncated-capture", f"{reason}; everything from there on was left out")


def _item(stream: JsonStream, name: str, pages: Pages, client: str) -> Iterator[Exchange | Unreadable]:
    """The exchange of the entry that stands here, if it was one, and what of it cannot be read."""
    try:
        entry = stream.value()
        unread = mapping(entry).get(UNREAD)
        if unread is not None:
            yield _unread(mapping(unread), name)
            return
        exchange = _exchange(entry, pages, client)
    except (Unusable, ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
        damage = f"no {error}" if isinstance(error, KeyError) else str(error) or type(error).__name__
        yield Unreadable("broken-flow", f"{name} is damaged ({damage[:200]}); it was left out", count=1)
        return
    if stream.shortened:
        reason = f"{name} holds a text of more than {MAX_TEXT_BYTES} bytes; the text was left out"
        yield Unreadable("body-too-large", reason)
    if exchange is not None:
        yield exchange
        if exchange.messages_follow:
            yield from messages_of(entry, exchange)


def _unread(part: Mapping[str, Json], name: str) -> Unreadable:
    """What an entry stands for that was not written as HAR, because it could not be read."""
    reason = text_of(part.get("reason")) or "unknown"
    if part.get("kind") == "passed-through":
        return Unreadable("passed-through", reason, text_of(part.get("host")), count=1)
    return Unreadable("broken-flow", f"{name} is damaged ({reason[:200]}); it was left out", count=1)


def _part(name: str, stream: JsonStream) -> Iterator[Unreadable]:
    """Skips the members beside the entries; reports a useful one that cannot be read."""
    if name not in PARTS:
        stream.skip()
        return
    place = stream.place
    try:
        stream.value()
    except Unusable as error:
        yield Unreadable("broken-flow", f"log.{name} (byte {place}) is damaged ({error}); it was left out")


def _weight(exchange: Exchange) -> int:
    return sum(len(body.raw) for body in (exchange.request_body, exchange.response_body) if body is not None)


def _exchange(entry: Json, pages: Pages, client: str) -> Exchange | None:
    if not isinstance(entry, dict):
        raise TypeError("no object")
    request, response = mapping(entry["request"]), mapping(entry.get("response"))
    url = text_of(request["url"])
    if url is None:
        raise ValueError("its url is no text")
    if not url[:8].lower().startswith(_SCHEMES):
        return None
    parts = urlsplit(url)
    if parts.hostname is None:
        raise ValueError("its url names no host")
    started_at = time_of(entry["startedDateTime"])
    status = response.get("status")
    answered = isinstance(status, int) and status > 0
    error = error_of(response)
    run = run_of(entry)
    sent = _headers(request, "cookie")
    body = posted(mapping(request.get("postData")), sent.get("content-type"))
    secure = parts.scheme in ("https", "wss")
    page = text_of(entry.get("pageref"))
    return Exchange(
        started_at=started_at,
        client=client if run is None else f"{client} run {run}",
        method=str(request["method"]).upper(),
        scheme="https" if secure else "http",
        host=parts.hostname,
        port=parts.port or (443 if secure else 80),
        path=parts.path or "/",
        query=parts.query,
        request_headers=sent if body.content_type is None else _with_content_type(sent, body.content_type),
        request_body=body.body or content_of(mapping(request.get("_content"))),
        status=status if answered and isinstance(status, int) else None,
        response_headers=_response_headers(response),
        response_body=content_of(mapping(response.get("content"))) if answered else None,
        response_at=started_at + waited(mapping(entry.get("timings"))) if answered else None,
        failure=error or (None if answered else "no response"),
        page_url=None if page is None else pages.urls.get(page),
        page_group=page,
        extension=page in pages.of_extensions or made_by_extension(entry),
        unsent=unsent_of(entry, exporter=client),
        websocket=parts.scheme in ("ws", "wss") or has_messages(entry),
        messages_follow=has_messages(entry),
    )


def _response_headers(response: Mapping[str, Json]) -> Headers:
    """A response's header fields. Of an entry without any (BrowserMob Proxy leaves them out unless they are asked for) the content's
    type is known all the same: HAR 1.2 says that it is the field's value."""
    headers = _headers(response, "set-cookie")
    kind = text_of(mapping(response.get("content")).get("mimeType"))
    if kind and not _items(response.get("headers")):
        return Headers.from_text([*headers.fields, ("content-type", kind)])
    return headers


def _headers(message: Mapping[str, Json], cookie_field: str) -> Headers:
    """Header fields; cookies from their own list where the fields leave them out."""
    fields = [
        (name, value)
        for item in _items(message.get("headers"))
        if (name := text_of(item.get("name"))) and not name.startswith(":")
        # several fields of one name arrive as one, a line each
        for value in str(item.get("value", "")).split("\n")
    ]
    if not any(name.lower() == cookie_field for name, _ in fields):
        cookies = [item for item in _items(message.get("cookies")) if text_of(item.get("name"))]
        if cookie_field == "set-cookie":
            fields += [("set-cookie", _set_cookie(cookie)) for cookie in cookies]
        elif cookies:
            fields.append(("cookie", "; ".join(map(_pair, cookies))))
    return Headers.from_text(fields)


def _with_content_type(headers: Headers, content_type: str) -> Headers:
    fields = [(name, value) for name, value in headers.fields if name.lower() != "content-type"]
    return Headers.from_text([*fields, ("content-type", content_type)])


def _items(listed: Json) -> list[Mapping[str, Json]]:
    return [mapping(item) for item in listed] if isinstance(listed, list) else []


def _pair(cookie: Mapping[str, Json]) -> str:
    return f"{cookie['name']}={text_of(cookie.get('value')) or ''}"


def _set_cookie(cookie: Mapping[str, Json]) -> str:
    """A response's cookie as a ``Set-Cookie`` field, with what the entry says about its domain, path and end."""
    attributes = {name: text_of(cookie.get(name)) for name in ("domain", "path", "expires")}
    try:
        expires = datetime.fromisoformat(attributes["expires"] or "")
        attributes["expires"] = format_datetime(expires.astimezone(UTC), usegmt=True)
    except (ValueError, OverflowError):
        pass  # none, or as the header had it
    return "; ".join([_pair(cookie), *(f"{name}={value}" for name, value in attributes.items() if value)])
