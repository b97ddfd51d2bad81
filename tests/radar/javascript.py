"""Reads what packages declare: members of TypeScript interfaces, and values of their modules."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_COMMENT = re.compile(r"/\*[^*]*\*+(?:[^/*][^*]*\*+)*/|//[^\n]*")
_MEMBER = re.compile(r"\s*(?:readonly\s+)?['\"]?([A-Za-z_$][\w$.]*)['\"]?\??\s*[:(]")


def members(declarations: str, interface: str) -> Iterator[str]:
    """The names of an interface's members, those of objects within it included."""
    text = _COMMENT.sub("", declarations)
    start = re.search(rf"interface\s+{re.escape(interface)}\b[^{{]*{{", text)
    if start is None:
        return
    depth, position = 1, start.end()
    while depth and position < len(text):
        found = _MEMBER.match(text, position)
        if found is not None:
            yield found.group(1)
            position = found.end()
        # to the next place at which a member may begin
        while position < len(text):
            letter = text[position]
            position += 1
            if letter in "{;":
                depth += letter == "{"
                break
            if letter == "}":
                depth -= 1
                if not depth:
                    return


def value_of(module: Path, expression: str) -> Any:
    """What an expression gives of a CommonJS module ``m``, through JSON."""
    script = f"const m = require({json.dumps(str(module.resolve()))}); console.log(JSON.stringify({expression}))"
    done = subprocess.run(["node", "--eval", script], capture_output=True, text=True, timeout=60, check=True)
    return json.loads(done.stdout)
