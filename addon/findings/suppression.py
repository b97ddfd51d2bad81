"""A violation -> the ``[[suppress]]`` entry that would cover it and its like, ready for the policy file."""

from __future__ import annotations

from datetime import date, timedelta

_LASTS = timedelta(days=180)
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}


def snippet(
    rule: str, vendor: str | None, destination: str | None, site: str | None, event: str | None, occurred_at: str
) -> str:
    """TOML. It expires half a year after the act: a policy's entries cover acts up to their day."""
    lines = ["[[suppress]]", f"rule = {toml(rule)}"]
    for key, value in (("vendor", vendor), ("destination", destination), ("site", site), ("event", event)):
        if value:
            lines.append(f"{key} = {toml(value)}")
    lines += [
        'reason = "say here why this is accepted"',
        'owner = "say here who decided"',
        f"expires = {_expiry(occurred_at)}",
    ]
    return "\n".join(lines)


def _expiry(occurred_at: str) -> date:
    try:
        return date.fromisoformat(occurred_at[:10]) + _LASTS
    except (ValueError, OverflowError):
        return date.max


def toml(text: str) -> str:
    """A basic TOML string. Names come from the wire, so anything may stand in them."""
    return '"' + "".join(_ESCAPES.get(letter) or _printable(letter) for letter in text) + '"'


def _printable(letter: str) -> str:
    number = ord(letter)
    return f"\\u{number:04X}" if number < 0x20 or number == 0x7F else letter
