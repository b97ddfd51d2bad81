"""A JSON file as its parser can take it."""

from __future__ import annotations

import codecs
import re
from typing import BinaryIO

_UNIT = r"\\u[dD][{}][0-9a-fA-F]{{2}}"
_SURROGATES = re.compile(
    rf"(?<!\\)((?:\\\\)*)(?:({_UNIT.format('89abAB')}{_UNIT.format('c-fC-F')})|{_UNIT.format('89a-fA-F')})"
)
"""An even number of backslashes, and then an escaped pair of surrogates or a single one."""
_HIGH = re.compile(_UNIT.format("89abAB"))
_ESCAPE = 6
"""Characters of ``\\uXXXX``."""


class RepairedJson:
    """A file of JSON, as UTF-8 without a byte order mark.

    Bytes that are no UTF-8, and surrogates without their other half (JavaScript cuts strings within a character), become
    the replacement character: the parser gives up on both, and they must not cost what stands behind them.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._held = ""

    def read(self, size: int = -1) -> bytes:
        """The next piece, of about as many bytes; empty at the end only."""
        if size == 0:
            return b""
        while True:
            content = self._file.read(size)
            text = self._held + self._decoder.decode(content, final=not content)
            end = _finished(text) if content else len(text)
            text, self._held = text[:end], text[end:]
            if text or not content:
                return (_SURROGATES.sub(_paired, text) if "\\u" in text else text).encode()


def _finished(text: str) -> int:
    """How much of a piece cannot turn into something else by what follows: all but an escape at its end, and the first
    half of a pair before that."""
    last = text.rfind("\\", max(len(text) - _ESCAPE, 0))
    if last < 0:
        return len(text)
    start = _run_start(text, last)
    if start >= _ESCAPE and _HIGH.match(text, start - _ESCAPE):
        start = _run_start(text, start - _ESCAPE)
    return start


def _run_start(text: str, at: int) -> int:
    """Where a row of backslashes starts."""
    return len(text[:at].rstrip("\\"))


def _paired(found: re.Match[str]) -> str:
    return found[0] if found[2] else rf"{found[1]}\ufffd"
