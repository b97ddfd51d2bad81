"""The cookie ``tracking-preferences``."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest

from addon.consent.formats.segment_consent_manager import cookie
from addon.consent.signal import Answer, MalformedSignal, NotThisFormat
from addon.jsontext import Json
from vendor_catalog import Category

GRANT = '{"version":1,"destinations":{"Hotjar":true},"custom":{"advertising":true}}'
REFUSAL = '{"version":1,"destinations":{"Hotjar":false},"custom":{"advertising":false}}'

UUID = "c0ffee00-1111-4222-8333-444455556666"
REAL = (
    "{%22version%22:1%2C%22destinations%22:{%22Google%20Analytics%22:false%2C%22Facebook%20Pixel%22:true}%2C"
    "%22custom%22:{%22marketingAndAnalytics%22:false%2C%22advertising%22:true%2C%22functional%22:false}}"
)
OURS = (Category.FUNCTIONAL, Category.ANALYTICS, Category.MARKETING)


def read(document: Json, *, encoded: bool = True) -> Answer:
    text = json.dumps(document, ensure_ascii=False)
    return cookie("tracking-preferences", {"tracking-preferences": quote(text, safe="") if encoded else text})


def test_the_cookie_of_the_real_script_is_read() -> None:
    answer = cookie("tracking-preferences", {"tracking-preferences": REAL})
    assert answer.answered is True
    assert answer.destinations == {"Google Analytics": False, "Facebook Pixel": True}
    assert answer.keys == {"marketingAndAnalytics": False, "advertising": True, "functional": False}
    assert answer.values == {}
    assert answer.effective_at is None


def test_it_is_read_raw_too() -> None:
    document: Json = {"destinations": {"Hotjar": True}, "custom": {"Überwachung": True}}
    assert read(document, encoded=False) == read(document)


@pytest.mark.parametrize("value", [True, False])
def test_without_categories_equal_destinations_speak_for_all_of_them(value: bool) -> None:
    answer = read({"version": 1, "destinations": {"Hotjar": value, "Mixpanel": value}})
    assert answer.values == dict.fromkeys(OURS, value)


@pytest.mark.parametrize(
    "destinations", [{"Hotjar": True, "Mixpanel": False}, {"Hotjar": True, "Mixpanel": None}, {}, {"Hotjar": "N/A"}]
)
def test_without_categories_unequal_destinations_speak_only_for_themselves(destinations: dict[str, Json]) -> None:
    assert read({"destinations": destinations}).values == dict.fromkeys(OURS, None)


@pytest.mark.parametrize("value", ["N/A", None, 1, 0, "true", [], {"a": True}])
def test_what_is_neither_yes_nor_no_says_nothing(value: Json) -> None:
    answer = read({"destinations": {"Hotjar": value}, "custom": {"advertising": value}})
    assert answer.destinations == {"Hotjar": None}
    assert answer.keys == {"advertising": None}


def test_a_category_that_is_not_listed_was_never_asked_about() -> None:
    assert read({"custom": {"advertising": False}}).complete is False


@pytest.mark.parametrize("document", [{}, {"version": 1}, {"preferences": {}}, [], None, "custom", ["custom"]])
def test_another_document_under_the_same_name_is_refused(document: Json) -> None:
    with pytest.raises(NotThisFormat):
        read(document)


@pytest.mark.parametrize("key", ["destinations", "custom"])
@pytest.mark.parametrize("value", [[], "all", True, 1, ["Hotjar"]])
def test_parts_of_another_shape_are_broken(key: str, value: Json) -> None:
    with pytest.raises(MalformedSignal, match=f"{key} is no object"):
        read({"destinations": {}, "custom": {}, key: value})


@pytest.mark.parametrize("document", [{"destinations": None, "custom": None}, {"destinations": {}}, {"custom": {}}])
def test_nothing_chosen_is_nothing_said(document: Json) -> None:
    answer = read(document)
    assert (answer.keys, answer.destinations) == ({}, {})
    assert set(answer.values.values()) == {None}


def test_a_huge_list_is_read_within_bounds() -> None:
    assert len(read({"destinations": {f"Destination {number}": True for number in range(5000)}}).destinations) == 1000


def test_the_evidence_does_not_say_who_it_was() -> None:
    document: Json = {
        "version": {"uuid": UUID},
        "userId": UUID,
        "destinations": {"Hotjar": {"userId": UUID}, "Mixpanel": True},
        "custom": {"advertising": UUID},
    }
    evidence = read(document).evidence
    assert UUID not in evidence
    assert json.loads(evidence) == {
        "destinations": {"Hotjar": None, "Mixpanel": True},
        "custom": {"advertising": None},
    }


def test_the_evidence_is_what_was_chosen() -> None:
    document: Json = {"version": 1, "destinations": {"Hotjar": True}, "custom": {"advertising": False}}
    assert json.loads(read(document).evidence) == document
