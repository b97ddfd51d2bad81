"""Recordings in other shapes, written as HAR so that one reader reads them all."""

from __future__ import annotations

import json
from collections.abc import Mapping

from addon.jsontext import Json

from .packed import Content, Spool

UNREAD = "_consentwire_unread"
"""An entry that stands for one that could not be read: ``kind`` of gap, ``reason``, ``host``."""


class HarWriter:
    """Writes entries one by one."""

    def __init__(self, packed_size: int, head: Mapping[str, Json]) -> None:
        """
        Args:
            head: ``creator``, ``browser`` and ``pages``, as far as they are known.
        """
        self._spool = Spool(packed_size)
        self._spool.write(b'{"log":' + json.dumps({"version": "1.2", **head}).encode()[:-1] + b',"entries":[')
        self._first = True

    def add(self, entry: Json) -> None:
        """
        Raises:
            TooLarge: if there are too many.
        """
        self._spool.write((b"\n" if self._first else b",\n") + json.dumps(entry).encode())
        self._first = False

    def unread(self, reason: str, *, kind: str = "broken-flow", host: str | None = None) -> None:
        """An entry that cannot be read."""
        self.add({UNREAD: {"kind": kind, "reason": reason, "host": host}})

    def content(self, *, whole: bool = True) -> Content:
        """What was written; without its end if the recording has none, so that its reader sees that too."""
        if whole:
            self._spool.write(b"]}}")
        return self._spool.content()
