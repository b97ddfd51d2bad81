"""Documents, addresses and forms -> their single values, within bounds."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice, repeat
from typing import NamedTuple
from urllib.parse import unquote, unquote_plus

from addon.jsontext import Json, JsonError, parse

MAX_NESTED_TEXT = 64 * 1024
"""Characters of a text that is taken apart: an address, a form, JSON within a text."""
_MAX_VALUES = 10_000
_MAX_DEPTH = 30
_MAX_FIELDS = 500
_MAX_SEGMENTS = 100
_MAX_BLANK = 100
_SHORTEST_JSON = 2
_ADDRESSES = ("http://", "https://", "/", "?")
_REMEMBERED = 1000
"""Characters of a query that is remembered: every message and call of a page has the page's."""
_MAX_UNPACKED = 3
"""Texts within texts: JSON in a parameter of an address in JSON."""


class Found(NamedTuple):
    """One value, with where it stands."""

    value: Json
    key: str
    """``email``; ``?email`` for a parameter of an address, ``emails[]`` in a list."""
    parents: tuple[str, ...]
    """The keys above it, from the outermost."""
    beside: Mapping[str, Json]
    """What stands in the same object."""
    in_address: bool = False
    """Whether it is a parameter of an address."""
    unpacked: int = 0
    """Texts that were taken apart to get at it."""


_NOTHING: Mapping[str, Json] = {}


@dataclass(slots=True)
class Walk:
    """The documents to search. :attr:`whole` says afterwards whether everything was searched."""

    matters: Callable[[str, Json], bool]
    """Whether a text or number under a key may be of interest. Most are not, so this must be fast."""
    whole: bool = True
    _waiting: deque[Found] = field(default_factory=deque)
    _seen: int = 0
    """Values that were looked at."""

    def document(self, value: Json, name: str) -> None:
        """A JSON value under a name."""
        if isinstance(value, (dict, list)) or self.matters(name, value):
            self._waiting.append(Found(value, name, (), _NOTHING))

    def query(self, text: str, name: str) -> None:
        """The query of an address, as it is sent."""
        self._waiting += self._parameters(text, (name,), "", in_address=True, unpacked=0)

    def form(self, text: str, name: str) -> None:
        """A form that is written like a query."""
        self._waiting += self._parameters(text, (name,), "", in_address=False, unpacked=0)

    def values(self) -> Iterator[Found]:
        """Every text and number that matters, in the order of the documents."""
        while self._waiting:
            each = self._waiting.popleft()
            match each.value:
                case dict() | list():
                    self._open(each)
                case str():
                    yield from self._text(each, each.value)
                case _:
                    yield each

    def _open(self, each: Found) -> None:
        if len(each.parents) >= _MAX_DEPTH:
            self.whole = False
            return
        items: Iterable[tuple[str, Json]]
        beside: Mapping[str, Json] = _NOTHING
        if isinstance(each.value, dict):
            items, beside, parents, size = each.value.items(), each.value, (*each.parents, each.key), len(each.value)
        else:
            assert isinstance(each.value, list)
            key = each.key if each.key.endswith("[]") else f"{each.key}[]"
            items, parents, size = zip(repeat(key), each.value), each.parents, len(each.value)
        room = max(_MAX_VALUES - self._seen, 0)
        self._seen += min(size, room)
        self.whole = self.whole and size <= room
        matters = self.matters
        inner = [
            Found(value, key, parents, beside, unpacked=each.unpacked)
            for key, value in islice(items, room)
            if isinstance(value, (dict, list)) or matters(key, value)
        ]
        self._waiting.extendleft(reversed(inner))

    def _text(self, each: Found, text: str) -> Iterator[Found]:
        start = text[:_MAX_BLANK].lstrip()
        if start[:1] in ("{", "[") and len(text) > _SHORTEST_JSON:
            document = self._json(each, text)
            if document is not None:
                self._open(document)
                return
        if start.startswith(_ADDRESSES):
            if each.unpacked < _MAX_UNPACKED:
                yield from self._address(each, text.lstrip())
            return
        yield each

    def _json(self, each: Found, text: str) -> Found | None:
        if each.unpacked >= _MAX_UNPACKED or len(text) > MAX_NESTED_TEXT:
            self.whole = self.whole and len(text) <= MAX_NESTED_TEXT
            return None
        try:
            document, rest = parse(text)
        except JsonError:
            return None
        if rest or not isinstance(document, (dict, list)):
            return None
        return Found(document, each.key, each.parents, each.beside, unpacked=each.unpacked + 1)

    def _address(self, each: Found, text: str) -> Iterator[Found]:
        """The parameters of an address, and what stands between its slashes."""
        self.whole = self.whole and len(text) <= MAX_NESTED_TEXT
        rest, _, fragment = text[:MAX_NESTED_TEXT].partition("#")
        address, _, query = rest.partition("?")
        # where a page's search stands beside its address it says the same
        key = "url" if each.key == "search" and "url" in each.beside else each.key
        for part in (fragment.partition("?")[2] or fragment, query):
            found = self._parameters(part, (*each.parents, key), "?", in_address=True, unpacked=each.unpacked + 1)
            self._waiting.extendleft(reversed(found))
        scheme, _, below = address.partition("://")
        segments = (below.partition("/")[2] if below else scheme).split("/")
        for segment in segments[:_MAX_SEGMENTS]:
            if "@" in segment or "%40" in segment:
                yield Found(unquote(segment), key, each.parents, _NOTHING)

    def _parameters(
        self, text: str, parents: tuple[str, ...], mark: str, *, in_address: bool, unpacked: int
    ) -> list[Found]:
        if len(text) > MAX_NESTED_TEXT:
            self.whole = False
            text = text[:MAX_NESTED_TEXT]
        if "=" not in text:
            return []
        fields = _fields(text) if len(text) > _REMEMBERED else _remembered_fields(text)
        if text.count("&") >= _MAX_FIELDS:  # more than any honest address has
            self.whole = False
        self._seen += len(fields)
        if self._seen > _MAX_VALUES:
            self.whole = False
            return []
        beside: dict[str, Json] = dict(fields)
        keyed = ((mark + name, unquote(value) if "%40" in value else value) for name, value in fields)
        return [
            Found(value, key, parents, beside, in_address, unpacked) for key, value in keyed if self.matters(key, value)
        ]


def _fields(text: str) -> tuple[tuple[str, str], ...]:
    """The names and values of a query or form."""
    return tuple((_decoded(name), _decoded(value)) for name, value in map(_pair, text.split("&", _MAX_FIELDS)) if value)


_remembered_fields = lru_cache(maxsize=1000)(_fields)


def _pair(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name, value


def _decoded(text: str) -> str:
    return unquote_plus(text) if "%" in text or "+" in text else text
