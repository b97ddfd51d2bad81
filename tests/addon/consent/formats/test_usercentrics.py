"""Usercentrics' counting call, and its script interfaces: what is granted by default is no answer."""

from __future__ import annotations

import pytest

from addon.consent.formats.usercentrics import api, call
from addon.consent.signal import MalformedSignal, NotThisFormat
from addon.jsontext import Json

from ..wire import exchange

URL = "https://uct.service.usercentrics.eu/uct?v=1&sid=abc&abv=&r=https%3A%2F%2Fshop.example%2F&cb=1&t="


@pytest.mark.parametrize(
    ("codes", "answered", "values"),
    [("2 5 8", True, {True}), ("3 6 9", True, {False}), ("4 7 10", True, set()), ("1", False, set())],
)
def test_what_happens_to_the_banner_is_told(codes: str, answered: bool, values: set[bool]) -> None:
    for code in codes.split():
        answer = call(exchange(URL + code))
        assert (answer.answered, set(answer.values.values())) == (answered, values)
        assert (answer.effective_at is not None) is answered


@pytest.mark.parametrize("code", ["", "0", "11", "14", "22", "x", "2&t=99"])
def test_any_other_event_is_none(code: str) -> None:
    with pytest.raises(NotThisFormat):
        call(exchange(URL + code))


def test_a_flood_of_parameters_is_refused() -> None:
    with pytest.raises(MalformedSignal):
        call(exchange(URL + "2" + "&a=1" * 60))


# --- script interfaces

SERVICES: dict[str, Json] = {
    "states": {"a": True, "b": True, "c": False},
    "categories": {"a": "essential", "b": "marketing", "c": "marketing"},
}
GROUPS: dict[str, Json] = {
    "groups": {"essential": "ALL_ACCEPTED", "marketing": "ALL_DENIED", "functional": "SOME_ACCEPTED"}
}


@pytest.mark.parametrize(
    "types", [{"a": {"0": "implicit"}, "b": {"0": "implicit", "1": "EXPLICIT"}}, {"a": "explicit"}]
)
def test_an_explicit_entry_of_a_history_is_an_answer(types: Json) -> None:
    answer = api({**SERVICES, "types": types}, None)
    assert answer.answered is True
    assert answer.keys == {"essential": True, "marketing": None}, "a category that is half granted cannot be told"


def test_version_3_tells_by_category() -> None:
    answer = api({**GROUPS, "type": "EXPLICIT"}, None)
    assert (answer.answered, answer.keys) == (True, {"essential": True, "marketing": False, "functional": None})


@pytest.mark.parametrize("action", ["ACCEPT_ALL", "DENY_ALL", "SAVE"])
def test_the_event_of_a_choice_is_an_answer(action: str) -> None:
    assert api({**GROUPS, "action": action, "type": "IMPLICIT"}, "UC_UI_CMP_EVENT").answered is True


@pytest.mark.parametrize(("required", "answered"), [(True, False), (False, None), (None, None)])
def test_what_is_implicit_is_none(required: Json, answered: bool | None) -> None:
    answer = api(
        {**SERVICES, **GROUPS, "type": "IMPLICIT", "action": "CMP_SHOWN", "required": required}, "UC_UI_CMP_EVENT"
    )
    assert (answer.answered, answer.keys) == (answered, {})


def test_an_event_that_is_another_interfaces_says_nothing_of_this_one() -> None:
    assert api({"action": "ACCEPT_ALL"}, "UC_UI_CMP_EVENT").answered is None
