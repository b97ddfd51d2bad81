"""``cookiehub``: JSON in base64, with categories in one of two ways."""

from __future__ import annotations

import base64
import json

import pytest

from addon.consent.formats.cookiehub import cookie
from addon.consent.signal import Answer, MalformedSignal, NotThisFormat
from vendor_catalog import Category


def packed(**document: object) -> str:
    return base64.b64encode(json.dumps(document).encode()).decode()


WHEN = "2026-04-20T14:06:20.128Z"
GRANT = packed(answered=True, allAllowed=True, categories=[], timestamp=WHEN)
REFUSAL = packed(answered=True, allAllowed=False, categories=[], timestamp=WHEN)
EXEMPT = {"damage"}  # what is damaged in base64 may spell anything


def read(value: str, name: str = "consent", **others: str) -> Answer:
    return cookie(name, {name: value} | others)


def test_categories_are_listed_by_number() -> None:
    answer = read(packed(answered=True, allAllowed=False, categories=[1, 3], timestamp=WHEN))
    assert answer.keys == {"necessary": True, "preferences": False, "analytics": True, "marketing": False}
    assert (answer.answered, answer.effective_at) == (True, 1776693980.128)


def test_categories_are_listed_with_their_values() -> None:
    listed = [{"cid": 1, "id": "necessary", "value": True}, {"cid": 3, "id": "analytics", "value": False}]
    assert read(packed(answered=True, categories=listed)).keys == {"necessary": True, "analytics": False}


def test_defaults_are_no_answer() -> None:
    answer = read(packed(answered=False, implict=True, allAllowed=True, categories=[], timestamp=WHEN))
    assert (answer.answered, answer.effective_at) == (False, None)
    assert answer.values[Category.MARKETING] is True


@pytest.mark.parametrize("document", [{"answered": True}, {"answered": True, "categories": ["a"]}])
def test_a_broken_value_is_refused(document: dict[str, object]) -> None:
    with pytest.raises(MalformedSignal):
        read(packed(**document))


@pytest.mark.parametrize("value", ["", "x", "e30", packed(categories=[])])
def test_other_values_are_told_apart(value: str) -> None:
    with pytest.raises(NotThisFormat):
        read(value)
