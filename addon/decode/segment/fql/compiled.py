"""The compiled form of FQL (``matchers[].ir``: JSON inside a string) -> a test.

Sources: segmentio/tsub-js, ``src/matchers.ts`` (what a page runs); Segment's FQL reference (what its servers promise). Where
the two differ (missing values beside null, objects, lists, functions within functions) the answer is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from addon.jsontext import Json, JsonError, parse_exactly

from .values import Absent, Read, Test, Value, compare_numbers, either, every, is_number, opposite, path, unreadable

MAX_TEXT = 20_000
"""Characters of a compiled condition; people write a few hundred."""
_MAX_NODES = 2000
_MAX_TEXT_MATCHED = 5000
"""Characters of a text that is searched."""
_MAX_PATTERN = 200
_MAX_STEPS = 100_000
"""Characters of a text times those of a pattern with ``?``, whose pieces have to be tried at every place."""


def compiled(ir: str) -> Test:
    """The test for a compiled condition. An empty condition never matches; the result is unknown (``None``) if it cannot be
    read."""
    if not ir:
        return lambda _: False
    if len(ir) > MAX_TEXT:
        return unreadable
    try:
        node = parse_exactly(ir)
    except JsonError:
        return unreadable
    return _Compiler().test(node)


class _Compiler:
    """Builds tests, and counts what it has built: a condition shares its bound between all its parts."""

    def __init__(self) -> None:
        self._nodes = 0

    def test(self, node: Json) -> Test:
        """Builds a part whose result is a truth value."""
        self._nodes += 1
        if self._nodes > _MAX_NODES:
            return unreadable
        match node:
            case ["!", inner]:
                return opposite(self.test(inner))
            case ["and", *parts] if parts:
                return every(tuple(self.test(part) for part in parts))
            case ["or", *parts] if parts:
                return either(tuple(self.test(part) for part in parts))
            case ["=" | "!=" as operator, first, second]:
                return _equality(self.read(first), self.read(second), wanted=operator == "=")
            case ["<" | "<=" | ">" | ">=" as operator, first, second]:
                return _order(str(operator), self.read(first), self.read(second))
            case ["in", first, [*listed]]:
                return _membership(self.read(first), tuple(self.read(each) for each in listed))
            case ["contains", first, second]:
                return _texts(self.plain(first), self.plain(second), _contains)
            case ["match", first, second]:
                return _texts(self.plain(first), self.plain(second), glob)
            case list():
                return unreadable
            case _:
                return _truth(self.plain(node))

    def read(self, node: Json) -> Read:
        """Builds a part whose result is a value."""
        match node:
            case ["lowercase", inner]:
                return _function(self.plain(inner), _lowercase)
            case ["length", inner]:
                return _function(self.plain(inner), _length)
            case ["typeof", inner]:
                return _function(self.plain(inner), _typeof)
            case _:
                return self.plain(node)

    def plain(self, node: Json) -> Read:
        """A path or a literal. Within functions tsub evaluates nothing else, though Segment's servers do."""
        self._nodes += 1
        match node:
            case str() if self._nodes <= _MAX_NODES:
                return path(node)
            case {"value": value}:
                return lambda _: value
            case _:
                return lambda _: Absent.UNKNOWN


def _truth(read: Read) -> Test:
    def test(payload: Mapping[str, Json]) -> bool | None:
        found = read(payload)
        return None if found is Absent.UNKNOWN else found is True

    return test


def _equality(first: Read, second: Read, *, wanted: bool) -> Test:
    def test(payload: Mapping[str, Json]) -> bool | None:
        same = _same(first(payload), second(payload))
        return None if same is None else same is wanted

    return test


def _same(first: Value, second: Value) -> bool | None:
    """Strictly equal. Nothing beside null: tsub tells the two apart, Segment's servers do not."""
    if Absent.UNKNOWN in (first, second):
        return None
    if Absent.MISSING in (first, second):
        return None if first in (None, Absent.MISSING) and second in (None, Absent.MISSING) else False
    if isinstance(first, (dict, list)) or isinstance(second, (dict, list)):
        return None if type(first) is type(second) else False
    if is_number(first) and is_number(second):
        return compare_numbers("=", first, second)
    return type(first) is type(second) and first == second


def _order(operator: str, first: Read, second: Read) -> Test:
    def test(payload: Mapping[str, Json]) -> bool | None:
        left, right = first(payload), second(payload)
        if Absent.UNKNOWN in (left, right):
            return None
        return compare_numbers(operator, left, right) if is_number(left) and is_number(right) else False

    return test


def _membership(item: Read, listed: tuple[Read, ...]) -> Test:
    def test(payload: Mapping[str, Json]) -> bool | None:
        found = item(payload)
        return either(tuple(_constant(_same(found, each(payload))) for each in listed))(payload)

    return test


def _constant(answer: bool | None) -> Test:
    return lambda _: answer


def _texts(first: Read, second: Read, compare: Callable[[str, str], bool | None]) -> Test:
    def test(payload: Mapping[str, Json]) -> bool | None:
        left, right = first(payload), second(payload)
        if Absent.UNKNOWN in (left, right) or isinstance(left, list):
            return None
        if not isinstance(left, str) or not isinstance(right, str):
            return False
        return compare(left, right) if len(left) <= _MAX_TEXT_MATCHED else None

    return test


def _contains(text: str, part: str) -> bool:
    return part in text


def glob(text: str, pattern: str) -> bool | None:
    """Whether the whole of a text matches: ``*`` is any run of characters, ``?`` one, a backslash takes the next as it is. The
    answer is unknown for classes (``[a-z]``), and for ``?`` beside characters that JavaScript counts as two."""
    wide = "?" in pattern and any(ord(sign) > 0xFFFF for sign in text)
    if len(pattern) > _MAX_PATTERN or "[" in pattern or wide:
        return None
    if "?" in pattern and len(text) * len(pattern) > _MAX_STEPS:
        return None
    pieces = _pieces(pattern)
    if pieces is None:
        return None
    first, *rest = pieces
    if not rest:
        return first.expression.fullmatch(text) is not None
    begun = first.expression.match(text)
    at = -1 if begun is None else begun.end()
    for piece in rest[:-1]:
        found = piece.expression.search(text, at) if at >= 0 else None
        at = -1 if found is None else found.end()
    end = len(text) - rest[-1].length
    return 0 <= at <= end and rest[-1].expression.match(text, end) is not None


class _Piece(NamedTuple):
    """The text between two stars of a pattern. It has a fixed length, so the leftmost match is optimal and no backtracking is
    needed."""

    expression: re.Pattern[str]
    length: int


@lru_cache(maxsize=1000)
def _pieces(pattern: str) -> tuple[_Piece, ...] | None:
    """A pattern taken apart at its stars; ``None`` if it ends within an escape."""
    tokens = _tokens(pattern)
    if tokens is None:
        return None
    parts: list[list[str]] = [[]]
    for token in tokens:
        if token is _STAR:
            parts.append([])
        else:
            parts[-1].append("." if token is _ONE else re.escape(token))
    return tuple(_Piece(re.compile("".join(part), re.DOTALL), len(part)) for part in parts)


_STAR: Final = ""
_ONE: Final = "any"


def _tokens(pattern: str) -> list[str] | None:
    tokens: list[str] = []
    signs = iter(pattern)
    for sign in signs:
        if sign == "\\":
            escaped = next(signs, None)
            if escaped is None:
                return None
            tokens.append(escaped)
        else:
            tokens.append({"*": _STAR, "?": _ONE}.get(sign, sign))
    return tokens


def _function(read: Read, apply: Callable[[Value], Value]) -> Read:
    return lambda payload: apply(read(payload))


def _lowercase(value: Value) -> Value:
    return value.lower() if isinstance(value, str) else Absent.UNKNOWN


def _length(value: Value) -> Value:
    if isinstance(value, list) or (isinstance(value, str) and value.isascii()):
        return len(value)
    return Absent.UNKNOWN


def _typeof(value: Value) -> Value:
    """JavaScript and Segment's servers use the same name for these two alone."""
    if isinstance(value, str):
        return "string"
    return "number" if is_number(value) else Absent.UNKNOWN
