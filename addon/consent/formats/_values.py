"""What several grammars share: timestamps, and JSON that a script percent-encoded into a cookie."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import unquote

from addon.consent.signal import NotThisFormat
from addon.jsontext import Json, JsonError, parse

_EARLIEST = datetime(2015, 1, 1, tzinfo=UTC).timestamp()
_LATEST = datetime(2100, 1, 1, tzinfo=UTC).timestamp()
_MAX_DIGITS = 15


def plausible(seconds: float) -> float | None:
    """Unix time in seconds if it can be the time of a choice."""
    return seconds if _EARLIEST <= seconds <= _LATEST else None


def from_iso(text: object) -> float | None:
    """``2026-05-01T12:00:00.123Z`` as Unix time in seconds; ``None`` if it is no time, or has no zone."""
    if not isinstance(text, str) or len(text) > 40:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return plausible(moment.timestamp()) if moment.tzinfo is not None else None


def from_milliseconds(value: object) -> float | None:
    """``1705162226478`` (number or digits) as Unix time in seconds."""
    if isinstance(value, str) and value.isdecimal() and len(value) <= _MAX_DIGITS:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or abs(value) >= 10**_MAX_DIGITS:
        return None
    return plausible(value / 1000)


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
