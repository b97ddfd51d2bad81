"""Entries for the policy file."""

from __future__ import annotations

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from addon.findings.suppression import snippet, toml

anything = st.text(st.characters(exclude_categories=("Cs",)), max_size=60)


@given(anything)
def test_a_toml_string_says_what_went_in(text: str) -> None:
    assert tomllib.loads(f"x = {toml(text)}")["x"] == text


@given(anything, anything, anything)
def test_a_suppression_is_toml_whatever_the_wire_named(destination: str, site: str, event: str) -> None:
    text = snippet("fanout-without-consent", None, destination, site, event, "2026-11-23T12:00:00.000Z")
    entry = tomllib.loads(text)["suppress"][0]
    assert entry["rule"] == "fanout-without-consent"
    assert str(entry["expires"]) == "2027-05-22"
    given_values = {"destination": destination, "site": site, "event": event}
    assert {name: entry.get(name, "") for name in given_values} == given_values
