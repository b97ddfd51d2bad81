"""The IAB's US Privacy string: four characters, deprecated in favour of GPP and still sent.

Source: IAB Tech Lab, US Privacy String, version 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_STATES: Final[dict[str, bool | None]] = {"Y": True, "N": False, "-": None}
_FIELDS: Final = ("notice", "opt-out of sale", "limited service provider agreement")


class USPrivacyError(ValueError):
    """Not a US Privacy string; says what and where."""


@dataclass(frozen=True, slots=True)
class USPrivacy:
    """A US Privacy string. ``None`` is "does not apply"."""

    version: int
    notice: bool | None
    """Whether the person was told, and could opt out."""
    opted_out: bool | None
    """Whether the person opted out of the sale of their data."""
    limited_service_provider: bool | None
    """Whether the publisher signed the IAB's Limited Service Provider Agreement."""


def parse_us_privacy(text: str) -> USPrivacy:
    """Reads a string such as ``1YNN``. Lower case letters, which some write, mean the same.

    Raises:
        USPrivacyError: for anything else, of any length.
    """
    if len(text) != 4:
        raise USPrivacyError(f"{len(text)} characters instead of 4")
    if text[0] != "1":
        raise USPrivacyError(f"version {text[0]!r}; only version 1 exists")
    states: list[bool | None] = []
    for field, letter in zip(_FIELDS, text[1:].upper(), strict=True):
        if letter not in _STATES:
            raise USPrivacyError(f"{field} is {letter!r}, none of Y, N and -")
        states.append(_STATES[letter])
    return USPrivacy(1, *states)
