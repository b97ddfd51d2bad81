"""CSV that a spreadsheet shows and does not run.

A site under test chooses event names, cookie names and payloads, and a spreadsheet takes a cell that begins with ``=``,
``+``, ``-`` or ``@`` for a formula (https://owasp.org/www-community/attacks/CSV_Injection). Such a cell gets a leading
apostrophe; a plain number stays a number. Datasette has no hook at the writing of a cell, so the rows are rewritten as they
pass, a few at a time, in time and memory linear to the longest row.
"""

from __future__ import annotations

import codecs
import re
import unicodedata

_CELL = re.compile(r'(?<![^,\r\n])(?:"[^"]*+(?:""[^"]*+)*+"?|[^",\r\n]++)')
"""A cell that is not empty, from its beginning. It gives nothing back once read, so that nothing is read twice."""
_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_FORMULA = frozenset("=+-@")
_SEPARATES = frozenset("\t\r\n")
"""Control characters that some spreadsheets drop, or that begin a new cell."""
_LOOKED_AT = 64
"""Characters in front of a formula that are looked through."""


def inert_cell(text: str) -> str:
    """The text of a cell, with an apostrophe in front if a spreadsheet might take it for a formula.

    Args:
        text: as it is meant, without CSV's quotes around it and with its own quotes single.
    """
    if not text or _NUMBER.fullmatch(text):
        return text
    return f"'{text}" if text[0] in _SEPARATES or _begins_a_formula(text) else text


def _begins_a_formula(text: str) -> bool:
    """Whether the first character that is no space, quote or invisible mark begins a formula, also in another width."""
    for letter in text[:_LOOKED_AT]:
        if unicodedata.normalize("NFKC", letter)[:1] in _FORMULA:
            return True
        if not (letter.isspace() or letter in "\"'`´‘’“”" or unicodedata.category(letter) in ("Cc", "Cf")):
            return False
    return len(text) > _LOOKED_AT  # nothing but what may be dropped: better an apostrophe too many


class InertRows:
    """Rewrites CSV as it comes, in chunks that end anywhere.

    Whole rows are passed on at once; what is kept is the row that has not ended yet.
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._kept: list[str] = []
        self._quoted = False
        """Whether the text so far ends inside a quoted cell."""

    def feed(self, chunk: bytes, *, last: bool = False) -> bytes:
        """The rows that are complete with this chunk. ``last`` says that nothing follows: then also the rest."""
        text = self._decoder.decode(chunk, last)
        self._kept.append(text)
        end = len(text) if last else self._last_row_end(text)
        if end < 0:
            return b""
        whole = "".join(self._kept)
        passed = len(whole) - (len(text) - end)
        self._kept = [whole[passed:]]
        return _CELL.sub(_rewritten, whole[:passed]).encode("utf-8")

    def _last_row_end(self, text: str) -> int:
        """Behind the last line feed that is not inside a quoted cell; -1 if there is none."""
        found, at = -1, 0
        while at < len(text):
            quote = text.find('"', at)
            stop = len(text) if quote < 0 else quote
            if not self._quoted:
                line_feed = text.rfind("\n", at, stop)
                found = line_feed + 1 if line_feed >= 0 else found
            if quote >= 0:
                self._quoted = not self._quoted
            at = stop + 1
        return found


def _rewritten(match: re.Match[str]) -> str:
    cell = match.group()
    if cell[0] != '"':
        return inert_cell(cell)
    text = cell[1:].removesuffix('"').replace('""', '"')
    return cell if inert_cell(text) is text else f"\"'{cell[1:]}"
