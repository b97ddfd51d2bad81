"""IAB TCF cookies (``euconsent-v2``, ``eupubconsent-v2``): a TC string, whoever wrote it.

A string exists while the banner is still open (event status ``cmpuishown``), without any consent in it, so only a
positive purpose says that someone answered; a string without one is a refusal or an open banner. Timestamps have day
precision: a bound, not a time. Source: IAB Tech Lab, Consent string and vendor list formats v2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import unquote

from addon.consent.signal import Answer, MalformedSignal, NotThisFormat
from addon.consent.strings.additional_consent import AdditionalConsent, AdditionalConsentError, parse_additional_consent
from addon.consent.strings.tcf import TCString, TCStringError, decode
from addon.consent.vendor_consent import Restricted
from addon.jsontext import Json
from vendor_catalog import Category

PURPOSES = {
    Category.FUNCTIONAL: (5, 6, 11),
    Category.ANALYTICS: (8, 9, 10),
    Category.MARKETING: (2, 3, 4, 7),
}
ADDITIONAL = "addtl_consent"
"""Under this name a page's Additional Consent string is kept beside the TC string, and passed on in calls. It speaks only together
with one. Source: Google, Additional Consent technical specification; cookies and tags of live sites in public code."""
_FORBIDDEN = 0
_STORAGE = 1
"""Purpose 1, storing and reading on the device, is needed for every category."""


def cookie(name: str, cookies: Mapping[str, str]) -> Answer:
    value = unquote(cookies[name]).strip()
    if not value:
        raise NotThisFormat("empty: a string that was taken away, not a broken one")
    try:
        string = decode(value)
    except TCStringError as error:
        raise MalformedSignal(f"TC string: {error}") from None
    additional, problems = _additional(cookies.get(ADDITIONAL, ""))
    return Answer(
        additional=additional,
        problems=problems,
        restricted=RestrictedVendors(string) if string.restrictions else None,
        answered=True if string.purposes else None,
        evidence=value,
        values=category_values(string),
        iab_vendors=string.vendors,
        iab_disclosed=string.disclosed,
        not_before=string.last_updated.timestamp(),
    )


@dataclass(frozen=True, slots=True)
class RestrictedVendors:
    """A TC string whose publisher restricts what vendors may do: 0 forbids a purpose, 1 requires consent where the vendor would claim
    a legitimate interest, 2 a legitimate interest where it would request consent. Source: IAB Tech Lab, Consent string and vendor
    list formats v2, "PubRestrictions"."""

    string: TCString

    def of(self, vendor: int, category: Category) -> Restricted | None:
        purposes = PURPOSES.get(category, ())
        types = {each.purpose: each.type for each in self.string.restrictions if vendor in each.vendors}
        if types.get(_STORAGE) == _FORBIDDEN:
            return Restricted(False)
        if not types.keys() & set(purposes):
            return None
        said = [self._of_purpose(vendor, purpose, types.get(purpose)) for purpose in purposes]
        stored = _STORAGE in self.string.purposes and vendor in self.string.vendors
        if all(value is False for value in said) or not stored:
            return Restricted(False)
        return Restricted(True if all(value is True for value in said) else None)

    def _of_purpose(self, vendor: int, purpose: int, kind: int | None) -> bool | None:
        """Consent to one purpose; ``None`` where the vendor may rest it on a legitimate interest."""
        consented = purpose in self.string.purposes and vendor in self.string.vendors
        claimed = purpose in self.string.legitimate_interests and vendor in self.string.vendors_li
        match kind:
            case 0:
                return False
            case 1:
                return consented
            case 2:
                return None if claimed else False
            case _:
                return True if consented else None if claimed else False


def _additional(value: str) -> tuple[AdditionalConsent | None, tuple[str, ...]]:
    """The Additional Consent string beside a TC string. A broken one consents to nobody."""
    text = unquote(value).strip()
    if not text:
        return None, ()
    try:
        return parse_additional_consent(text), ()
    except AdditionalConsentError as error:
        return AdditionalConsent(1, frozenset(), None), (f"the Additional Consent string beside it is broken: {error}",)


def category_values(string: TCString) -> dict[Category, bool | None]:
    """Purposes as categories. A category that is half granted, or rests on legitimate interest, is unknown."""
    values: dict[Category, bool | None] = {}
    for category, purposes in PURPOSES.items():
        granted = [purpose in string.purposes for purpose in purposes]
        claimed = any(purpose in string.legitimate_interests for purpose in purposes)
        if _STORAGE not in string.purposes:
            values[category] = False
        elif all(granted):
            values[category] = True
        else:
            values[category] = None if any(granted) or claimed else False
    return values


def api(state: Mapping[str, Json], event: str | None) -> Answer:
    """What ``__tcfapi`` gives a listener. ``useractioncomplete`` is a choice, ``tcloaded`` a stored one; while the banner is up
    (``cmpuishown``) the string is no answer, whatever stands in it. Source: IAB Tech Lab, CMP API v2, TCData."""
    string = state.get("string")
    if state.get("applies") is False:
        return Answer(None, "it does not apply", complete=False)
    if not isinstance(string, str) or not string:
        is_open = state.get("status") == "cmpuishown"
        return Answer(False if is_open else None, "no string while it asks" if is_open else "no string", complete=False)
    additional = state.get("additional")
    answer = cookie("string", {"string": string, ADDITIONAL: additional if isinstance(additional, str) else ""})
    match state.get("status"):
        case "useractioncomplete" | "tcloaded":
            return replace(answer, answered=True)
        case "cmpuishown":
            return replace(answer, answered=False)
    return answer
