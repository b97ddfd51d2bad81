"""One HTTP request with its response or its failure, however it was captured.

Every reader (the live proxy, flow files, HAR files) makes these, and everything after the readers uses only these. Times are
Unix time in seconds. Nothing here trusts what it is given: header bytes may be any bytes. ``addon/body.py`` has the bodies.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_tz
from enum import StrEnum
from urllib.parse import unquote

from addon.body import Body

_SCRIPT = re.compile(rb"\s{0,9}(?:text|application)/(?:x-)?(?:java|ecma)script\b", re.I)
"""Content types of scripts (WHATWG MIME Sniffing, 4.6, without those of the last century)."""
_NO_VALUES: list[bytes] = []


def raw_field(fields: Iterable[tuple[bytes, bytes]], name: bytes) -> bytes | None:
    """The first value of a field as it came, for callers that need few fields; ``name`` in lower case."""
    length = len(name)
    for key, value in fields:
        if len(key) == length and key.lower() == name:
            return value
    return None


class Headers:
    """Header fields in order; names without case, values as text (undecodable bytes replaced).

    Fields are kept as they came and decoded on demand, because most are only stored.
    """

    __slots__ = ("_index", "raw")

    def __init__(self, fields: Iterable[tuple[bytes, bytes]] = ()) -> None:
        self.raw: tuple[tuple[bytes, bytes], ...] = tuple(fields)
        self._index: dict[bytes, list[bytes]] | None = None

    @classmethod
    def from_text(cls, fields: Iterable[tuple[str, str]]) -> Headers:
        return cls((name.encode("utf-8", "replace"), value.encode("utf-8", "replace")) for name, value in fields)

    @property
    def fields(self) -> list[tuple[str, str]]:
        """Every field as text, in order."""
        return [(name.decode("utf-8", "replace"), value.decode("utf-8", "replace")) for name, value in self.raw]

    def _by_name(self) -> dict[bytes, list[bytes]]:
        index: dict[bytes, list[bytes]] = {}
        for name, value in self.raw:
            index.setdefault(name.lower(), []).append(value)
        self._index = index
        return index

    def raw_values(self, name: str) -> list[bytes]:
        """Every value of a field as it came, in order; ``name`` in lower case."""
        return (self._index or self._by_name()).get(name.encode(), _NO_VALUES)

    def get(self, name: str) -> str | None:
        """The first value of a field; ``name`` in lower case."""
        values = (self._index or self._by_name()).get(name.encode())
        return values[0].decode("utf-8", "replace") if values else None

    def get_all(self, name: str) -> list[str]:
        """Every value of a field, in order; ``name`` in lower case."""
        return [value.decode("utf-8", "replace") for value in self.raw_values(name)]

    def __contains__(self, name: str) -> bool:
        return name.encode() in (self._index or self._by_name())


def body_of(raw: bytes | None, headers: Headers) -> Body | None:
    """``None`` for no body: the capture does not have it, or it is empty."""
    if not raw:
        return None
    encoding = raw_field(headers.raw, b"content-encoding")
    return Body(raw, None if encoding is None else encoding.decode("utf-8", "replace"))


_TAKEN_OUT = re.compile(
    r"[*x\u2022]{3,}|[\[<({]?[\w -]{0,30}?(redacted|removed|masked|filtered|sanitized|scrubbed|hidden)[\w -]{0,30}[\]>)}]?",
    re.I,
)
_LONGEST_MARK = 80


def is_taken_out(text: str) -> bool:
    """Whether a value is missing: empty, or a placeholder that tools write when they remove one (``[REDACTED]``, ``***``)."""
    text = unquote(text[: 3 * _LONGEST_MARK]).strip().strip("\"'")
    return len(text) <= _LONGEST_MARK and (not text or _TAKEN_OUT.fullmatch(text) is not None)


def is_extension(address: str) -> bool:
    """Whether an address or origin is that of an extension of a browser: ``chrome-extension://``, ``moz-extension://``,
    ``safari-web-extension://``."""
    scheme, separator, _ = address[:60].partition("://")
    return bool(separator) and scheme.lower().endswith("-extension")


WEBSOCKET = "WEBSOCKET"
"""The method of an exchange that is one message of a client over a WebSocket, which has no answer of its own."""


class Unsent(StrEnum):
    """The reason why an entry of a capture never was a request on the network."""

    BLOCKED = "blocked"
    """By the browser, an extension, a policy or the tool that drives the browser."""
    CACHED = "cached"
    """Answered from the browser's memory, disk or prefetch cache."""
    WORKER = "service-worker"
    """Answered by a service worker, from its cache storage or by its own code."""
    OVERRIDDEN = "overridden"
    """Answered by the browser itself: an override of the inspector or of a test, a redirect within the browser."""
    UNREACHED = "unreached"
    """Its host has no address, or no connection to it came about."""
    UNTRACED = "untraced"
    """No answer, and neither time nor bytes nor address of a connection."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its response."""

    started_at: float
    client: str
    """The client that sent it: an address, or the name of the browser that exported a HAR."""
    method: str
    scheme: str
    host: str
    """In lower case, without port."""
    port: int
    path: str
    query: str
    """Raw, without its question mark."""
    request_headers: Headers
    request_body: Body | None = None
    status: int | None = None
    response_headers: Headers = field(default_factory=Headers)
    response_body: Body | None = None
    response_at: float | None = None
    failure: str | None = None
    """The reason why there is no response."""
    page_url: str | None = None
    """The page that made the request, if the capture itself says so: in a HAR the title of its page, which may be of a later one."""
    page_group: str | None = None
    """The page of the capture's own list under which it is filed (``pageref`` of a HAR), of which several may be opened."""
    page_key: str | None = None
    """For a page with the in-page probe: the part of its key by which its reports are known as its own."""
    extension: bool = False
    """Whether the capture itself says that an extension of the browser made the request."""
    unsent: Unsent | None = None
    websocket: bool = False
    """Whether it became a WebSocket."""
    messages_follow: bool = False
    """Whether the capture has what was sent over the WebSocket: as exchanges of their own, whose method is :data:`WEBSOCKET`."""
    own: bool = False
    """Whether consentwire itself answered it: observations, marks and queries. Accepted ones have status 200."""
    connection: str | None = None
    """The client's connection that carried it, if known. A browser never shares a connection between windows with separate
    cookies."""
    key: str | None = None
    """Its id in the reader (for example a mitmproxy flow id), with which the reader finds its own object again."""

    @property
    def url(self) -> str:
        default = 443 if self.scheme == "https" else 80
        host = f"[{self.host}]" if ":" in self.host else self.host
        authority = host if self.port == default else f"{host}:{self.port}"
        return f"{self.scheme}://{authority}{self.path}" + (f"?{self.query}" if self.query else "")

    @property
    def user_agent(self) -> str:
        return self.request_headers.get("user-agent") or ""

    @property
    def of_extension(self) -> bool:
        """Whether an extension of the browser made the request, and no page."""
        return self.extension or is_extension(self.request_headers.get("origin") or "")

    @property
    def from_browser(self) -> bool:
        """Whether its header fields say that a browser sent it, or a page in one."""
        return self.user_agent.startswith("Mozilla/") or "origin" in self.request_headers

    @property
    def fetches_script(self) -> bool:
        """Whether it fetches a script, as the browser or the answer's content type says."""
        if self.method != "GET":
            return False
        wanted = raw_field(self.request_headers.raw, b"sec-fetch-dest")
        if wanted is not None:
            return wanted.strip().lower() == b"script"
        kind = raw_field(self.response_headers.raw, b"content-type") or b""
        return _SCRIPT.match(kind) is not None

    def cookies(self) -> list[tuple[str, str]]:
        """The cookies that the request carried, in order; HTTP/2 may spread them over several fields."""
        pairs: list[tuple[str, str]] = []
        for value in self.request_headers.get_all("cookie"):
            for part in value.split(";"):
                name, equals, content = part.strip().partition("=")
                if equals and name:
                    pairs.append((name, content))
        return pairs

    @property
    def cookies_taken_out(self) -> bool:
        """Whether the request carried cookies whose names the capture does not even have."""
        if "cookie" not in self.request_headers:
            return False
        pairs = self.cookies()
        return not pairs or any(is_taken_out(name) for name, _ in pairs)

    def set_cookies(self) -> list[SetCookie]:
        """The cookies that the response set."""
        at = self.started_at if self.response_at is None else self.response_at
        return [cookie for value in self.response_headers.get_all("set-cookie") if (cookie := _set_cookie(value, at))]


@dataclass(frozen=True, slots=True)
class SetCookie:
    """One ``Set-Cookie`` field."""

    name: str
    value: str
    domain: str | None
    deletes: bool
    """Whether it deletes the cookie."""
    path: str | None = None
    """``None`` if not stated; the browser then uses the directory of the page (RFC 6265, 5.1.4)."""
    strict: bool = False
    """``SameSite=Strict``: no request from another site carries it, not even one for a page."""
    lasts: float | None = None
    """For how long it asks to be kept (seconds from its arrival); ``None`` until the browser is closed, or if it does not say so
    in terms that a browser reads."""


_AGE = re.compile(r"-?[0-9]+")
_MAX_DATE = 100
_FOREVER = 1e12
"""Seconds. A longer lifetime has the same effect."""


def _set_cookie(value: str, at: float) -> SetCookie | None:
    """A ``Set-Cookie`` field that arrived at ``at`` (Unix time in seconds), as RFC 6265, 5.2 and 5.3 have it."""
    pair, _, attributes = value.partition(";")
    name, equals, content = pair.partition("=")
    if not equals or not name.strip():
        return None
    domain: str | None = None
    path: str | None = None
    strict = False
    age: float | None = None
    expires: float | None = None
    for attribute in attributes.split(";"):
        key, _, setting = attribute.partition("=")
        setting = setting.strip()
        match key.strip().lower():
            case "domain":
                domain = setting.lstrip(".").lower() or None
            case "path" if setting.startswith("/"):
                path = setting
            case "samesite":
                strict = setting.lower() == "strict"
            case "max-age" if _AGE.fullmatch(setting):
                age = min(float(setting), _FOREVER)
            case "expires":
                expires = _cookie_date(setting)
    lasts = age if age is not None else None if expires is None else expires - at
    deletes = lasts is not None and lasts <= 0
    return SetCookie(name.strip(), content.strip(), domain, deletes, path, strict, None if deletes else lasts)


def _cookie_date(text: str) -> float | None:
    """A cookie's date, which is always GMT, as Unix time in seconds; ``None`` if it is none."""
    try:
        fields = parsedate_tz(text[:_MAX_DATE])
        return None if fields is None else datetime(*fields[:6], tzinfo=UTC).timestamp()
    except ValueError:
        return None
