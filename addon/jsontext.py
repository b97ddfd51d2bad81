"""JSON from the wire: bounded, typed, and never an exception other than :class:`JsonError`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import isfinite

type Json = bool | int | float | str | list[Json] | dict[str, Json] | None

MAX_DEPTH = 200
"""How deep a document may be nested. Messages and settings stay below 20; whoever walks a document may rely on it."""


_MAX_DIGITS = 308
"""Digits of a whole number. A longer one cannot become a float, and Python reads very long ones in quadratic time, or not at
all."""


def _finite(number: str) -> float | None:
    found = float(number)
    return found if isfinite(found) else None


def _whole(number: str) -> int | float | None:
    return int(number) if len(number) <= _MAX_DIGITS else _finite(number)


# NaN and Infinity are no JSON, though Python's SDK writes them, and 1e999 is, but is read as infinite; none of them could
# be written down again, so they are read as null, as JavaScript writes them; and so is a whole number of as many digits
_DECODER = json.JSONDecoder(parse_constant=lambda _: None, parse_float=_finite, parse_int=_whole)
_WHITESPACE = " \t\r\n"


class JsonError(ValueError):
    """The text is not JSON; the message says where the error is."""


def parse(text: bytes | str) -> tuple[Json, str]:
    """The first JSON value in a text, and what stands behind it (some SDKs append to files they had closed).

    Raises:
        JsonError: if no complete value is there, or it is nested deeper than :data:`MAX_DEPTH`.
    """
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8-sig")
        start = len(text) - len(text.lstrip(_WHITESPACE))
        found, end = _DECODER.raw_decode(text, start)
    except RecursionError:
        raise JsonError(f"nested deeper than {MAX_DEPTH}") from None
    except UnicodeDecodeError as error:
        raise JsonError(f"not UTF-8 at byte {error.start}") from None
    except ValueError as error:
        raise JsonError(str(error)[:200]) from None
    if text.count("[") + text.count("{") > MAX_DEPTH and _is_too_deep(found):
        raise JsonError(f"nested deeper than {MAX_DEPTH}")
    return found, text[end:].strip(_WHITESPACE)


def _is_too_deep(value: Json) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer if isinstance(outer, list) else ())
            if isinstance(inner, (dict, list))
        ]
        if not level:
            return False
    return True


def parse_exactly(text: bytes | str) -> Json:
    """A text that is one JSON value and nothing else.

    Raises:
        JsonError: otherwise.
    """
    found, rest = parse(text)
    if rest:
        raise JsonError(f"something follows the value: {rest[:40]!r}")
    return found


def mapping(value: Json) -> Mapping[str, Json]:
    """The value if it is an object, else an empty one: for reading optional parts of foreign documents."""
    return value if isinstance(value, dict) else {}


def text_of(value: Json) -> str | None:
    """The value if it is a non-empty string."""
    return value if isinstance(value, str) and value else None


def strings(value: Json) -> tuple[str, ...]:
    """The strings of a list; empty for anything else."""
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def identifier(value: Json) -> str | None:
    """An identifier as text: SDKs send strings, hand-made calls send numbers, some send null or nothing."""
    if isinstance(value, str):
        return value or None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    return None
