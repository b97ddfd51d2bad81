"""Google's Additional Consent strings (``addtl_consent``, the "AC string"), read strictly.

They name providers of Google's list (ATPs) that no TC string can, because they are not on IAB's list. Version 2 is
``2~`` consented ``~dv.`` disclosed, as ``2~1.35.41.101~dv.9.21.81``; version 1 has the consented alone, ``1~1.35.41.101``. Either
list may be empty, and where nothing is disclosed besides, the dot after ``dv`` may be missing.
Source: Google, "Additional Consent technical specification" (support.google.com/admanager/answer/9681920).

Version 1 has no end: a string cut short is one too, with fewer providers and perhaps a wrong last one (``101`` becomes ``10``).
Version 2 says more and ends its consents with ``~dv.``, so what is cut within them is refused.
"""

from __future__ import annotations

from dataclasses import dataclass

_MAX_CHARACTERS = 40_000
_MAX_DIGITS = 6
"""Of one id. Google's list has some thousands of providers."""
_DISCLOSED = "dv."


class AdditionalConsentError(ValueError):
    """Not an AC string version 1 or 2, or a broken one; says what is wrong."""


@dataclass(frozen=True, slots=True)
class AdditionalConsent:
    """What an AC string says. Sets hold ids of Google's list of ad technology providers, from 1."""

    version: int
    consented: frozenset[int]
    disclosed: frozenset[int] | None
    """Those that were disclosed to the person besides; ``None`` in version 1, which does not say."""


def parse_additional_consent(text: str) -> AdditionalConsent:
    """An AC string.

    Args:
        text: as on the wire, not percent-encoded.

    Raises:
        AdditionalConsentError: if any of it is not as the format has it: another version, a list without its ``~`` or
            ``dv.``, an id that is not a plain number from 1, or more than any honest string holds.
    """
    if len(text) > _MAX_CHARACTERS:
        raise AdditionalConsentError(f"{len(text)} characters; no AC string is that long")
    version, *lists = text.split("~")
    match version, lists:
        case "1", [consented]:
            return AdditionalConsent(1, _ids(consented, "consented"), None)
        case "2", [consented, disclosed] if f"{disclosed}." == _DISCLOSED or disclosed.startswith(_DISCLOSED):
            named = disclosed[len(_DISCLOSED) :]
            return AdditionalConsent(2, _ids(consented, "consented"), _ids(named, "disclosed"))
        case "1", _:
            raise AdditionalConsentError(f"version 1 with {len(lists)} lists; it has one, after '~'")
        case "2", _:
            raise AdditionalConsentError("version 2 without its two lists, the second of which begins with 'dv.'")
        case _:
            raise AdditionalConsentError(f"version {version[:20]!r}; only versions 1 and 2 exist")


def _ids(text: str, name: str) -> frozenset[int]:
    if not text:
        return frozenset()
    found: set[int] = set()
    for number in text.split("."):
        if not (number.isascii() and number.isdigit()) or number[0] == "0" or len(number) > _MAX_DIGITS:
            raise AdditionalConsentError(f"{number[:20]!r} among the {name} is no provider's id")
        found.add(int(number))
    return frozenset(found)
