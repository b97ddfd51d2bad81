"""What the policy file allows: how long cookies may live, and which personal data may be sent where."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Annotated

from pydantic import Field, field_validator

from addon.personal_data import PLACES
from addon.personal_data.kinds import all_detectors

from .section import NonEmpty, Section

_PLACE_SIGNS = frozenset(".?*[")
"""What tells a place from a mistyped kind."""

Days = Annotated[int, Field(ge=1, le=36_500)]


class CookieLimits(Section):
    """``[cookies]``: how long cookies may live, by the lifetime that the response asks for."""

    max_lifetime_days: Days = 397
    """For the cookies of vendors of the catalogue that are not strictly necessary. Thirteen months are up to 397 days: what the
    French authority (CNIL) allows even where no consent is needed (audience measurement; deliberation 2020-091, 17 September 2020)."""
    limits: dict[NonEmpty, Days] = {}
    """Other limits, in days, by the cookie's name, with ``*``: ``{ "_ga*" = 180, OptanonConsent = 180 }``. They hold for any cookie,
    strictly necessary or not. The first that fits counts."""
    exempt: list[NonEmpty] = []
    """Cookies without any limit, by name, with ``*``."""
    unlisted: bool = False
    """Whether ``max_lifetime_days`` applies also to cookies that the catalogue does not know. Their purpose is unknown, so such
    a finding is ``unproven``. Cookies that store the answer to a consent banner are exempt."""

    def limit_of(self, name: str, *, judged: bool) -> int | None:
        """The days that a cookie may live, if it is limited; ``judged`` says whether the general limit is for such cookies."""
        own = next((days for pattern, days in self.limits.items() if fits(name, pattern)), None)
        if own is not None:
            return own
        return None if not judged or any(fits(name, pattern) for pattern in self.exempt) else self.max_lifetime_days


class PersonalDataAllowed(Section):
    """``[personal_data]``: personal data that you decided may be sent."""

    allow: list[NonEmpty] = []
    """A kind anywhere (``phone``), anything at a place (``traits.email``, ``traits.*``), or a kind at a place (``name at traits.*``).
    Kinds and places are those that the findings name."""

    @field_validator("allow")
    @classmethod
    def _can_be_found(cls, allow: list[str]) -> list[str]:
        kinds = list(all_detectors())
        for entry in allow:
            kind, at, _ = entry.partition(" at ")
            if entry in kinds or (at and kind in kinds):
                continue
            if at or not (entry in PLACES or _PLACE_SIGNS.intersection(entry)):
                close = get_close_matches(kind, [*kinds, *PLACES], n=1)
                meant = f" (did you mean {close[0]!r}?)" if close else ""
                raise ValueError(
                    f"{entry!r} is no kind and no place{meant}; kinds are {', '.join(kinds)}; a place is written like traits.email"
                )
        return allow

    def allows(self, kind: str, place: str) -> bool:
        """Whether a kind of personal data may stand at a place."""
        return any(entry == kind or fits(place, entry) or fits(f"{kind} at {place}", entry) for entry in self.allow)


def fits(text: str, pattern: str) -> bool:
    """Whether a text is of a pattern, in which ``*`` stands for anything and every other character for itself."""
    first, *others = pattern.split("*")
    if not others:
        return text == pattern
    *between, last = others
    at = len(first)
    if not text.startswith(first) or not text.endswith(last) or len(text) < at + len(last):
        return False
    for part in between:  # the first place where a part is found leaves the most to those behind it
        found = text.find(part, at, len(text) - len(last))
        if found < 0:
            return False
        at = found + len(part)
    return True
