"""What several grammars share: JSON that a script percent-encoded into a cookie."""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import unquote

from addon.consent.signal import NotThisFormat
from addon.jsontext import Json, JsonError, parse


def json_object(value: str) -> dict[str, Json]:
    """A percent-encoded JSON object.

    Raises:
        NotThisFormat: for anything else, whoever wrote it.
    """
    try:
        document, rest = parse(unquote(value))
    except JsonError as error:
        raise NotThisFormat(f"no JSON: {error}") from None
    if rest:  # not shown: whose it is, and whom it names, is unknown
        raise NotThisFormat("JSON, but something follows it")
    if not isinstance(document, dict):
        raise NotThisFormat(f"JSON, but {type(document).__name__} and no object")
    return document


def booleans(value: Json, most: int = 300) -> dict[str, bool | None]:
    """An object's entries that are true or false; ``None`` for whatever else stands there."""
    if not isinstance(value, dict):
        return {}
    return {name: each if isinstance(each, bool) else None for name, each in list(value.items())[:most]}


def shown(keys: Mapping[str, bool | None]) -> str:
    """Categories or services as evidence."""
    return json.dumps(keys, separators=(",", ":"))
