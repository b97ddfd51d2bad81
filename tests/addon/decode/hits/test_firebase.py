"""Google Analytics in apps: bundles of events."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.addon.decode.hits.calls import hits, post, problem, reading
from tests.addon.decode.protobuf_messages import bundle, message

A = "https://app-measurement.com/a"


def test_events_are_named_as_the_developer_knows_them() -> None:
    found = hits(post(A, gzip.compress(bundle("_s", "screen_view", "_e", "add_to_cart", "_zz")), encoding="gzip"))
    assert [hit.name for hit in found] == ["session_start", "screen_view", "user_engagement", "add_to_cart", "_zz"]


def test_the_app_its_ids_and_its_consent_are_read() -> None:
    (hit,) = hits(post("https://region1.app-measurement.com/a", bundle("_f", consent="G110", user="user-77")))
    assert (hit.account, hit.app, hit.consent) == ("1:2:android:3", "com.example.shop", "G110")
    assert hit.identifiers == {
        "client_id": "0123456789abcdef0123456789abcdef",
        "device_id": "9f8e7d6c-aaaa-4bbb-8ccc-0123456789ab",
        "installation_id": "cXyZ0123456789abcdefgh",
        "user_id": "user-77",
    }


def test_bundles_of_two_apps_stay_apart() -> None:
    found = hits(post(A, bundle("_s", app="com.example.one") + bundle("login", app="com.example.two")))
    assert [(hit.app, hit.name) for hit in found] == [
        ("com.example.one", "session_start"),
        ("com.example.two", "login"),
    ]


def test_a_bundle_without_events_still_tells_of_the_person() -> None:
    (hit,) = hits(post(A, bundle()))
    assert (hit.name, hit.app) == (None, "com.example.shop")


@pytest.mark.parametrize("consent", ["G1", "granted", "G1222", "H111", "", "G111 "])
def test_consent_of_another_form_is_none(consent: str) -> None:
    (hit,) = hits(post(A, bundle("_s", consent=consent)))
    assert hit.consent is None


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "no bundle"),
        (message((2, "x")), "no bundle"),
        (b'{"events":[]}', "no Protocol Buffers"),
        (bundle("_s")[:-4], "no Protocol Buffers"),
        (message((1, b"\xff\xff")), "no Protocol Buffers"),
        (bundle(more=[(2, b"\x12\x7f")]), "no Protocol Buffers"),
        (bundle(*["_s"] * 1001), "more than 1000 events"),
        (bundle("_s") * 201, "more than 200 bundles"),
    ],
    ids=["empty", "no bundle", "JSON", "cut short", "broken bundle", "broken event", "events", "bundles"],
)
def test_what_cannot_be_read_leaves_a_problem(body: bytes, reason: str) -> None:
    assert reason in problem(post(A, body))


@given(cut=st.integers(0, 400), at=st.integers(0, 400), byte=st.integers(0, 255))
def test_a_damaged_bundle_is_no_oversight(cut: int, at: int, byte: int) -> None:
    body = bytearray(bundle("_s", "purchase", consent="G111", user="u"))
    body[at % len(body)] = byte
    found = reading(post(A, bytes(body[: cut or None])))
    assert found.problem is None or "oversight" not in found.problem.reason


def test_fields_of_another_kind_are_left() -> None:
    odd = [(14, 5), (21, 7), (3, 1), (2, 9), (52, 1), (27, b"\xff\xfe")]
    (hit, *_) = hits(post(A, bundle("_s", more=odd)))
    assert hit.name == "session_start"
