"""What is an identifier, and what is not: a chance hit would be a false accusation."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from addon.pipeline.identifiers import carried, identifiers_in_cookie, is_identifier
from tests.addon.building import request

UUID = "6f8a1c52-94be-4d1f-a7c3-1d2e3f4a5b6c"


@pytest.mark.parametrize(
    "value",
    [
        UUID,
        UUID.replace("-", ""),
        "1938274650.1700000000",
        "fb.1.1596403881668.1116446470",
        "0190a5f1c2d37e8b9f00",
        "01HF3Z7Q9W2E4R6T8Y0U1I3O5P",
        "V1StGXR8_Z5jdHi6B-myT",
        "oeu1700000000000r0.1234567890",
    ],
)
def test_long_and_random_values_are_identifiers(value: str) -> None:
    assert is_identifier(value)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "anon",
        "1234567890",
        "1700000000000",
        "2026-05-01T12-00-00.000",
        "20260501T120000Z0000",
        "session_recording_enabled",
        "checkout_step_2_variant_b",
        "www.some-shop24-with-a-name.example",
        "main.8f14e45fceea167a5a36.js",
        "analytics_consent_granted_v2",
        "aaaaaaaaaaaaaaaaaaaaaaaa",
        "00000000-0000-0000-0000-000000000000",
        "a" * 5000,
    ],
)
def test_words_dates_hosts_files_and_short_numbers_are_none(value: str) -> None:
    assert not is_identifier(value)


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("ajs_anonymous_id", quote(f'"{UUID}"'), {UUID: False}),
        ("ajs_anonymous_id", UUID, {UUID: False}),
        ("ajs_user_id", UUID, {UUID: True}),
        (
            "_ga",
            "GA1.2.1938274650.1700000000",
            {"GA1.2.1938274650.1700000000": False, "1938274650.1700000000": False},
        ),
        ("_ga", "GA1.1-2.1938274650.1700000000", {"1938274650.1700000000": False}),
        ("_fbp", "fb.1.1596403881668.1116446470", {"fb.1.1596403881668.1116446470": False}),
        (
            "mp_x",
            quote(json.dumps({"distinct_id": UUID, "$initial_referrer": "https://a1b2c3.example/"})),
            {UUID: False},
        ),
        (
            "AMP_x",
            base64.b64encode(quote(json.dumps({"deviceId": UUID, "userId": "u" + UUID})).encode()).decode(),
            {UUID: False, "u" + UUID: True},
        ),
        ("_hjSessionUser_1", base64.b64encode(json.dumps({"id": UUID, "created": 1}).encode()).decode(), {UUID: False}),
        ("x", quote(json.dumps({"experiment": UUID, "apiKey": UUID})), {}),
        ("_clck", "1a2b3c%7C2%7Cf0o%7C0%7C1234", {}),
        ("_ga_X", "GS2.1.s1700000000$o1$g0$t1700000050$j60$l0$h0", {}),
        ("x", "eyJ%%%", {}),
        ("x", "eyJ" + "A" * 5000, {}),
        ("x", "{" * 300, {}),
        ("x", "", {}),
    ],
)
def test_a_vendors_cookie_gives_up_what_names_the_person(name: str, value: str, found: dict[str, bool]) -> None:
    assert dict(identifiers_in_cookie(name, value)).items() >= found.items()
    if not found:
        assert not list(identifiers_in_cookie(name, value))


@settings(deadline=None, derandomize=True)
@given(st.text(), st.text() | st.binary().map(lambda raw: "eyJ" + base64.b64encode(raw).decode()))
def test_no_cookie_raises(name: str, value: str) -> None:
    for found, _ in identifiers_in_cookie(name, value):
        assert is_identifier(found)


def places(url: str = "https://x.example/", **more: object) -> dict[str, str]:
    return dict(carried(request(0, url, **more)))  # type: ignore[arg-type]


def test_path_query_cookies_and_body_are_looked_through() -> None:
    assert places(f"https://x.example/p/{UUID}")[UUID] == "its path"
    assert places(f"https://x.example/?a=1&id={UUID}")[UUID] == "its query"
    assert places(f"https://x.example/?d={quote(json.dumps({'a': UUID}))}")[UUID] == "its query"
    assert places(headers={"cookie": f"uid={UUID}"})[UUID] == "its cookie uid"
    for kind in (None, "application/json; charset=utf-8", "text/plain", "application/x-www-form-urlencoded"):
        assert places(method="POST", headers={"content-type": kind}, body=json.dumps({"id": UUID}).encode())[UUID]


def test_what_browsers_add_and_what_is_no_text_is_not() -> None:
    assert UUID not in places(headers={"referer": f"https://www.shop.example/?ajs_aid={UUID}"})
    assert UUID not in places(
        f"https://x.example/?id={UUID}", headers={"referer": f"https://www.shop.example/?a={UUID}"}
    )
    assert UUID not in places(method="POST", headers={"content-type": "image/png"}, body=UUID.encode())
    assert UUID not in places(method="POST", body=b"x" * 70_000 + UUID.encode())
    assert len(places("https://x.example/?" + "&".join(f"k{n}=abcdefghij1234567890{n}" for n in range(5000)))) <= 500
