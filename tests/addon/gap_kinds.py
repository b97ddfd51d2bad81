"""Every kind of gap that the code can give, read from its source: what the documentation has to name."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import addon

PACKAGE = Path(addon.__file__).parent
_MAKERS = {
    "Problem": "kind",
    "BodyError": "kind",
    "Unreadable": "kind",
    "GapRecord": "kind",
    "gap": "kind",
    "_gap": "kind",
}
"""What is called to make a gap, and its first parameter: the kind."""


def gap_kinds(package: Path = PACKAGE) -> dict[str, set[str]]:
    """Kind -> the modules that give it, by path below the package."""
    found: dict[str, set[str]] = {}
    for file in sorted(package.rglob("*.py")):
        for kind in _in_module(ast.parse(file.read_text(encoding="utf-8"))):
            found.setdefault(kind, set()).add(str(file.relative_to(package)))
    return found


def _in_module(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            parameter = _MAKERS.get(called)
            if parameter is not None:
                yield from _texts(_argument(node, parameter))
            elif called == "replace":
                # a record made from another one: ``replace(gap, kind="database-moved")``
                yield from (text for each in node.keywords if each.arg == "kind" for text in _texts(each.value))
            elif called == "append" and node.args and isinstance(node.args[0], ast.Tuple):
                # pairs of kind and reason: ``read.problems.append(("bad-consent", ...))``
                first = node.args[0].elts[0] if node.args[0].elts else None
                yield from (text for text in _texts(first) if "-" in text)


def _argument(call: ast.Call, parameter: str) -> ast.expr | None:
    named = next((keyword.value for keyword in call.keywords if keyword.arg == parameter), None)
    return named if named is not None else call.args[0] if call.args else None


def _texts(node: ast.expr | None) -> Iterator[str]:
    """The literal texts an expression can be."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp():
            yield from _texts(node.body)
            yield from _texts(node.orelse)
