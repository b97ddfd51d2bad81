"""The catalogue that ships: every file holds, is picked up, and names formats that exist."""

from __future__ import annotations

from importlib import resources

import pytest

from addon.consent.formats import call_format
from addon.consent.reader import cookie_reader
from vendor_catalog import CallKind, shipped_catalogue
from vendor_catalog.lint import problems


def stems(folder: str) -> set[str]:
    return {
        file.name.removesuffix(".toml")
        for file in resources.files("vendor_catalog").joinpath(folder).iterdir()
        if file.name.endswith(".toml")
    }


def test_every_example_of_every_file_holds() -> None:
    assert problems(shipped_catalogue()) == []


def test_every_file_is_picked_up() -> None:
    known = shipped_catalogue()
    assert stems("vendors") == set(known.vendors)
    assert stems("cmps") == set(known.consent_managers)
    assert known.vendors
    assert known.consent_managers


def test_every_format_that_a_consent_manager_names_exists() -> None:
    for manager in shipped_catalogue().consent_managers.values():
        for cookie in manager.cookies:
            assert callable(cookie_reader(manager, cookie)), manager.id
        for call in manager.recording:
            assert callable(call_format(call.format)), f"{manager.id}: {call.format}"


def test_no_wildcard_reaches_its_apex() -> None:
    known = shipped_catalogue()
    listed = [vendor.endpoints for vendor in known.vendors.values()]
    listed += [manager.endpoints for manager in known.consent_managers.values()]
    for endpoints in listed:
        for endpoint in endpoints:
            if endpoint.host.startswith("*."):
                reached = known.match_all("GET", endpoint.host[2:], "/")
                assert endpoint not in [match.endpoint for match in reached]


def test_every_segment_key_leads_to_its_vendor() -> None:
    known = shipped_catalogue()
    for vendor in known.vendors.values():
        for key in vendor.segment_keys:
            assert known.vendor_of_segment_key(key) is vendor


@pytest.mark.parametrize("host", ["api.segment.io", "events.eu1.segmentapis.com"])
@pytest.mark.parametrize(
    "part", [*"tipsgabm", "batch", "import", "track", "identify", "page", "screen", "group", "alias"]
)
def test_every_ingestion_path_of_segment_is_known_in_both_regions(host: str, part: str) -> None:
    match = shipped_catalogue().match("POST", host, f"/v1/{part}")
    assert match is not None
    assert (match.vendor, match.kind) == ("segment", CallKind.COLLECT)


@pytest.mark.parametrize(
    ("method", "host", "path"),
    [
        ("OPTIONS", "api.segment.io", "/v1/t"),
        ("POST", "api.segmentapis.com", "/regulations"),
        ("POST", "oauth2.segment.io", "/token"),
        ("POST", "oauth2.eu1.segmentapis.com", "/token"),
        ("POST", "fn.segmentapis.com", "/v1/b"),
        ("GET", "profiles.segment.com", "/v1/spaces/x/collections/users/profiles/y/traits"),
    ],
)
def test_segments_other_services_take_no_messages(method: str, host: str, path: str) -> None:
    match = shipped_catalogue().match(method, host, path)
    assert match is None or match.kind is not CallKind.COLLECT
