"""What a condition reads from a message: a value, nothing, or something unknown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Final, TypeGuard

from addon.jsontext import Json


class Absent(Enum):
    """Why there is no value."""

    MISSING = "missing"
    """The message has none there."""
    UNKNOWN = "unknown"
    """Nobody can say what the evaluator would find."""


type Value = Json | Absent
type Read = Callable[[Mapping[str, Json]], Value]
"""Reads a value from a message's payload."""
type Test = Callable[[Mapping[str, Json]], bool | None]
"""Tests a message's payload; ``None`` if the outcome is unknown."""

_ROOTS: Final = frozenset(
    {
        "type",
        "event",
        "name",
        "userId",
        "anonymousId",
        "groupId",
        "previousId",
        "category",
        "properties",
        "traits",
        "context",
    }
)
"""What a message carries to Segment as the page's own destinations see it. Everything else (``timestamp``, ``integrations``,
``receivedAt``, ...) is rewritten on the way or added by Segment."""
_STRIPPED: Final = "traits"
"""analytics-next takes the traits off track calls before it sends them (``segmentio/index.ts``)."""
_MAX_PARTS = 20


def unreadable(_: Mapping[str, Json]) -> None:
    """The test whose outcome is always unknown."""


def path(text: str) -> Read:
    """Reads ``properties.cart.total``. Lists, and keys with a dot in them, are read differently by each evaluator."""
    parts = tuple(text.split("."))
    if len(parts) > _MAX_PARTS or parts[0] not in _ROOTS or not all(parts) or any(sign in text for sign in "\\[]'\""):
        return lambda _: Absent.UNKNOWN
    # Segment's servers add to the context; and what a track call carried of traits is gone
    gone = Absent.UNKNOWN if parts[0] == "context" else Absent.MISSING

    def read(payload: Mapping[str, Json]) -> Value:
        found: Value = payload.get(parts[0], gone)
        for part in parts[1:]:
            if isinstance(found, dict):
                found = found.get(part, gone)
            elif found is None or isinstance(found, Absent):
                found = gone
            else:
                return Absent.UNKNOWN
        if found is Absent.MISSING and parts[0] == _STRIPPED and payload.get("type") == "track":
            return Absent.UNKNOWN
        return found

    return read


def is_number(value: Value) -> TypeGuard[int | float]:
    """Whether JavaScript calls it a number."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def every(tests: tuple[Test, ...]) -> Test:
    """``and``: false if one test is false, else unknown if one is unknown."""

    def test(payload: Mapping[str, Json]) -> bool | None:
        answer: bool | None = True
        for each in tests:
            found = each(payload)
            if found is False:
                return False
            if found is None:
                answer = None
        return answer

    return test


def either(tests: tuple[Test, ...]) -> Test:
    """``or``: true if one test is true, else unknown if one is unknown."""

    def test(payload: Mapping[str, Json]) -> bool | None:
        answer: bool | None = False
        for each in tests:
            found = each(payload)
            if found is True:
                return True
            if found is None:
                answer = None
        return answer

    return test


def opposite(test: Test) -> Test:
    """``!``"""

    def negated(payload: Mapping[str, Json]) -> bool | None:
        found = test(payload)
        return None if found is None else not found

    return negated


def compare_numbers(operator: str, first: float, second: float) -> bool | None:
    """``=``, ``!=``, ``<``, ``<=``, ``>``, ``>=`` of numbers as doubles; unknown beyond what a double holds."""
    try:
        left, right = float(first), float(second)
    except OverflowError:
        return None
    match operator:
        case "<":
            return left < right
        case "<=":
            return left <= right
        case ">":
            return left > right
        case ">=":
            return left >= right
        case "=":
            return left == right
        case "!=":
            return left != right
        case _:
            return None
