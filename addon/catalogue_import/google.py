"""Google's list of ad technology providers (``additional-consent-providers.csv``): by which id Additional Consent strings name them.

The list has no category, so it adds no vendor: it adds ids to those that are known, found by their name, or because all their hosts
are among the provider's. Source: Google, Additional Consent technical specification.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from vendor_catalog import CallKind, Catalogue, Vendor

from .draft import Draft, clean

_JUDGED = (CallKind.COLLECT, CallKind.LIBRARY)


def take_providers(rows: Sequence[Mapping[str, str]], draft: Draft) -> None:
    """Takes in every provider of a list."""
    by_host = _vendors_by_provider(rows, draft.known)
    for row in rows:
        number = _number(row)
        if number is None:
            draft.leave_out("without an id")
            continue
        named = draft.known.vendor_by_alias(clean(row.get("provider", "")))
        found = {vendor.id: vendor for vendor in (*by_host.get(number, ()), *((named,) if named else ()))}
        if not found:
            draft.leave_out("no vendor in the catalogue has this name or these hosts, and the list names no category")
        for vendor in found.values():
            _take(vendor, number, draft)


def _take(vendor: Vendor, number: int, draft: Draft) -> None:
    if vendor.tcf_vendor_id is not None:
        draft.leave_out("on IAB's list, so that TC strings speak for it")
    elif vendor.google_provider_id is None:
        draft.add(vendor, google_provider_id=number)
    elif vendor.google_provider_id == number:
        draft.leave_out("known already")
    else:
        draft.leave_out("the vendor has another id in the catalogue, which is kept")


def _number(row: Mapping[str, str]) -> int | None:
    text = row.get("number", "")
    return int(text) if text.isascii() and text.isdecimal() and 0 < len(text) <= 6 and text[0] != "0" else None


def _vendors_by_provider(rows: Sequence[Mapping[str, str]], catalogue: Catalogue) -> dict[int, list[Vendor]]:
    """Provider -> the vendors all of whose judged hosts are its, and nobody else's."""
    owners: dict[str, set[int]] = defaultdict(set)
    for row in rows:
        number = _number(row)
        if number is not None:
            for domain in row.get("domains", "").lower().split():
                owners[domain].add(number)
    found: dict[int, list[Vendor]] = defaultdict(list)
    for vendor in catalogue.vendors.values():
        hosts = {e.host.removeprefix("*.") for e in vendor.endpoints if e.kind in _JUDGED and e.host != "*"}
        claims = [set().union(*(owners.get(parent, ()) for parent in _parents(host))) for host in sorted(hosts)]
        if claims and len(set().union(*claims)) == 1 and all(claims):
            found[next(iter(claims[0]))].append(vendor)
    return found


def _parents(host: str) -> Iterator[str]:
    """A host and every domain above it that is no public suffix's whole."""
    while "." in host:
        yield host
        host = host.partition(".")[2]
