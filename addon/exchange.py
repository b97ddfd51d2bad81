"""One HTTP request with its response or its failure, however it was captured.

Every reader (the live proxy, flow files, HAR files) makes these, and everything after the readers uses only these. Times are
Unix time in seconds. Nothing here trusts what it is given: header bytes may be any bytes, a body may be compressed, cut short,
or a bomb.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_tz
from enum import StrEnum
from urllib.parse import unquote

import brotli
import zstandard

from addon.jsontext import Json, JsonError, parse

MAX_BODY_BYTES = 8 * 1024 * 1024
"""What a body may inflate to. Segment takes 500 KB a batch; settings of large workspaces reach a few MB."""

_GZIP_MAGIC = b"\x1f\x8b"
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_CHUNK = 64 * 1024
_NO_VALUES: list[bytes] = []
_MAX_ENCODINGS = 4
"""Layers of content encoding. Servers apply one; more than a few are there to keep a reader busy."""
_PLAIN_JSON = re.compile(rb"\s*[{\[][\s\x20-\x7e]+")
_PLAIN_BYTES = 16
"""So many printable bytes after a bracket are no compressed stream. The bracket alone may be: brotli's often start so."""


class BodyError(Exception):
    """A body cannot be read. ``kind`` is the kind of gap that this leaves."""

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason


def raw_field(fields: Iterable[tuple[bytes, bytes]], name: bytes) -> bytes | None:
    """The first value of a field as it came, for callers that need few fields; ``name`` in lower case."""
    length = len(name)
    return next((value for key, value in fields if len(key) == length and key.lower() == name), None)


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


class Body:
    """A message body as it was captured; decoded and parsed on demand, once, and within bounds."""

    __slots__ = ("_content", "_document", "_encodings", "raw")

    def __init__(self, raw: bytes, content_encoding: str | None = None) -> None:
        self.raw = raw
        names = (content_encoding or "").lower().split(",")
        self._encodings = [name for part in names if (name := part.strip()) and name != "identity"]
        self._content: bytes | BodyError | None = None
        self._document: tuple[Json, str] | JsonError | None = None

    def content(self) -> bytes:
        """The body without its content encoding.

        A stated encoding is believed only if the bytes show it (an intermediary may have inflated them and left the
        header), and gzip is recognised without a header, because SDKs and proxies both drop it.

        Raises:
            BodyError: ``undecodable-body`` or ``body-too-large``.
        """
        if self._content is None:
            try:
                self._content = self._decode()
            except BodyError as error:
                self._content = error
        if isinstance(self._content, BodyError):
            raise self._content
        return self._content

    def document(self) -> tuple[Json, str]:
        """The first JSON value in the content, and what stands behind it. All callers share it, so it must not be changed.

        Raises:
            BodyError: as :meth:`content`.
            JsonError: if no JSON is there.
        """
        if self._document is None:
            try:
                self._document = parse(self.content())
            except JsonError as error:
                self._document = error
        if isinstance(self._document, JsonError):
            raise self._document
        return self._document

    def _decode(self) -> bytes:
        data = self.raw
        if len(self._encodings) > _MAX_ENCODINGS:
            raise BodyError("undecodable-body", f"{len(self._encodings)} content encodings on top of each other")
        for encoding in reversed(self._encodings):
            if not data or _is_plain_json(data):
                break
            data = _decode_one(data, encoding)
        if data[:2] == _GZIP_MAGIC:
            data = _inflate(data, "gzip")
        if len(data) > MAX_BODY_BYTES:
            raise BodyError("body-too-large", f"{len(data)} bytes; bodies are read up to {MAX_BODY_BYTES}")
        return data


def body_of(raw: bytes | None, headers: Headers) -> Body | None:
    """``None`` for no body: the capture does not have it, or it is empty."""
    if not raw:
        return None
    encoding = raw_field(headers.raw, b"content-encoding")
    return Body(raw, None if encoding is None else encoding.decode("utf-8", "replace"))


def _is_plain_json(data: bytes) -> bool:
    return _PLAIN_JSON.fullmatch(data[:_PLAIN_BYTES]) is not None


def _decode_one(data: bytes, encoding: str) -> bytes:
    match encoding:
        case "gzip" | "x-gzip":
            return _inflate(data, "gzip") if data[:2] == _GZIP_MAGIC else data
        case "deflate":
            return _inflate(data, "deflate")
        case "br":
            return _debrotli(data)
        case "zstd":
            return _dezstd(data) if data[:4] == _ZSTD_MAGIC else data
        case _:
            raise BodyError("undecodable-body", f"unknown content encoding {encoding[:40]!r}")


def _bounded(chunks: Iterator[bytes], encoding: str) -> bytes:
    parts: list[bytes] = []
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > MAX_BODY_BYTES:
            raise BodyError("body-too-large", f"{encoding} inflates beyond {MAX_BODY_BYTES} bytes")
        parts.append(chunk)
    return b"".join(parts)


def _zlib_window(data: bytes, encoding: str) -> int:
    """What zlib calls ``wbits``. "deflate" should be zlib's format (RFC 1950), but some servers send the bare stream."""
    if encoding == "gzip":
        return 31
    has_zlib_header = data[0] & 0x0F == 8 and int.from_bytes(data[:2]) % 31 == 0
    return 15 if has_zlib_header else -15


def _inflate(data: bytes, encoding: str) -> bytes:
    def chunks() -> Iterator[bytes]:
        decompressor = zlib.decompressobj(_zlib_window(data, encoding))
        pending = data
        while not decompressor.eof:
            # all input may have been taken while output still waits, so it is asked for until there is none
            chunk = decompressor.decompress(pending, _CHUNK)
            pending = decompressor.unconsumed_tail
            if not (chunk or pending or decompressor.eof):
                raise BodyError("undecodable-body", f"{encoding} body is cut short")
            yield chunk
        if decompressor.unused_data[:2] == _GZIP_MAGIC:
            raise BodyError("undecodable-body", f"{encoding} body of several members")

    try:
        return _bounded(chunks(), encoding)
    except zlib.error as error:
        raise BodyError("undecodable-body", f"not {encoding}: {error}") from error


def _debrotli(data: bytes) -> bytes:
    def chunks() -> Iterator[bytes]:
        decompressor = brotli.Decompressor()
        pending = data
        while not decompressor.is_finished():
            chunk = decompressor.process(pending, output_buffer_limit=_CHUNK)
            pending = b""
            if not (chunk or decompressor.is_finished()):
                raise BodyError("undecodable-body", "br body is cut short")
            yield chunk

    try:
        return _bounded(chunks(), "br")
    except brotli.error as error:
        raise BodyError("undecodable-body", f"not br: {error}") from error


def _dezstd(data: bytes) -> bytes:
    try:
        with zstandard.ZstdDecompressor().stream_reader(data) as reader:
            content = _bounded(iter(lambda: reader.read(_CHUNK), b""), "zstd")
        # the reader ends silently where the input does; only the object tells a whole frame, now known to be small
        whole = zstandard.ZstdDecompressor().decompressobj()
        whole.decompress(data)
    except zstandard.ZstdError as error:
        raise BodyError("undecodable-body", f"not zstd: {error}") from error
    if not whole.eof:
        raise BodyError("undecodable-body", "zstd body is cut short")
    if whole.unused_data[:4] == _ZSTD_MAGIC:
        raise BodyError("undecodable-body", "zstd body of several frames")
    return content


_TAKEN_OUT = re.compile(
    r"[*x\u2022]{3,}|[\[<({]?[\w -]{0,30}?(redacted|removed|masked|filtered|sanitized|scrubbed|hidden)[\w -]{0,30}[\]>)}]?",
    re.I,
)
_LONGEST_MARK = 80


def is_taken_out(text: str) -> bool:
    """Whether a value is missing: empty, or a placeholder that tools write when they remove one (``[REDACTED]``, ``***``)."""
    text = unquote(text[: 3 * _LONGEST_MARK]).strip().strip("\"'")
    return len(text) <= _LONGEST_MARK and (not text or _TAKEN_OUT.fullmatch(text) is not None)


class Unsent(StrEnum):
    """The reason why an entry of a capture never was a request on the network."""

    BLOCKED = "blocked"
    CACHED = "cached"


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
    """The page that made the request, if the capture itself says so."""
    unsent: Unsent | None = None
    websocket: bool = False
    """Whether it became a WebSocket, whose messages are not read."""
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
    def from_browser(self) -> bool:
        """Whether its header fields say that a browser sent it, or a page in one."""
        return self.user_agent.startswith("Mozilla/") or "origin" in self.request_headers

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
"""Seconds. What is asked for beyond it is as good as that."""


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
