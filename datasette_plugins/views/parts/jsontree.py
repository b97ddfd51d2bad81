"""JSON -> foldable HTML. The one place where markup is put together by hand: it is quicker than templates for thousands
of nodes, and every piece of text goes through ``escape``."""

from __future__ import annotations

import json
from typing import Any

from markupsafe import Markup, escape

_MOST_NODES = 4000
_DEEPEST = 40
_OPEN_UP_TO = 12
"""Members up to which an object is unfolded at first."""
_LONG = 600
_LONGEST = 20_000
"""Characters of one text that are shown."""


def tree(value: Any) -> Markup:
    """A document, foldable; laid out as plain text if it is too large or too deep for that."""
    if _nodes(value, 0) > _MOST_NODES:
        return plain(json.dumps(value, indent=2, ensure_ascii=False))
    parts: list[str] = ['<div class="cw-tree">']
    _write(parts, value, 0)
    parts.append("</div>")
    return Markup("".join(parts))  # noqa: S704  # all text in it was escaped


def plain(text: str) -> Markup:
    """Text as it is."""
    shown = text if len(text) <= 10 * _LONGEST else f"{text[: 10 * _LONGEST]}…"
    return Markup('<pre class="cw-raw">{}</pre>').format(shown)


def body(text: str | None) -> Markup | None:
    """A body: foldable if it is JSON, else as it is; ``None`` if there is none."""
    if not text:
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return plain(text)
    return tree(value) if isinstance(value, (dict, list)) else plain(text)


def _nodes(value: Any, depth: int) -> int:
    if depth > _DEEPEST:
        return _MOST_NODES + 1
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    count = 1
    for each in inner:
        count += _nodes(each, depth + 1)
        if count > _MOST_NODES:
            break
    return count


def _write(parts: list[str], value: Any, depth: int, name: str = "") -> None:
    """Appends one value. ``name`` is what stands before it, escaped already."""
    match value:
        case dict() if value:
            members = [(f'<span class="cw-key">{escape(key)}</span> ', inner) for key, inner in value.items()]
            _fold(parts, name, "{", "}", members, depth)
        case list() if value:
            members = [(f'<span class="cw-index">{index}</span> ', inner) for index, inner in enumerate(value)]
            _fold(parts, name, "[", "]", members, depth)
        case str():
            shown = value if len(value) <= _LONGEST else f"{value[:_LONGEST]}…"
            look = "cw-string cw-long" if len(shown) > _LONG else "cw-string"
            parts.append(f'{name}<span class="{look}">{escape(json.dumps(shown, ensure_ascii=False))}</span>')
        case _:
            parts.append(f'{name}<span class="cw-literal">{escape(json.dumps(value))}</span>')


def _fold(parts: list[str], name: str, opening: str, closing: str, members: list[tuple[str, Any]], depth: int) -> None:
    unfolded = " open" if depth < 2 or (depth < 4 and len(members) <= _OPEN_UP_TO) else ""
    count = f'<span class="cw-members">{len(members)}</span>'
    parts.append(f"<details{unfolded}><summary>{name}{opening}{count}</summary><ul>")
    for before, inner in members:
        parts.append("<li>")
        _write(parts, inner, depth + 1, before)
        parts.append("</li>")
    parts.append(f"</ul>{closing}</details>")
