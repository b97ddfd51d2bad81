"""Checks the catalogue: every example matches as stated, no other entry claims it, and every fact has a source."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from .catalogue import Catalogue
from .models import ConsentManager, Endpoint, RecordingCall, Vendor, VendorCookie

_NO_SOURCE = re.compile(
    r"\W*(unknown|none|n/?a|tbd|todo|to do|fixme|internal|memory|guess(ed)?|assumed|see above|\w+\.json)?\W*", re.I
)
_LIST = "Global Vendor List"


def problems(catalogue: Catalogue) -> list[str]:
    """The errors, a sentence each, starting with the file."""
    return sorted(
        {
            *catalogue.unread,
            *_examples(catalogue),
            *_recordings(catalogue),
            *_sources(catalogue),
            *_tcf_ids(catalogue),
            *_segment_keys(catalogue),
            *_cookie_collisions(catalogue),
            *_cookie_overlaps(catalogue),
            *_storage_collisions(catalogue),
        }
    )


def example(text: str) -> tuple[str, str, str, str]:
    """``POST https://host/path?query`` -> method, host, path, query; no host if it is no address."""
    method, _, url = text.rpartition(" ")
    try:
        parts = urlsplit(url)
    except ValueError:
        return method or "GET", "", "/", ""
    return method or "GET", parts.hostname or "", parts.path or "/", parts.query


def _entries(catalogue: Catalogue) -> Iterator[Vendor | ConsentManager]:
    yield from catalogue.vendors.values()
    yield from catalogue.consent_managers.values()


def _where(endpoint: Endpoint) -> str:
    return f"{endpoint.host} {endpoint.path}"


def _examples(catalogue: Catalogue) -> Iterator[str]:
    for entry in _entries(catalogue):
        for endpoint in entry.endpoints:
            yield from _matches(catalogue, entry, endpoint)
            yield from _rejects(catalogue, entry.id, endpoint)


def _matches(catalogue: Catalogue, entry: Vendor | ConsentManager, endpoint: Endpoint) -> Iterator[str]:
    found = [(text, catalogue.match(*example(text))) for text in endpoint.matches]
    taken = {_where(match.endpoint) for _, match in found if match is not None and match.vendor == entry.id}
    if all(match is not None and match.vendor == entry.id and match.endpoint is not endpoint for _, match in found):
        yield f"{entry.id}.toml: {_where(endpoint)} is never reached: {', '.join(sorted(taken))} matches all of its addresses"
    for text, match in found:
        if match is None:
            yield f"{entry.id}.toml: {text} matches nothing; it should match {_where(endpoint)}"
        elif match.endpoint is not endpoint:
            yield f"{entry.id}.toml: {text} goes to {match.vendor} ({_where(match.endpoint)}), not to {_where(endpoint)}"
        for other in sorted({claim.vendor for claim in catalogue.match_all(*example(text))} - {entry.id}):
            yield f"{entry.id}.toml: {text} is claimed by {other} too"


def _rejects(catalogue: Catalogue, owner: str, endpoint: Endpoint) -> Iterator[str]:
    for text in endpoint.rejects:
        if not example(text)[1]:
            yield f"{owner}.toml: {text} is no address, so that it proves nothing"
        found = catalogue.match(*example(text))
        claimed = any(match.endpoint is endpoint for match in catalogue.match_all(*example(text)))
        # a nearer endpoint of the same entry may take it away; nobody else may
        if claimed and found is not None and (found.endpoint is endpoint or found.vendor != owner):
            yield f"{owner}.toml: {text} matches {_where(endpoint)}, which it should not"


def _recordings(catalogue: Catalogue) -> Iterator[str]:
    for manager in catalogue.consent_managers.values():
        for call in manager.recording:
            for text in call.matches:
                if _recording(catalogue, text) is not call:
                    yield f"{manager.id}.toml: {text} is not recognised as its recording call"
            for text in call.rejects:
                if _recording(catalogue, text) is call:
                    yield f"{manager.id}.toml: {text} is taken for a recording call, which it should not be"


def _recording(catalogue: Catalogue, text: str) -> RecordingCall | None:
    _, host, path, _ = example(text)
    found = catalogue.recording_call(host, path)
    return None if found is None else found[1]


def _sources(catalogue: Catalogue) -> Iterator[str]:
    """Facts whose source says nothing, and names at Segment or the IAB that no source of the entry covers."""
    for entry in _entries(catalogue):
        facts = [("sources", entry.sources)]
        facts += [(_where(endpoint), endpoint.sources) for endpoint in entry.endpoints]
        stored = entry.storage if isinstance(entry, Vendor) else []
        facts += [(f"the storage key {key.name or f'{key.prefix}*'}", key.sources) for key in stored]
        facts += [(f"the cookie {cookie.name or f'{cookie.prefix}*'}", cookie.sources) for cookie in entry.cookies]
        for what, sources in facts:
            for source in sources:
                if _NO_SOURCE.fullmatch(source):
                    yield f"{entry.id}.toml: {what}: {source!r} is no source: say which document, code or measurement"
        if isinstance(entry, Vendor):
            cited = " ".join(source for _, sources in facts for source in sources)
            if entry.segment_keys and "segment" not in cited.lower():
                yield f"{entry.id}.toml: segment_keys: no source speaks of Segment"
            if entry.tcf_vendor_id is not None and _LIST not in cited:
                yield f"{entry.id}.toml: tcf_vendor_id: no source is a {_LIST}"


def _tcf_ids(catalogue: Catalogue) -> Iterator[str]:
    owners: dict[int, Vendor] = {}
    for vendor in catalogue.vendors.values():
        if vendor.tcf_vendor_id is None:
            continue
        other = owners.setdefault(vendor.tcf_vendor_id, vendor)
        if other is not vendor and (other.tcf_vendor_name is None or other.tcf_vendor_name != vendor.tcf_vendor_name):
            yield (
                f"{vendor.id}.toml: tcf_vendor_id: {vendor.tcf_vendor_id} stands in {other.id}.toml too; products of one "
                "listed company agree on its tcf_vendor_name"
            )


def _segment_keys(catalogue: Catalogue) -> Iterator[str]:
    owners: dict[str, tuple[str, str]] = {}
    for vendor in catalogue.vendors.values():
        for key in vendor.segment_keys:
            other, spelled = owners.setdefault(key.lower(), (vendor.id, key))
            if other != vendor.id:
                yield f"{vendor.id}.toml: segment_keys: {key!r} stands in {other}.toml too, as {spelled!r}"


def _cookie_collisions(catalogue: Catalogue) -> Iterator[str]:
    owners: dict[tuple[str, str | None], str] = {}
    for vendor in catalogue.vendors.values():
        for cookie in vendor.cookies:
            name = cookie.name or f"{cookie.prefix}*"
            other = owners.setdefault((name, cookie.domain), vendor.id)
            if other != vendor.id:
                yield f"{vendor.id}.toml: the cookie {name} stands in {other}.toml too"


def _storage_collisions(catalogue: Catalogue) -> Iterator[str]:
    """Keys of the browser's storage that two vendors claim."""
    for vendor in catalogue.vendors.values():
        for key in vendor.storage:
            sample = key.name or f"{key.prefix}x{key.suffix or ''}"
            found = catalogue.storage_owner(sample)
            if found is None or found[0].id != vendor.id:
                yield f"{vendor.id}.toml: the storage key {sample} is {'nobody' if found is None else found[0].id}'s"


def _cookie_overlaps(catalogue: Catalogue) -> Iterator[str]:
    """Names that start as another vendor's prefix does: the longer wins, so whoever wrote it has to say that it is meant."""
    listed = [(vendor.id, cookie) for vendor in catalogue.vendors.values() for cookie in vendor.cookies]
    wide = [(owner, cookie) for owner, cookie in listed if cookie.prefix is not None]
    for owner, cookie in listed:
        name = cookie.name or f"{cookie.prefix}*"
        around = {other: each.prefix for other, each in wide if other != owner and _within(cookie, each)}
        for other, prefix in around.items():
            if cookie.within != other:
                yield f"{owner}.toml: the cookie {name} starts as {prefix}* of {other}.toml does: say within = {other!r}"
        if cookie.within is not None and cookie.within not in around:
            yield f"{owner}.toml: the cookie {name} is not within a prefix of {cookie.within}.toml"


def _within(cookie: VendorCookie, wide: VendorCookie) -> bool:
    name = cookie.name or cookie.prefix or ""
    same_place = (cookie.party, cookie.domain) == (wide.party, wide.domain)
    return same_place and wide.prefix is not None and name != wide.prefix and name.startswith(wide.prefix)
