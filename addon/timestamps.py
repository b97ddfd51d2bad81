"""Timestamps as they stand on the wire -> Unix time in seconds; ``None`` for what is no time."""

from __future__ import annotations

from datetime import UTC, datetime

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


def waited(made: float | None, sent: float | None) -> float | None:
    """Seconds from making to sending. Both times come from one clock, so that their distance holds however wrong that is."""
    return None if made is None or sent is None or sent < made else sent - made


def from_milliseconds(value: object) -> float | None:
    """``1705162226478`` (number or digits) as Unix time in seconds."""
    if isinstance(value, str) and value.isdecimal() and len(value) <= _MAX_DIGITS:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or abs(value) >= 10**_MAX_DIGITS:
        return None
    return plausible(value / 1000)


def iso_from_milliseconds(value: object) -> str | None:
    """``1705162226478`` (number or digits) as ``2024-01-13T16:10:26.478Z``; ``None`` if it is no time."""
    seconds = from_milliseconds(value)
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
