"""Captures in wrappings: gzip, zlib and zip are unpacked and UTF-16 is decoded, into a file that is gone when nobody reads it any more.

No wrapping is believed: what comes out is bounded in bytes and in proportion to what went in, whatever its own fields promise.
"""

from __future__ import annotations

import codecs
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

MAX_UNPACKED = 2 * 1024 * 1024 * 1024
"""Bytes that come out of one file."""
MAX_RATIO = 200
"""So many times as much as went in may come out beyond the first bytes (:data:`FREE`); HAR files shrink to a tenth or a fiftieth."""
FREE = 64 * 1024 * 1024
_CHUNK = 256 * 1024
_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"
_ENCODINGS = (
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    (b"{\x00", "utf-16-le"),
    (b"\x00{", "utf-16-be"),
    (b"[\x00", "utf-16-le"),
    (b"\x00[", "utf-16-be"),
)
"""First bytes of a text that is not UTF-8; JSON begins with a bracket, so that an encoding without its mark shows too."""


class TooLarge(Exception):
    """More comes out of a file than is taken: says how much that is."""


@dataclass(frozen=True, slots=True)
class Content:
    """Where the bytes of a capture stand."""

    path: Path
    size: int
    """Bytes."""
    held: Any = None
    """The file of our own that holds them, if the capture was unpacked; it is deleted with its last holder."""


class Spool:
    """A file of our own that takes what comes out of a capture, up to a bound."""

    def __init__(self, packed_size: int) -> None:
        self._file = tempfile.NamedTemporaryFile(prefix="consentwire-", delete_on_close=False)  # noqa: SIM115, kept until nobody reads it
        self._most = min(MAX_UNPACKED, max(FREE, MAX_RATIO * packed_size))
        self._size = 0

    def write(self, piece: bytes) -> None:
        """
        Raises:
            TooLarge: if that is more than is taken.
        """
        self._size += len(piece)
        if self._size > self._most:
            raise TooLarge(f"more than {self._most} bytes come out of it; it may be made to fill the disk")
        self._file.write(piece)

    def content(self) -> Content:
        """What was written, to be read."""
        self._file.close()
        return Content(Path(self._file.name), self._size, self._file)


def is_zip(head: bytes) -> bool:
    return head.startswith(_ZIP)


def unwrapped(file: BinaryIO, head: bytes) -> Iterator[bytes] | None:
    """What comes out of one layer of wrapping, if a file that begins with ``head`` has one; of a damaged one, what comes out before the
    damage: that it is cut short shows in what is in it."""
    if head.startswith(_GZIP):
        return _inflated(file, 31)
    if _is_zlib(head):
        return _inflated(file, 15)
    encoding = next((name for mark, name in _ENCODINGS if head.startswith(mark)), None)
    return None if encoding is None else _decoded(file, encoding)


def _is_zlib(head: bytes) -> bool:
    """RFC 1950: deflate with a window of 32 KiB, and a sum that holds."""
    if len(head) < 2 or head[0] != 0x78 or int.from_bytes(head[:2]) % 31 != 0:
        return False
    try:
        return zlib.decompressobj().decompress(head, 16) != b""
    except zlib.error:
        return False


def _inflated(file: BinaryIO, window: int) -> Iterator[bytes]:
    """A gzip file may be of several parts, one behind the other."""
    decompressor = zlib.decompressobj(window)
    pending = file.read(_CHUNK)
    try:
        while pending:
            if decompressor.eof:
                decompressor = zlib.decompressobj(window)
            yield decompressor.decompress(pending, _CHUNK)
            pending = decompressor.unused_data if decompressor.eof else decompressor.unconsumed_tail
            pending = pending or file.read(_CHUNK)
        yield decompressor.flush()
    except zlib.error:
        return


def _decoded(file: BinaryIO, encoding: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    while piece := file.read(_CHUNK):
        yield decoder.decode(piece).encode("utf-8", "replace")
    yield decoder.decode(b"", final=True).encode("utf-8", "replace")


def spooled(pieces: Iterable[bytes], packed_size: int) -> Content:
    """Pieces as a file.

    Raises:
        TooLarge: if there are too many.
    """
    spool = Spool(packed_size)
    for piece in pieces:
        spool.write(piece)
    return spool.content()
