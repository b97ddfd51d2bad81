"""Whatever a message or call holds: nothing is raised, nothing takes long, and what was not looked at is told."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from addon.jsontext import Json
from addon.personal_data import in_call, in_envelope, in_message
from addon.personal_data.kinds import all_detectors
from tests.addon.building import request

_KEYS = sorted(key for detector in all_detectors().values() for key in detector.keys)
_LETTERS = "ada@gmail.com+49 170.1234567-4111/?=&%40{}[]\\\"'é☃\ud800\0"
_LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(_LETTERS, max_size=60) | st.text()
)
_DOCUMENTS = st.recursive(
    _LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(_KEYS) | st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=25,
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(("properties", "traits", "context", "userId", "event", "name")), _DOCUMENTS))
def test_no_message_breaks_it(message: dict[str, Json]) -> None:
    found = in_message(message, "identify").found
    assert len(found) == len(set(found))


@settings(max_examples=200, deadline=None)
@given(st.text(_LETTERS), st.binary(max_size=200), st.text(_LETTERS))
def test_no_call_breaks_it(query: str, body: bytes, referer: str) -> None:
    exchange = request(
        0, "https://www.facebook.com/tr/?" + query.replace("/", "_").replace("[", ""), method="POST", body=body
    )
    in_call(exchange)
    in_envelope(exchange)
    in_message({"properties": {"url": referer}}, "track")


BOMBS: dict[str, Any] = {
    "at signs": "a@" * 500_000,
    "almost addresses": "a.b@c.d-" * 100_000,
    "dots": "a@" + "b." * 300_000,
    "one long mailbox": "a" * 1_000_000 + "@gmail.com",
    "digits": "4" * 1_000_000,
    "card-like": "4111 1111 1111 1112 " * 50_000,
    "phone-like": "+4" + "9-" * 500_000,
    "name-like": "Aa " * 300_000,
    "iban-like": "DE89" + " 3704" * 200_000,
    "brackets": "[" * 300_000,
    "objects": '{"a":' * 50_000,
    "query": "https://a.example/?" + "a=b@c&" * 200_000,
    "slashes": "https://a.example/" + "a@b/" * 200_000,
    "percent": "https://a.example/?a=" + "%2540" * 100_000,
    "spaces": " " * 1_000_000 + "@",
}


@pytest.mark.parametrize("name", BOMBS)
@pytest.mark.parametrize("key", ["x", "q", "phone", "first_name", "card_number", "iban", "url"])
def test_no_text_takes_long(name: str, key: str) -> None:
    started = time.perf_counter()
    in_message({"properties": {key: BOMBS[name]}, "event": BOMBS[name]}, "track")
    assert time.perf_counter() - started < 2


def test_a_message_beyond_the_bounds_says_that_not_all_was_looked_at() -> None:
    wide = {f"k{number}": "x" for number in range(11_000)}
    assert in_message({"properties": wide}, "track").whole is False
    nested: Json = "ada@gmail.com"
    for _ in range(60):
        nested = {"a": nested}
    assert in_message({"properties": nested}, "track").whole is False
    assert in_message({"properties": {"a": '{"b": 1}' + " " * 100_000}}, "track").whole is False
    assert in_message({"properties": {"q": "x" * 3000 + "@"}}, "track").whole is False
    address = "https://a.example/?" + "&".join(f"a{number}=1" for number in range(800))
    assert in_message({"properties": {"url": address}}, "track").whole is False
    many = {f"k{number}": "ada@gmail.com" for number in range(200)}
    searched = in_message({"properties": many}, "track")
    assert searched.whole is False
    assert len(searched.found) <= 51
    assert in_message({"properties": {"a": "x" * 100_000, "b": 1}}, "track").whole is True


def test_a_call_beyond_the_bounds_says_so_and_one_that_cannot_be_read_says_nothing() -> None:
    def call(body: bytes, **more: Any) -> Any:
        return in_call(request(0, "https://a.klaviyo.com/api/track", method="POST", body=body, **more))

    assert call(b"{" + b" " * 300_000 + b"}").whole is False
    assert call(b'{"email": "ada@gmail.com"').found == ()
    assert call(b"\xff\xfe\x00binary=1@").found == ()
    assert call(b"").whole is True
