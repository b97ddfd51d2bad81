"""Surrogates in the escapes of a JSON text."""

from __future__ import annotations

import re

_ESCAPE = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}(?:\\u[dD][c-fC-F][0-9a-fA-F]{2})?")
"""One surrogate, and what may be its other half. It starts with what seldom occurs, so that it is looked for quickly."""
_HIGH = frozenset("89abAB")
_SINGLE, _PAIR = 6, 12
"""Characters of ``\\uXXXX`` and of two of them."""


def paired(text: str) -> str:
    """A JSON text in which each escaped surrogate without its other half is the replacement character: JavaScript cuts strings within a
    character, and what is left can be written down nowhere."""
    if "\\ud" not in text and "\\uD" not in text:
        return text
    parts: list[str] = []
    done = at = 0
    while (found := _ESCAPE.search(text, at)) is not None:
        start = found.start()
        run = start
        while run and text[run - 1] == "\\":
            run -= 1
        if (start - run) % 2:  # this backslash is itself escaped, so that no escape starts here
            at = start + 2
        elif text[start + 3] in _HIGH and found.end() - start == _PAIR:
            at = found.end()
        else:
            parts += (text[done:start], "\\ufffd")
            done = at = start + _SINGLE
    return "".join((*parts, text[done:]))
