"""Apple's privacy manifests: what they declare, and what is none."""

from __future__ import annotations

import plistlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addon.policy import PolicyError, parse_policy, read_policy_and_catalogue
from addon.policy.privacy_manifests import MAX_BYTES, ManifestError, declared_tracking, parse_manifest
from vendor_catalog import shipped_catalogue

NAME = "PrivacyInfo.xcprivacy"


def manifest(*domains: Any, tracks: Any = True, binary: bool = False, **more: Any) -> bytes:
    form = plistlib.FMT_BINARY if binary else plistlib.FMT_XML
    return plistlib.dumps({"NSPrivacyTracking": tracks, "NSPrivacyTrackingDomains": list(domains), **more}, fmt=form)


@pytest.mark.parametrize("binary", [False, True])
def test_a_manifest_declares_domains(binary: bool) -> None:
    content = manifest("Ads.Example.com", "*.track.example.", " ", binary=binary, NSPrivacyCollectedDataTypes=[{}])
    assert parse_manifest(content) == (True, ["ads.example.com", "track.example"])
    assert parse_manifest(plistlib.dumps({})) == (False, [])


def test_manifests_of_an_app_and_its_sdks_declare_together(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(manifest("ads.example"))
    (tmp_path / "b").write_bytes(manifest("track.example", tracks=False))
    found = declared_tracking([tmp_path / "a", tmp_path / "b"])
    assert (found.manifests, found.tracks) == (2, True)
    for host in ("ads.example", "x.ads.example", "a.b.track.example"):
        assert found.covers(host)
    for host in ("example", "badads.example", "ads.example.evil.test", "", "."):
        assert not found.covers(host), host


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no property list"),
        (b"not a plist", "no property list"),
        (b"bplist00" + b"\xff" * 40, "property list"),
        (b"<plist><dict><key>a</key></dict></plist>", "no property list"),
        (
            b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><plist><string>&a;</string></plist>',
            "no property list",
        ),
        (plistlib.dumps([1]), "expected a dictionary"),
        (manifest(tracks="yes"), "NSPrivacyTracking: expected true or false"),
        (manifest(5), "NSPrivacyTrackingDomains: expected a list of domains"),
        (plistlib.dumps({"NSPrivacyTrackingDomains": "a.example"}), "expected a list of domains"),
        (manifest(*(f"d{n}.example" for n in range(1001))), "more than 1000 domains"),
    ],
)
def test_what_is_no_manifest_is_refused_with_the_reason(content: bytes, reason: str) -> None:
    with pytest.raises(ManifestError, match=reason):
        parse_manifest(content)


@given(st.binary(max_size=200), st.sampled_from([b"", b"bplist00", b"<?xml version='1.0'?><plist>"]))
def test_no_bytes_raise_anything_else(tail: bytes, head: bytes) -> None:
    try:
        parse_manifest(head + tail)
    except ManifestError as error:
        assert str(error)


@given(at=st.integers(0, 300), byte=st.integers(0, 255))
def test_a_damaged_binary_manifest_raises_nothing_else(at: int, byte: int) -> None:
    content = bytearray(manifest("ads.example", binary=True))
    content[at % len(content)] = byte
    try:
        parse_manifest(bytes(content))
    except ManifestError as error:
        assert str(error)


def policy_file(folder: Path, *names: str) -> Path:
    listed = ", ".join(f'"{name}"' for name in names)
    path = folder / "consentwire.toml"
    path.write_text(f'[sites."com.Example.shop"]\nprivacy_manifests = [{listed}]\n')
    return path


def test_a_policy_names_them_relative_to_itself(tmp_path: Path) -> None:
    (tmp_path / "sdk").mkdir()
    (tmp_path / "sdk" / NAME).write_bytes(manifest("ads.example"))
    policy, _ = read_policy_and_catalogue(policy_file(tmp_path, f"sdk/{NAME}"), shipped_catalogue())
    found = policy.declared_tracking("com.example.SHOP")
    assert found is not None and found.covers("ads.example")
    assert policy.declared_tracking("com.example.other") is None
    assert parse_policy("", shipped_catalogue()).declared_tracking("com.example.shop") is None


@pytest.mark.parametrize("content", [None, b"x", b"x" * (MAX_BYTES + 1)], ids=["missing", "broken", "huge"])
def test_a_manifest_that_cannot_be_used_is_told_by_its_place(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / NAME).write_bytes(content)
    with pytest.raises(PolicyError) as raised:
        read_policy_and_catalogue(policy_file(tmp_path, NAME), shipped_catalogue())
    said = str(raised.value)
    assert 'sites."com.Example.shop".privacy_manifests: ' in said
    assert NAME in said
    assert any(reason in said for reason in ("cannot be read: No such file", "no property list", "larger than"))
