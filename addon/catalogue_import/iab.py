"""IAB's Global Vendor List (``vendor-list.json``, versions 2 and 3): ids and purposes of vendors.

It names no host and no cookie. It adds which vendors a TC string is about. Source: IAB Tech Lab, Consent string and vendor list
formats v2, "The Global Vendor List".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from addon.consent.formats.tcf import PURPOSES
from vendor_catalog import Category

from .draft import SENSITIVITY, Draft, clean, slug

_KNOWN = "known already"


def take_vendor_list(vendors: Sequence[Mapping[str, Any]], draft: Draft) -> None:
    """Takes in every vendor of a list."""
    known = {vendor.tcf_vendor_id for vendor in draft.known.vendors.values()}
    for listed in vendors:
        number, name = listed.get("id"), listed.get("name")
        if not isinstance(number, int) or isinstance(number, bool) or not isinstance(name, str) or not clean(name):
            draft.leave_out("without an id or a name")
        elif listed.get("deletedDate"):
            draft.leave_out("deleted from the list")
        elif number in known:
            draft.leave_out(_KNOWN)
        else:
            _take(listed, number, clean(name), draft)


def _take(listed: Mapping[str, Any], number: int, name: str, draft: Draft) -> None:
    alike = draft.known.vendor_by_alias(name)
    if alike is not None:
        if alike.tcf_vendor_id is None:
            draft.add(alike, tcf_vendor_id=number)
        else:
            draft.leave_out("a vendor of the same name has another id in the catalogue, which is kept")
        return
    category = _category(listed)
    if category is None:
        draft.leave_out("declares no purpose that maps to a category")
        return
    identifier = slug(name) or f"tcf-{number}"
    if draft.has(identifier):
        identifier = f"{identifier}-{number}"
    reason = f"It declares purposes of {category} in IAB's Global Vendor List."
    draft.new(identifier, name, category, reason, _website(listed), tcf_vendor_id=number)


def _category(listed: Mapping[str, Any]) -> Category | None:
    """The most sensitive category of the purposes that a vendor declares, on whichever legal basis."""
    declared: set[Any] = set()
    for key in ("purposes", "legIntPurposes"):
        purposes = listed.get(key)
        declared.update(each for each in purposes if isinstance(each, int)) if isinstance(purposes, list) else None
    return next((each for each in SENSITIVITY if declared.intersection(PURPOSES.get(each, ()))), None)


def _website(listed: Mapping[str, Any]) -> str:
    """Its privacy policy: one address in version 2, one for each language in version 3."""
    urls = listed.get("urls")
    first = urls[0] if isinstance(urls, list) and urls and isinstance(urls[0], dict) else {}
    stated = first.get("privacy") or listed.get("policyUrl")
    return (clean(stated) if isinstance(stated, str) else "") or "not stated in the list"
