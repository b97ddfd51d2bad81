"""``cookie-agreed``: a number, with categories beside it on some sites."""

from __future__ import annotations

import pytest

from addon.consent.formats.drupal import cookie
from addon.consent.signal import Answer, MalformedSignal, NotThisFormat
from vendor_catalog import Category

GRANT = "2"
REFUSAL = "0"
EXEMPT = {"arbitrary text", "damage"}  # a digit is the whole answer


def read(value: str, name: str = "consent", **others: str) -> Answer:
    return cookie(name, {name: value} | others)


def agreed(status: str, categories: str) -> Answer:
    return cookie("cookie-agreed", {"cookie-agreed": status, "cookie-agreed-categories": categories})


@pytest.mark.parametrize(("status", "value"), [("0", False), ("1", True), ("2", True)])
def test_each_number_has_its_meaning(status: str, value: bool) -> None:
    answer = read(status)
    assert (answer.answered, answer.values[Category.MARKETING]) == (True, value)


def test_where_categories_are_asked_for_they_decide() -> None:
    answer = agreed("2", "%5B%22essential%22%2C%22statistics%22%5D")
    assert (answer.complete, answer.keys) == (True, {"essential": True, "statistics": True})
    assert agreed("2", "[]").keys == {}
    assert agreed("0", '["statistics"]').values[Category.ANALYTICS] is False


@pytest.mark.parametrize("categories", ["x", "{}", "[1]"])
def test_broken_categories_grant_nothing(categories: str) -> None:
    with pytest.raises(MalformedSignal):
        agreed("2", categories)


@pytest.mark.parametrize("value", ["", "3", "yes"])
def test_other_values_are_told_apart(value: str) -> None:
    with pytest.raises(NotThisFormat):
        read(value)
