"""Removes the content encoding of a body while it arrives: what was sent is available at once, in pieces of bounded size.

A few kilobytes may inflate to gigabytes. A body that does so beyond what pages do is given up.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator

import brotli
import zstandard

_PIECE = 64 * 1024
"""Bytes that are handed on at a time."""
_INPUT = 4 * 1024
"""Bytes that are decoded at a time where a decoder has no bound of its own."""
_FREE = 8 * 1024 * 1024
_RATIO = 256
"""Once a body is larger than this many bytes, it may inflate to this many times its compressed size. Pages reach 10 to 60,
gzip's bound is 1032."""
_ZSTD_WINDOW = 8 * 1024 * 1024
"""What clients have to accept at most (RFC 9659)."""
_GZIP_MAGIC = b"\x1f\x8b"


class DecodingError(Exception):
    """The reason why a body is not decoded further, as a part of a sentence about it ("it ...")."""


class ContentDecoder:
    """Decodes one body.

    Raises:
        DecodingError: from :meth:`feed`, if the bytes are not what they are said to be, or inflate too far.
    """

    def __init__(self, encoding: str) -> None:
        self._encoding = encoding
        self._decode = _DECODERS[encoding]()
        self._received = 0
        self._decoded = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The decoded content of these bytes, in pieces."""
        self._received += len(data)
        try:
            for piece in self._decode(data):
                if piece:
                    self._decoded += len(piece)
                    if self._decoded > _FREE + _RATIO * self._received:
                        raise DecodingError(f"it inflates to more than {_RATIO} times its size ({self._encoding})")
                    yield piece
        except (zlib.error, brotli.error, zstandard.ZstdError) as error:
            raise DecodingError(f"it is not {self._encoding}, as it says: {error}") from error


def decoder_for(content_encoding: str | None) -> ContentDecoder | None:
    """A decoder for the encoding that a header names; ``None`` for an unknown encoding, and for several combined."""
    encoding = (content_encoding or "identity").strip().lower() or "identity"
    return ContentDecoder(encoding) if encoding in _DECODERS else None


type _Decode = Callable[[bytes], Iterator[bytes]]


def _identity() -> _Decode:
    def decode(data: bytes) -> Iterator[bytes]:
        yield data

    return decode


def _gzip() -> _Decode:
    decompressor = zlib.decompressobj(31)

    def decode(data: bytes) -> Iterator[bytes]:
        nonlocal decompressor
        while data:
            if decompressor.eof:
                if not data.startswith(_GZIP_MAGIC):
                    return  # browsers take no notice of what follows either
                decompressor = zlib.decompressobj(31)
            yield decompressor.decompress(data, _PIECE)
            data = decompressor.unused_data or decompressor.unconsumed_tail
        while not decompressor.eof and (piece := decompressor.decompress(b"", _PIECE)):
            yield piece

    return decode


def _deflate() -> _Decode:
    decompressor = None
    first = b""

    def decode(data: bytes) -> Iterator[bytes]:
        nonlocal decompressor, first
        if decompressor is None:
            data, first = first + data, first + data
            if len(data) < 2:
                return
            # it should be zlib's format (RFC 1950), but some servers send the bare stream
            wrapped = data[0] & 0x0F == 8 and int.from_bytes(data[:2]) % 31 == 0
            decompressor = zlib.decompressobj(15 if wrapped else -15)
        while not decompressor.eof:
            piece = decompressor.decompress(data, _PIECE)
            data = decompressor.unconsumed_tail
            yield piece
            if not (data or piece):
                return

    return decode


def _brotli() -> _Decode:
    decompressor = brotli.Decompressor()

    def decode(data: bytes) -> Iterator[bytes]:
        while not decompressor.is_finished():
            piece = decompressor.process(data, output_buffer_limit=_PIECE)
            data = b""
            yield piece
            if not piece and decompressor.can_accept_more_data():
                return

    return decode


class _Pieces:
    """Receives the output of zstandard, whose own decompressors have no bound; this one is checked before each further piece."""

    def __init__(self) -> None:
        self.waiting: list[bytes] = []
        self._size = 0

    def write(self, piece: bytes) -> int:
        self._size += len(piece)
        if self._size > _FREE:
            raise DecodingError(f"a few of its bytes inflate to more than {_FREE:,} (zstd)")
        self.waiting.append(bytes(piece))
        return len(piece)

    def take(self) -> list[bytes]:
        taken, self.waiting, self._size = self.waiting, [], 0
        return taken


def _zstd() -> _Decode:
    pieces = _Pieces()
    writer = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).stream_writer(
        pieces,  # type: ignore[arg-type]
        write_size=_PIECE,
        closefd=False,
    )

    def decode(data: bytes) -> Iterator[bytes]:
        for at in range(0, len(data), _INPUT):
            writer.write(data[at : at + _INPUT])
            yield from pieces.take()

    return decode


_DECODERS: dict[str, Callable[[], _Decode]] = {
    "identity": _identity,
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
}
