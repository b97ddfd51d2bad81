"""TrustArc's cookies: the buckets that are permitted, and whether somebody answered."""

from __future__ import annotations

import pytest

from addon.consent.formats.trustarc import cookie
from addon.consent.signal import Answer, NotThisFormat
from vendor_catalog import Category

NO_VALUE_OF_ITS_OWN = "the bucket of what is required is permitted in every value"
ALL = (Category.FUNCTIONAL, Category.ANALYTICS, Category.MARKETING)


def read(value: str, name: str = "consent", **others: str) -> Answer:
    return cookie(name, {name: value} | others)


@pytest.mark.parametrize(
    "value", ["2:", "0,1,2:", "0%2C1%2C2%3A", "0|1|2:", "permit 1,2,3", "permit_1|2|3", "permit%201,2,3"]
)
def test_all_of_the_usual_buckets_are_an_acceptance(value: str) -> None:
    answer = read(value)
    assert answer.values == dict.fromkeys(ALL, True)
    assert answer.keys == {"ta-1": True, "ta-2": True, "ta-3": True}


@pytest.mark.parametrize("value", ["0:", "permit 1 required", "permit_1_required", "permit%201%20required"])
def test_what_is_required_alone_is_a_refusal(value: str) -> None:
    answer = read(value)
    assert answer.values == dict.fromkeys(ALL, False)
    assert answer.keys == {"ta-1": True}


def test_something_between_is_not_decided_but_by_bucket() -> None:
    answer = read("0,2:", cmapi_gtm_bl="ga-ms")
    assert answer.values == dict.fromkeys(ALL)
    assert answer.keys == {"ta-1": True, "ta-2": False, "ta-3": True}
    assert read("1:").values == dict.fromkeys(ALL)


@pytest.mark.parametrize(
    ("value", "blocked", "granted"), [("1:", "", True), ("2:", "ga-ms-ua", None), ("0:", "ga", False)]
)
def test_the_tags_that_are_blocked_tell_whether_something_was_refused(
    value: str, blocked: str, granted: bool | None
) -> None:
    assert read(value, "notice_preferences", cmapi_gtm_bl=blocked).values == dict.fromkeys(ALL, granted)


def test_the_default_of_a_region_is_no_answer() -> None:
    assert read("0,1,2::implied,eu", "notice_gdpr_prefs").answered is False
    assert read("0,1,2:", "notice_gdpr_prefs").answered is True


def test_the_level_alone_is_read_by_what_stands_beside_it() -> None:
    beside = {"notice_gdpr_prefs": "0::implied,us"}
    answer = read("2:", "notice_preferences", **beside)
    assert (answer.answered, answer.values[Category.MARKETING]) == (False, False)


def test_what_is_written_before_anybody_answers_is_no_answer() -> None:
    assert read("permit 1,2,3", "cmapi_cookie_privacy").answered is False
    assert read("permit 1,2,3", "cmapi_cookie_privacy", notice_preferences="2:").answered is True


@pytest.mark.parametrize("value", ["", "yes", "1,2:", "0,1,2", "permit", "permit 2,3", "2:1a8b", "0:1:2", "999:"])
def test_other_values_are_told_apart(value: str) -> None:
    with pytest.raises(NotThisFormat):
        read(value)
