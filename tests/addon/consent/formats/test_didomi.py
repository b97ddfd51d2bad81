"""``didomi_token``: base64 of JSON."""

from __future__ import annotations

import base64
import json

import pytest

from addon.consent.formats.didomi import cookie
from addon.consent.signal import Answer, MalformedSignal, NotThisFormat

GRANT = base64.b64encode(
    b'{"user_id":"u","purposes":{"enabled":["cookies"]},"vendors":{"enabled":["google"]}}'
).decode()
REFUSAL = base64.b64encode(
    b'{"user_id":"u","purposes":{"disabled":["cookies"]},"vendors":{"disabled":["google"]}}'
).decode()
EXEMPT = {"damage"}  # what is damaged in base64 may spell anything


def read(value: str, name: str = "consent", **others: str) -> Answer:
    return cookie(name, {name: value} | others)


def token(**fields: object) -> str:
    return base64.b64encode(
        json.dumps({"user_id": "person", "created": "2026-05-01T12:00:00Z", **fields}).encode()
    ).decode()


def test_lists_of_what_is_on_and_off_are_an_answer() -> None:
    answer = read(token(purposes={"enabled": ["cookies"]}, vendors={"disabled": ["c:hotjar"]}, version=2))
    assert (answer.answered, answer.keys) == (True, {"cookies": True, "hotjar": False})
    assert "person" not in answer.evidence


def test_a_token_without_them_is_no_answer() -> None:
    assert read(token(version=None)).answered is False


def test_what_is_on_and_off_at_once_cannot_be_told() -> None:
    assert read(token(purposes={"enabled": ["a"], "disabled": ["a"]})).keys == {"a": None}


@pytest.mark.parametrize("value", ["x", "%%%", "e30="])
def test_a_value_that_is_of_other_software_is_told_apart(value: str) -> None:
    with pytest.raises(NotThisFormat):
        read(value)


@pytest.mark.parametrize("fields", [{"purposes": []}, {"purposes": {"enabled": "all"}}, {"vendors": {"disabled": [1]}}])
def test_a_token_that_is_broken_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(MalformedSignal):
        read(token(**fields))
