"""Which response bodies anybody reads: settings, and answers that say where a message goes. All of them are JSON, whatever they
are called; what is known to be something else is looked at only if it begins as JSON does."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from functools import lru_cache

from addon.exchange import raw_field

_READ = (b"application/json", b"text/plain", b"text/json", b"application/x-www-form-urlencoded")
_UNREAD = (
    b"image/",
    b"video/",
    b"audio/",
    b"font/",
    b"multipart/",
    b"text/html",
    b"application/xhtml+xml",
    b"text/css",
    b"text/javascript",
    b"text/event-stream",
    b"application/javascript",
    b"application/x-javascript",
    b"application/wasm",
    b"application/grpc",
)
_WHOLE = (
    b"image/",
    b"font/",
    b"text/css",
    b"text/javascript",
    b"application/javascript",
    b"application/x-javascript",
    b"application/wasm",
)
_ENDLESS = (b"text/event-stream", b"application/grpc", b"multipart/x-mixed-replace", b"video/", b"audio/")
_MAX_CACHED = 200
_JSON_BEGINS = (b"{", b"[")
_GZIP_MAGIC = b"\x1f\x8b"
_BLANK = b"\xef\xbb\xbf \t\r\n"
_LOOKED_AT = 256
"""Bytes at the beginning of a body in which JSON begins, behind what white space there is."""

type Fields = Iterable[tuple[bytes, bytes]]


class Use(Enum):
    """How response bodies of one kind are treated."""

    READ = "read"
    ENDLESS = "endless"
    """A stream that lasts as long as the page or app; nobody reads or keeps it."""
    WHOLE = "whole"
    """A part of a page, which is of use when it has come whole; read if it begins as JSON does."""
    AS_JSON = "as JSON"
    """Read if it begins as JSON does."""
    AS_CODED = "as coded"
    """Read if it is compressed, so that nobody knows without reading it."""


def use_of(fields: Fields) -> Use:
    """How a response body is treated, by the header fields alone."""
    kind, coded = raw_field(fields, b"content-type") or b"", raw_field(fields, b"content-encoding") or b""
    return _use(kind, coded) if len(kind) + len(coded) <= _MAX_CACHED else _use.__wrapped__(kind, coded)


@lru_cache(maxsize=1000)
def _use(kind: bytes, coded: bytes) -> Use:
    kind, coded = kind.strip().lower(), coded.strip().lower()
    if not kind or kind.startswith(_READ) or b"+json" in kind:
        return Use.READ
    if kind.startswith(_ENDLESS):
        return Use.ENDLESS
    if kind.startswith(_WHOLE):
        return Use.WHOLE
    return Use.AS_CODED if coded not in (b"", b"identity") and not kind.startswith(_UNREAD) else Use.AS_JSON


def begins_as_json(raw: bytes) -> bool:
    """Whether a body may be JSON, or is compressed without saying so, as some servers send it."""
    return raw.startswith(_GZIP_MAGIC) or raw[:_LOOKED_AT].lstrip(_BLANK).startswith(_JSON_BEGINS)


def is_read(fields: Fields, raw: bytes) -> bool:
    """Whether anybody reads a response body."""
    use = use_of(fields)
    return use in (Use.READ, Use.AS_CODED) or (use in (Use.AS_JSON, Use.WHOLE) and begins_as_json(raw))
