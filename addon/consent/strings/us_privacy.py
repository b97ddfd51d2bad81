"""IAB US Privacy strings (``us_privacy``, ``usprivacy``): four characters, read strictly.

A version, which is 1, then ``Y``, ``N`` or ``-`` for each of: notice given, opted out of sale, covered by the Limited Service
Provider Agreement. ``-`` is "not applicable", so ``1---`` says that none of it applies. Deprecated, but still sent. Source: IAB
Tech Lab, "US Privacy String"; in GPP it is section 6, written the same.
"""

from __future__ import annotations

from dataclasses import dataclass

_MEANINGS = {"Y": True, "N": False, "-": None}


class UsPrivacyError(ValueError):
    """Not a US Privacy string version 1; says what is wrong."""


@dataclass(frozen=True, slots=True)
class UsPrivacy:
    """What the four characters say. ``None`` is "not applicable", which is neither yes nor no."""

    version: int
    notice: bool | None
    """Whether notice and the opportunity to opt out were given."""
    opted_out: bool | None
    """Whether the person opted out of the sale of personal data."""
    lspa: bool | None
    """Whether the transaction is covered by the Limited Service Provider Agreement."""

    @property
    def applicable(self) -> bool:
        """Whether any of it applies: all but ``1---``."""
        return any(said is not None for said in (self.notice, self.opted_out, self.lspa))


def parse_us_privacy(text: str) -> UsPrivacy:
    """A US Privacy string.

    Args:
        text: as on the wire, not percent-encoded.

    Raises:
        UsPrivacyError: unless it is ``1`` and three of ``Y``, ``N`` and ``-``: nothing longer or shorter, no lower case, no
            other version.
    """
    if len(text) != 4:
        raise UsPrivacyError(f"{len(text)} characters; a US Privacy string has 4")
    if text[0] != "1":
        raise UsPrivacyError(f"version {text[0]!r}; only version 1 exists")
    for field, letter in zip(("notice", "opt-out", "LSPA"), text[1:], strict=True):
        if letter not in _MEANINGS:
            raise UsPrivacyError(f"{letter!r} for {field}, which is Y, N or -")
    return UsPrivacy(1, _MEANINGS[text[1]], _MEANINGS[text[2]], _MEANINGS[text[3]])
