"""Google consent mode, as its parameters on Google's calls show it.

``gcs=G1xy``: x is ad_storage, y analytics_storage; 1 granted, 0 denied, ``-`` not set; apps send the same as ``consent_signals``.
``gcd``: four letters among digits, for ad_storage, analytics_storage, ad_user_data and ad_personalization, which tell the default and
the update apart. ``npa=1`` asks for ads that are not personalised, ``dma=1`` with ``dma_cps=-`` says that nothing is consented to under
the Digital Markets Act. There is
no official description; sources: TrackHAR's Google adapter, published analyses by practitioners, which agree on what is read here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from vendor_catalog import Category

_GCS = re.compile(r"G1([01-])([01-])")
_LETTERS = re.compile(r"[a-z]")
_UPDATES = {"q": False, "u": False, "m": False, "r": True, "v": True, "n": True}
"""Letters that say that an update was made, and what it says. All others tell only of defaults."""
_DEFAULTS = {"p": False, "t": True}
_KNOWN = frozenset("lptqruvmn")
PARAMETERS = ("gcs", "consent_signals", "gcd", "npa", "dma", "dma_cps")


@dataclass(frozen=True, slots=True)
class ConsentMode:
    """What a call says is granted; ``None`` if it does not say."""

    granted: Mapping[Category, bool | None]
    """The state that Google's tags use."""
    updated: Mapping[Category, bool | None]
    """Only what the site set after its defaults, which comes closest to the person's choice."""
    shown: str
    """The parameters that were read, as sent."""


def read_consent_mode(parameters: Mapping[str, str]) -> ConsentMode | None:
    """The consent mode of a call; ``None`` if it carries none that can be read."""
    gcs = _GCS.fullmatch(parameters.get("gcs") or parameters.get("consent_signals", ""))
    letters = _letters(parameters.get("gcd", ""))
    if gcs is None and letters is None:
        return None
    granted: dict[Category, bool | None] = {}
    updated: dict[Category, bool | None] = {}
    if letters is not None:
        ads, analytics, user_data = letters[:3]
        updated = {Category.MARKETING: _both(ads, user_data, _UPDATES), Category.ANALYTICS: _UPDATES.get(analytics)}
        states = _UPDATES | _DEFAULTS
        granted = {Category.MARKETING: _both(ads, user_data, states), Category.ANALYTICS: states.get(analytics)}
    if gcs is not None:  # the state of the storages themselves, where both are there
        for category, sign in zip((Category.MARKETING, Category.ANALYTICS), gcs.groups(), strict=True):
            if sign != "-":
                granted[category] = sign == "1"
    if granted.get(Category.MARKETING) is True and _restricted(parameters):
        granted[Category.MARKETING] = None
    shown = "&".join(f"{name}={parameters[name][:40]}" for name in PARAMETERS if name in parameters)
    return ConsentMode(granted, updated, shown)


def _restricted(parameters: Mapping[str, str]) -> bool:
    """Whether the call takes back what the storages grant: then it asserts no consent to marketing."""
    nothing = parameters.get("dma") == "1" and parameters.get("dma_cps") == "-"
    return nothing or parameters.get("npa") == "1"


def _letters(gcd: str) -> list[str] | None:
    """The first four letters; ``None`` if it is no such parameter."""
    if len(gcd) > 40 or not gcd.isascii() or not gcd.isalnum():
        return None
    found = _LETTERS.findall(gcd)[:4]
    return found if len(found) == 4 and _KNOWN.issuperset(found) else None


def _both(storage: str, user_data: str, states: Mapping[str, bool]) -> bool | None:
    """Advertising is granted if its storage is, and the sending of user data is not denied."""
    stored, sent = states.get(storage), states.get(user_data)
    return None if stored is True and sent is False else stored
