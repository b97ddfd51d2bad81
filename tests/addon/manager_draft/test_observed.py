"""What is kept of a stored value: what may say what was chosen, and nobody's identity."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from addon.manager_draft import shortened

KEY = b"key"
ID = "0b6c1d3e-5a4f-4c1e-9d2b-7e8f90a1b2c3"


@pytest.mark.parametrize(
    "value",
    ["yes", "analytics:1|ads:0", "necessary_and_statistics", "2026-05-01T12:00:00.000Z", '{"a":true,"b":[1,2]}', ""],
)
def test_words_and_json_stay(value: str) -> None:
    assert shortened(value, KEY) == value


@pytest.mark.parametrize("value", [ID, "x" * 5000, "jane@shop.example", "GA1.1.1234567890123456.1700000000"])
def test_what_may_be_somebodys_is_hashed(value: str) -> None:
    found = shortened(value, KEY)
    assert "#" in found and value not in found
    assert found == shortened(value, KEY)
    assert found != shortened(value, b"another")


def test_within_json_and_base64_it_is_hashed_as_well() -> None:
    document = json.dumps({"id": ID, "a": True, "who": {"mail": "jane@shop.example"}}, separators=(",", ":"))
    for value in (document, base64.b64encode(document.encode()).decode()):
        found = shortened(value, KEY)
        assert '"a":true' in found
        assert ID not in found and "jane" not in found


@settings(deadline=None, derandomize=True, max_examples=200)
@given(st.text(max_size=200) | st.binary(max_size=100).map(lambda raw: base64.b64encode(raw).decode()))
def test_any_value_is_shortened_without_an_error(value: str) -> None:
    assert isinstance(shortened(value, KEY), str)


@pytest.mark.parametrize("value", ["a" * 4000, "[" * 4000, '{"a":' * 800, "%" * 4000, "=" * 4000])
def test_a_hostile_value_is_shortened_at_once(value: str) -> None:
    assert len(shortened(value, KEY)) <= 20_000
