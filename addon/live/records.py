"""How much of a streamed body is kept: a bounded beginning if somebody reads it, and all of it if it is small."""

from __future__ import annotations

from weakref import ref

from mitmproxy import http

from addon.body import MAX_BODY_BYTES
from addon.readers.response_kinds import begins_as_json

MAX_KEPT = MAX_BODY_BYTES + 1
"""Bytes of one body. One more than is read shows that it was longer."""
MAX_KEPT_AT_ONCE = 256 * 1024 * 1024
"""Bytes of all bodies that are under way. Beyond it, they still stream, and less of them is kept."""


class Room:
    """How many more bytes may be kept, of all bodies together."""

    __slots__ = ("free",)

    def __init__(self, free: int = MAX_KEPT_AT_ONCE) -> None:
        self.free = free


class BodyRecord:
    """Gathers a body as it passes, and writes it into its message, where ``-w``, mitmweb and our own reader look for it."""

    __slots__ = ("__weakref__", "_changed", "_closed", "_message", "_partly", "_parts", "_room", "_size")

    def __init__(self, message: http.Message, room: Room, *, partly: bool | None) -> None:
        """
        Args:
            partly: whether the beginning alone is of use, because somebody reads it; ``None`` if the first bytes say so.
        """
        self._message = ref(message)
        self._room = room
        self._partly = partly
        self._parts: list[bytes] = []
        self._size = 0
        self._changed = True
        self._closed = False

    def add(self, data: bytes) -> None:
        if self._closed or not data:
            return
        if self._partly is None:
            self._partly = begins_as_json(data)
        fits = min(MAX_KEPT - self._size, self._room.free)
        if len(data) > fits:
            self._closed = True
            if not self._partly:
                self.drop()
                return
            data = data[:fits]
        self._parts.append(data)
        self._size += len(data)
        self._room.free -= len(data)
        self._changed = True

    def write(self) -> None:
        """Writes into the message what is kept, at its end. May be called again: servers send empty pieces in between."""
        message = self._message()
        if message is None or not self._changed:
            return
        self._changed = False
        if self._closed and not self._parts:
            message.data.content = None
        else:
            self._parts = [b"".join(self._parts)]
            message.data.content = self._parts[0]

    def drop(self) -> None:
        """Drops what was kept, and keeps nothing further."""
        self._closed = self._changed = True
        self._parts = []
        self._room.free += self._size
        self._size = 0

    def __del__(self) -> None:
        self._room.free += self._size


class Tap:
    """What mitmproxy calls with each piece of a streamed body, and with none at its end."""

    __slots__ = ("_record",)

    def __init__(self, record: BodyRecord) -> None:
        self._record = record

    def __call__(self, data: bytes) -> bytes | tuple[()]:
        if data:
            self._record.add(data)
            return data
        self._record.write()
        return ()  # an empty piece would end a chunked body
