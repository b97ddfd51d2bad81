"""The records of a mitmproxy flow file: a row of length-prefixed dictionaries (tnetstrings).

The prefix is used to step over a record that is broken, and where the prefix itself is broken the next record is looked for, so
that only the damaged flow is lost.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterator
from typing import BinaryIO

from .capture import Unreadable

PREFIX = re.compile(rb"^(\d{1,12}):")
_START = re.compile(rb"(?=(\d{1,12}):\d{1,3}:[a-z_]{1,40}[,;])")
"""The start of a record: its length, and its first key. A digit may stand before it, of what was overwritten."""
_MAX_RECORD = 512 * 1024 * 1024


def records(file: BinaryIO) -> Iterator[tuple[int, bytes] | Unreadable]:
    """Each record with its place in the file, and the damaged parts between records."""
    while True:
        start = file.tell()
        head = file.read(13)
        if not head:
            return
        length = _length(file, start, head)
        if length is not None:
            file.seek(start)
            yield start, file.read(length)
            continue
        following = _next_record(file, start)
        if following is None:
            reason = f"the flow at byte {start} is cut short or damaged, and no other follows; it was left out"
            yield Unreadable("truncated-capture", reason)
            return
        reason = f"bytes {start} to {following} hold no flow that can be read; they were left out"
        yield Unreadable("broken-flow", reason)
        file.seek(following)


def _length(file: BinaryIO, start: int, head: bytes) -> int | None:
    """Bytes of the whole record that starts at a place with a head; ``None`` if none does. Looks at its last byte alone: a false
    length would have much of the file read for nothing, again and again."""
    prefix = PREFIX.match(head)
    if prefix is None or int(prefix.group(1)) > _MAX_RECORD:
        return None
    length = prefix.end() + int(prefix.group(1)) + 1
    file.seek(start + length - 1)
    return length if file.read(1) == b"}" else None


def _next_record(file: BinaryIO, start: int) -> int | None:
    """Where the next whole flow starts behind a place; ``None`` if none does.

    Every dictionary within a flow looks like a flow too, but only a flow states its version and type. Each is looked for once
    and remembered, not once for each that looks like a flow: there may be as many of those as a file has bytes.
    """
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        version, kind = _Marker(content, b"7:version"), _Marker(content, b"4:type")
        for found in _START.finditer(content, start + 1):
            begin, end = found.start(1), found.end(1) + 1 + int(found.group(1))
            if content[end : end + 1] == b"}" and version.stands_in(begin, end) and kind.stands_in(begin, end):
                return begin
    return None


class _Marker:
    """Some bytes in a file, looked for behind places that only grow."""

    def __init__(self, content: mmap.mmap, marker: bytes) -> None:
        self._content = content
        self._marker = marker
        self._place = -1
        """The first one behind the last place."""

    def stands_in(self, begin: int, end: int) -> bool:
        """Whether it stands between two places."""
        if self._place < begin:
            found = self._content.find(self._marker, begin)
            self._place = found if found >= 0 else len(self._content)
        return self._place + len(self._marker) <= end
