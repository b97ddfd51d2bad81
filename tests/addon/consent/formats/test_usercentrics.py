"""Usercentrics' counting call."""

from __future__ import annotations

import pytest

from addon.consent.formats.usercentrics import call
from addon.consent.signal import MalformedSignal, NotThisFormat

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
