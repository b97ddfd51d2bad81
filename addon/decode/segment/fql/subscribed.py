"""The text of FQL in a subscription (``type = "track" and event = "Order Completed"``) -> a test.

Source: segmentio/action-destinations, ``packages/destination-subscriptions`` (``parse-fql.ts``, ``validate.ts``), which pages
and Segment's own servers run. It is laxer than its language: it reads past what it does not know, mixes up ``and`` and ``or``
on one level, and ends a group at the first closing parenthesis. Only what it certainly understands is read here; the answer to
everything else is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from addon.jsontext import Json

from .values import Absent, Read, Test, Value, compare_numbers, either, every, path, unreadable

MAX_TEXT = 10_000
"""Characters of a subscription; people write a few hundred."""
_MAX_TOKENS = 1000
_TOKEN = re.compile(
    r"""\s*(?:
        (?P<text>"[^"\\\x00-\x1f]{0,1000}") | (?P<number>-?[0-9]{1,15}(?:\.[0-9]{1,15})?(?![\w.])) |
        (?P<word>[A-Za-z_]\w{0,100}(?:\.[A-Za-z_]\w{0,100}){0,10}(?![\w.])) | (?P<sign>!=|<=|>=|[=<>!(),])
    )""",
    re.VERBOSE | re.ASCII,
)
_DIRECT: Final = ("type", "event", "name", "userId")
_NESTED: Final = ("properties", "traits", "context")


class _Unread(Exception):
    """The text goes beyond what is certainly understood."""


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str


def subscribed(text: str) -> Test:
    """The test for a subscription; unknown if the subscription is not certainly understood."""
    try:
        return _Parser(_tokens(text)).whole()
    except _Unread:
        return unreadable


def _tokens(text: str) -> list[_Token]:
    if len(text) > MAX_TEXT:
        raise _Unread
    text = text.strip()
    found: list[_Token] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or len(found) >= _MAX_TOKENS:
            raise _Unread
        kind = str(match.lastgroup)
        found.append(_Token(kind, match[kind]))
        position = match.end()
    return found


class _Parser:
    """Reads one level of conditions, joined by one word, with groups that hold comparisons only."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._at = 0

    def whole(self) -> Test:
        test = self._level(grouped=False)
        if self._at < len(self._tokens):
            raise _Unread
        return test

    def _level(self, *, grouped: bool) -> Test:
        tests = [self._part(grouped=grouped)]
        joint: str | None = None
        while self._peek("word") in ("and", "or"):
            word = self._take("word")
            if joint not in (None, word):
                raise _Unread
            joint = word
            tests.append(self._part(grouped=grouped))
        return either(tuple(tests)) if joint == "or" else every(tuple(tests))

    def _part(self, *, grouped: bool) -> Test:
        if not grouped and self._peek("sign") == "(":
            self._sign("(")
            test = self._level(grouped=True)
            self._sign(")")
            return test
        negated = self._peek("sign") == "!"
        if negated:
            self._sign("!")
        word = self._take("word")
        if self._peek("sign") == "(" and word in ("contains", "match") and not grouped:
            return self._function(word, negated=negated)
        if negated:
            raise _Unread
        return self._comparison(word)

    def _function(self, name: str, *, negated: bool) -> Test:
        self._sign("(")
        word = self._take("word")
        if word == "type":
            raise _Unread
        read = _path(word)
        self._sign(",")
        wanted = self._take("text")[1:-1]
        self._sign(")")
        if name == "contains":
            return _text_test(read, lambda text: wanted in text, negated)
        inner = wanted.strip("*")
        if not inner or "*" in inner or wanted.count("*") != 1 or any(sign in wanted for sign in "?[]\\"):
            raise _Unread
        if wanted.endswith("*"):
            return _text_test(read, lambda text: text.startswith(inner), negated)
        return _text_test(read, lambda text: text.endswith(inner), negated)

    def _comparison(self, word: str) -> Test:
        read = _path(word)
        operator = self._take("sign")
        if self._at >= len(self._tokens):
            raise _Unread
        token = self._tokens[self._at]
        self._at += 1
        plain = word in ("type", "event")
        match token.kind, operator:
            case "text", "=" | "!=":
                return _equals(read, token.text[1:-1], wanted=operator == "=")
            case "number", "=" | "!=" if "." in word:
                return _number(read, operator, float(token.text))
            case "number", "<" | "<=" | ">" | ">=":
                return _number(read, operator, float(token.text))
            case "word", "=" if token.text in ("true", "false") and not plain and word != "name":
                return _is(read, token.text == "true")
            case "word", "=" | "!=" if token.text == "null" and not plain:
                return _exists(read, wanted=operator == "!=")
            case _:
                raise _Unread

    def _peek(self, kind: str) -> str | None:
        token = self._tokens[self._at] if self._at < len(self._tokens) else None
        return token.text if token is not None and token.kind == kind else None

    def _take(self, kind: str) -> str:
        text = self._peek(kind)
        if text is None:
            raise _Unread
        self._at += 1
        return text

    def _sign(self, wanted: str) -> None:
        if self._take("sign") != wanted:
            raise _Unread


def _path(word: str) -> Read:
    root, dot, rest = word.partition(".")
    if (root in _DIRECT and dot) or (root in _NESTED and not rest) or root not in (*_DIRECT, *_NESTED):
        raise _Unread
    return path(word)


def _test_of(read: Read, holds: Callable[[Value], bool | None]) -> Test:
    """A test of one value; its outcome is unknown if the value is."""

    def test(payload: Mapping[str, Json]) -> bool | None:
        found = read(payload)
        return None if found is Absent.UNKNOWN else holds(found)

    return test


def _equals(read: Read, expected: str, *, wanted: bool) -> Test:
    return _test_of(read, lambda found: (isinstance(found, str) and found == expected) is wanted)


def _exists(read: Read, *, wanted: bool) -> Test:
    return _test_of(read, lambda found: (found is not None and found is not Absent.MISSING) is wanted)


def _is(read: Read, wanted: bool) -> Test:
    return _test_of(read, lambda found: found is wanted)


def _text_test(read: Read, holds: Callable[[str], bool], negated: bool) -> Test:
    """A value that is no text satisfies neither a function nor its negation."""
    return _test_of(read, lambda found: isinstance(found, str) and holds(found) is not negated)


def _number(read: Read, operator: str, expected: float) -> Test:
    """A value that is no number satisfies no comparison with a number, not even ``!=``."""

    def holds(found: Value) -> bool | None:
        if isinstance(found, bool) or not isinstance(found, (int, float)):
            return False
        return compare_numbers(operator, found, expected)

    return _test_of(read, holds)
