"""A JSON document too large to be held at once: walked by its brackets, and read value by value.

One linear scan finds where each value starts and ends. What is of no interest is stepped over in flat memory; what is wanted
is handed to the parser of :mod:`addon.jsontext` only within bounds of size, depth and number of values, so that no file can
make a parser take the machine's memory or the interpreter down. A value beyond them costs itself alone, and so does one that is
no JSON as long as its brackets are in order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from addon.jsontext import MAX_DEPTH, Json, JsonError, parse_exactly

from .surrogates import paired

MAX_VALUE_BYTES = 64 * 1024 * 1024
"""Of one value that is read. Browsers keep bodies of a few MiB at most."""
MAX_TEXT_BYTES = 16 * 1024 * 1024
"""Of one text in it. A longer one is read as empty: bodies are read up to half as much."""
MAX_VALUES = 1_000_000
"""How many values one that is read may hold: three bytes in the file become a hundred in memory."""
_MAX_NAME_BYTES = 1024
_CHUNK = 256 * 1024
_BOM = b"\xef\xbb\xbf"

# every repetition is possessive: nothing is ever tried a second way, so that each scan is linear
_PLAIN, _STRING = rb'[^"\[\]{}]++', rb'"(?:[^"\\]++|\\.)*+"'
_FLAT = rb"(?:%s|%s)*+" % (_PLAIN, _STRING)
_RUN = re.compile(rb"(?:%s|%s|\{%s\}|\[%s\])*+" % (_PLAIN, _STRING, _FLAT, _FLAT), re.DOTALL)
"""Everything up to a bracket that holds other brackets or closes, or to a string without its end."""
_INSIDE = re.compile(rb'(?:[^"\\]++|\\.)*+', re.DOTALL)
"""What is left of a string."""
_SCALAR = re.compile(rb'[^\s,:"\[\]{}]*+')
_SPACE = re.compile(rb"[ \t\r\n]*+")
_STRINGS = re.compile(_STRING + b"?", re.DOTALL)
"""Strings, the last one also without its end: a quote that leads nowhere would be looked behind again and again."""
_QUOTE, _OPENING = ord('"'), b"[{"


class Malformed(Exception):
    """A document that stops making sense, so that nothing behind that place can be read: says what is there."""


class Unusable(Exception):
    """A value that was stepped over, because it is no JSON or beyond what is read: says why. What follows it can be read."""


class JsonStream:
    """Walks one document from its start to its end.

    Whoever iterates over :meth:`members` or :meth:`elements` takes each value by one of :meth:`value`, :meth:`skip`, :meth:`members` and
    :meth:`elements` before the next.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._text = file.read(_CHUNK)
        self._at = len(_BOM) if self._text.startswith(_BOM) else 0
        self._before = 0
        """Bytes of the file before the text."""
        self._begin = 0
        """The byte of the file at which the value starts that is stepped over."""
        self._start: int | None = None
        """Where in the text a value starts that is to be kept."""
        self._most = 0
        self._pieces: list[bytes] = []
        """Of the same value, what stands before a text in it that was left out."""
        self._refusal = ""

    @property
    def shortened(self) -> bool:
        """Whether a text in the value that was read last was left out, because it alone is longer than :data:`MAX_TEXT_BYTES`."""
        return bool(self._pieces)

    @property
    def place(self) -> int:
        """The byte of the file at which the walk stands."""
        return self._before + self._at

    def members(self) -> Iterator[str]:
        """The names of the object that stands here, each with the walk at its value.

        Raises:
            Malformed: if there is no object, or it does not end as one.
        """
        self._expect(b"{", "an object")
        if self._next() == b"}":
            self._at += 1
            return
        while True:
            if self._next() != b'"':
                raise self._malformed("a name")
            try:
                name = self.value(_MAX_NAME_BYTES)
            except Unusable:
                name = None  # nobody looks for such a name
            self._expect(b":", "a colon")
            self._next()
            yield name if isinstance(name, str) else ""
            if not self._goes_on(b"}"):
                return

    def elements(self) -> Iterator[int]:
        """The elements of the array that stands here, each as the byte of the file at which it starts.

        Raises:
            Malformed: if there is no array, or it does not end as one.
        """
        self._expect(b"[", "a list")
        if self._next() == b"]":
            self._at += 1
            return
        while True:
            self._next()
            yield self.place
            if not self._goes_on(b"]"):
                return

    def stands_at(self, opening: bytes) -> bool:
        """Whether a value starts here with this bracket."""
        return self._next() == opening

    def end(self) -> None:
        """Makes sure that nothing follows.

        Raises:
            Malformed: if something does.
        """
        if self._next():
            raise self._malformed("the end of the file")

    def skip(self) -> None:
        """Steps over the value that stands here, whatever is in it.

        Raises:
            Malformed: if there is none, or it has no end.
        """
        self._start = None
        self._step_over()

    def value(self, most: int = MAX_VALUE_BYTES) -> Json:
        """The value that stands here, of so many bytes at most. What is no UTF-8 in it, and a surrogate without its other half,
        becomes the replacement character: JavaScript cuts strings within a character.

        Raises:
            Unusable: if it cannot be read.
            Malformed: if there is none, or it has no end.
        """
        self._next()
        self._start, self._most, self._pieces, self._refusal = self._at, most, [], ""
        self._step_over()
        self._weigh()
        if self._start is None:
            raise Unusable(self._refusal)
        raw = b"".join((*self._pieces, self._text[self._start : self._at]))
        self._start = None
        # commas and opening brackets in strings count too: only where there are very many is it worth to look closer
        if _values(raw) > MAX_VALUES and _values(_STRINGS.sub(b"", raw)) > MAX_VALUES:
            raise Unusable(f"it holds more than {MAX_VALUES} values")
        try:
            return parse_exactly(paired(raw.decode("utf-8", "replace")))
        except JsonError as error:
            raise Unusable(str(error)) from None

    def _step_over(self) -> None:
        """Steps over the value that stands here."""
        first = self._next()
        self._begin = self.place
        if first == b'"':
            self._at += 1
            self._leave_string()
        elif first in (b"{", b"["):
            self._at += 1
            self._leave_brackets()
        else:
            while True:
                self._at = _end(_SCALAR, self._text, self._at)
                if self._at < len(self._text) or not self._read_on():
                    break
            if self.place == self._begin:
                raise self._malformed("a value")

    def _leave_brackets(self) -> None:
        depth = 1
        while depth:
            self._at = _end(_RUN, self._text, self._at)
            if self._at == len(self._text):
                self._need()
                continue
            byte = self._text[self._at]
            self._at += 1
            if byte == _QUOTE:
                self._leave_string()
            elif byte in _OPENING:
                depth += 1
                if depth > MAX_DEPTH:
                    self._refuse(f"it is nested deeper than {MAX_DEPTH}")
            else:
                depth -= 1

    def _leave_string(self) -> None:
        opened, left_out = self._at, False
        while True:
            self._at = _end(_INSIDE, self._text, self._at)
            if self._text[self._at : self._at + 1] == b'"':
                break
            if self._start is not None and self._at - opened > MAX_TEXT_BYTES:
                self._pieces.append(self._text[self._start : opened])
                self._start, left_out = None, True
            before = self._before
            self._need()
            opened -= self._before - before
        if left_out:
            self._start = self._at
        self._at += 1

    def _weigh(self) -> None:
        """Keeps no more of a value that has become too long."""
        if self._start is not None and sum(map(len, self._pieces)) + self._at - self._start > self._most:
            self._refuse(f"it is longer than {self._most} bytes")

    def _refuse(self, reason: str) -> None:
        """Keeps no more of the value that is stepped over."""
        if self._start is not None:
            self._start, self._pieces, self._refusal = None, [], reason

    def _need(self) -> None:
        if not self._read_on():
            raise Malformed(f"the file ends within what starts at byte {self._begin}")

    def _read_on(self) -> bool:
        """Reads a further piece of the file, if there is one. What is not kept, and stands before the walk, is let go."""
        self._weigh()
        gone = self._at if self._start is None else self._start
        kept = self._text[gone:]
        piece = self._file.read(max(_CHUNK, len(kept)))  # as much again, so that a long value is copied twice at most
        if not piece:
            return False
        self._text = kept + piece
        self._before += gone
        self._at -= gone
        if self._start is not None:
            self._start = 0
        return True

    def _next(self) -> bytes:
        """The next byte that is no white space; none at the end of the file."""
        while True:
            self._at = _end(_SPACE, self._text, self._at)
            if self._at < len(self._text):
                return self._text[self._at : self._at + 1]
            if not self._read_on():
                return b""

    def _expect(self, byte: bytes, what: str) -> None:
        if self._next() != byte:
            raise self._malformed(what)
        self._at += 1

    def _goes_on(self, closing: bytes) -> bool:
        """Steps over what follows a value: a comma, or the bracket that ends what holds it. Whether it was the comma."""
        found = self._next()
        if found not in (b",", closing):
            raise self._malformed("a comma or the end of what was open")
        self._at += 1
        return found == b","

    def _malformed(self, expected: str) -> Malformed:
        found = self._next()
        if not found:
            return Malformed(f"the file ends at byte {self.place}, where {expected} was expected")
        return Malformed(f"byte {self.place} is {chr(found[0])!a}, where {expected} was expected")


def _end(pattern: re.Pattern[bytes], text: bytes, at: int) -> int:
    """Where a pattern that matches anywhere, if only nothing, ends."""
    found = pattern.match(text, at)
    return at if found is None else found.end()


def _values(text: bytes) -> int:
    """At least as many as the values in a text of JSON."""
    return text.count(b",") + text.count(b"{") + text.count(b"[") + 1
