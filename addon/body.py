"""The body of a request or response: its content encoding taken off and its JSON parsed, on demand and within bounds.

Nothing here trusts what it is given: a body may be compressed, cut short, or a bomb.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

import brotli
import zstandard

from addon.jsontext import Json, JsonError, parse

MAX_BODY_BYTES = 8 * 1024 * 1024
"""What a body may inflate to. Segment takes 500 KB a batch; settings of large workspaces reach a few MB."""

_GZIP_MAGIC = b"\x1f\x8b"
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_CHUNK = 64 * 1024
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
