"""Texts made against a regular expression: what it accepts, nearly accepts and begins to accept, over and over.

They come from the pattern itself, so a pattern that is written tomorrow is attacked as well. A pattern takes more than linear time
where it can begin at many places, or divide a text among its repetitions in many ways, and finds out late that it fails: so every
part of it is repeated behind every way to come to that part, and ended by something that it does not accept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from re import _constants, _parser  # type: ignore[attr-defined]
from typing import Any

_WRONG_ENDS = ("", "\n", "\x00")
_ANYTHING = "aA0 -_./:;,=&?@'\"<>()[]{}\\~|+*#%\n\x00\u00e9"


def attacks(pattern: re.Pattern[Any], length: int) -> Iterator[str]:
    """Texts of a length, each once."""
    seen: set[tuple[str, str, str]] = set()
    for before, repeated in _repetitions(pattern):
        if not repeated:
            continue
        for end in _WRONG_ENDS:
            if (before, repeated, end) not in seen:
                seen.add((before, repeated, end))
                yield (before + repeated * (length // len(repeated) + 1))[: length - len(end)] + end


def _repetitions(pattern: re.Pattern[Any]) -> Iterator[tuple[str, str]]:
    text = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    tree = list(
        _parser.parse(text, pattern.flags & ~re.UNICODE if isinstance(pattern.pattern, bytes) else pattern.flags)
    )
    groups: dict[int, str] = {}
    whole = _sample(tree, groups)
    for size in sorted({1, len(whole) // 4, len(whole) // 2, 3 * len(whole) // 4, len(whole) - 1, len(whole)}):
        yield "", whole[:size]
    yield whole, whole
    for before, body in _repeats(tree, "", groups):
        for inside in dict.fromkeys((body, body * 2, *body)):
            yield before, inside
            yield "", before + inside
            yield "", inside


def _repeats(tree: Sequence[Any], before: str, groups: dict[int, str]) -> Iterator[tuple[str, str]]:
    """Each thing that may be repeated, behind what leads to it: every repetition, branch and single class, at any depth."""
    for operation, argument in tree:
        name = str(operation).lower()
        if name in ("max_repeat", "min_repeat", "possessive_repeat"):
            yield before, _sample(argument[2], groups)
            for other in _alternatives(argument[2]):
                yield before, other
            yield from _repeats(argument[2], before, groups)
        elif name == "subpattern":
            yield from _repeats(argument[3], before, groups)
        elif name == "atomic_group":
            yield from _repeats(argument, before, groups)
        elif name == "branch":
            for each in argument[1]:
                yield before, _sample(each, groups)
                yield from _repeats(each, before, groups)
        elif name in ("assert", "assert_not"):
            yield from _repeats(argument[1], before, groups)
        before += _sample([(operation, argument)], groups)


def _alternatives(tree: Sequence[Any]) -> Iterator[str]:
    """Other single characters that a repeated class takes, because the next part may take them too."""
    if len(tree) == 1 and str(tree[0][0]).lower() in ("in", "any", "not_literal"):
        single = tree[0]
        taken = [sign for sign in _ANYTHING if _takes(single, sign)]
        yield from taken[:8]


def _takes(single: Any, sign: str) -> bool:
    name, argument = str(single[0]).lower(), single[1]
    if name == "any":
        return True
    if name == "not_literal":
        return ord(sign) != argument
    negated = bool(argument) and str(argument[0][0]).lower() == "negate"
    return any(_within(each, sign) for each in argument) != negated


def _within(item: Any, sign: str) -> bool:
    name, argument = str(item[0]).lower(), item[1]
    if name == "literal":
        return ord(sign) == argument
    if name == "range":
        return argument[0] <= ord(sign) <= argument[1]
    if name == "category":
        kinds = str(argument).lower()
        kind = {"space": str.isspace, "digit": str.isdigit, "word": lambda s: s.isalnum() or s == "_"}[
            kinds.rpartition("_")[2]
        ]
        return bool(kind(sign)) != ("_not_" in kinds)
    return False


def _sample(tree: Sequence[Any], groups: dict[int, str]) -> str:
    """A text that the parsed pattern accepts, looking around aside."""
    return "".join(_sample_of(str(operation).lower(), argument, groups) for operation, argument in tree)


def _sample_of(name: str, argument: Any, groups: dict[int, str]) -> str:
    match name:
        case "literal":
            return chr(argument)
        case "not_literal" | "any":
            return next(sign for sign in "xy" if argument is None or ord(sign) != argument)
        case "in":
            return next((sign for sign in (*_ANYTHING, *map(chr, range(0x3000))) if _takes((name, argument), sign)), "")
        case "max_repeat" | "min_repeat" | "possessive_repeat":
            low, high, body = argument
            return _sample(body, groups) * min(max(low, 1), 40 if high is _constants.MAXREPEAT else high)
        case "subpattern":
            found = _sample(argument[3], groups)
            groups[argument[0] or 0] = found
            return found
        case "atomic_group":
            return _sample(argument, groups)
        case "branch":
            return _sample(argument[1][0], groups)
        case "groupref":
            return groups.get(argument, "")
        case "assert":
            return _sample(argument[1], groups) if argument[0] > 0 else ""
        case _:
            return ""
