"""A page on its way through the proxy: the probe is put in where its head begins, and the rest follows as it comes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from addon.observe.document import MAX_HEAD_BYTES, DocumentHead, read_head
from addon.observe.probe import NotInjected, Preparation

from .content_decoder import ContentDecoder, DecodingError
from .records import BodyRecord

_LOOKED_AT = 8 * MAX_HEAD_BYTES
"""Bytes of beginnings that are read in all, however small the pieces are in which a page comes."""


class PageStream:
    """What mitmproxy calls with each piece of a page's body as it came, and with none at its end.

    What came with one piece decides: if a place is certain by then, the script is put there at once, though a policy may follow
    in the head, because the page may wait before it goes on. Such a policy is noticed when it comes.
    """

    def __init__(
        self,
        preparation: Preparation,
        decoder: ContentDecoder,
        record: BodyRecord,
        left_out: Callable[[str], object],
    ) -> None:
        """
        Args:
            left_out: called with the reason, once, if the probe is not put in or will not be able to report.
        """
        self.broken: str | None = None
        """Why the page was broken off, if it was: from then on, nothing of it is passed on."""
        self._preparation = preparation
        self._decoder = decoder
        self._record = record
        self._left_out = left_out
        self._top = b""
        """The decoded beginning, as long as there is something to find in it."""
        self._held = True
        """Whether :attr:`_top` was not passed on yet."""
        self._watching = True
        """Whether the head is still read."""
        self._looked_at = 0
        self._next_look = 1

    def __call__(self, data: bytes) -> Iterator[bytes]:
        try:
            for piece in self._passed_on(data):
                self._record.add(piece)
                yield piece
        except DecodingError as error:
            self.broken = str(error)
            self._record.drop()
            self._top = b""
        if not data:
            self._record.write()

    def _passed_on(self, data: bytes) -> Iterator[bytes]:
        """The page with the script in it, as far as it came."""
        if self.broken is not None:
            return
        for piece in self._decoder.feed(data) if data else ():
            if self._watching:
                self._top += piece
            if not self._held:
                yield piece
            if self._watching and len(self._top) >= MAX_HEAD_BYTES:
                yield from self._look(final=True)
        if self._watching and self._top and (not data or len(self._top) >= self._next_look):
            yield from self._look(final=not data)

    def _look(self, *, final: bool) -> Iterator[bytes]:
        """Reads the beginning; passes it on with the script if its place is certain, and without it if there is none."""
        self._looked_at += len(self._top)
        self._next_look = len(self._top) * 2 if self._looked_at > _LOOKED_AT else len(self._top) + 1
        head = read_head(self._top, final=final, xhtml=self._preparation.xhtml)
        if self._held and (head.complete or head.at is not None):
            self._held = False
            script, at = self._script(head), head.at or 0
            yield from (part for part in (self._top[:at], script, self._top[at:]) if part)
        elif head.complete:
            self._script(head)  # it is in the page: what was found since may not let it report
        if head.complete:
            self._watching, self._top = False, b""

    def _script(self, head: DocumentHead) -> bytes:
        try:
            return self._preparation.placed(replace(head, complete=True)) or b""
        except NotInjected as reason:
            self._watching = False
            self._left_out(str(reason))
            return b""
