"""What the policy allows of personal data, cookies and regions."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addon.policy import CookieLimits, PersonalDataAllowed, PolicyError, in_region
from addon.policy.allowances import fits
from tests.addon.building import policy_of


@pytest.mark.parametrize(
    ("text", "pattern", "fitting"),
    [
        ("query.ud[em]", "query.ud[em]", True),
        ("query.ude", "query.ud[em]", False),
        ("products[].note", "products[].note", True),
        ("context.page.url?email", "context.page.url?*", True),
        ("context.page.urlx", "context.page.url?", False),
        ("traits.email", "traits.*", True),
        ("traitsXemail", "traits.email", False),
        ("a\nb", "a*b", True),
        ("a", "", False),
    ],
)
def test_a_star_stands_for_anything_and_all_else_for_itself(text: str, pattern: str, fitting: bool) -> None:
    assert fits(text, pattern) is fitting


@pytest.mark.parametrize(
    ("allow", "problem"),
    [
        ('["emial"]', "'emial' is no kind and no place (did you mean 'email'?)"),
        ('["mail at traits.email"]', "did you mean 'email'?"),
        ('["trait"]', "'trait' is no kind and no place (did you mean 'traits'?)"),
        ('["traits.email", ""]', "expected text that is not empty"),
        ('"email"', "expected a list"),
    ],
)
def test_what_could_never_be_found_is_refused(allow: str, problem: str) -> None:
    with pytest.raises(PolicyError) as refused:
        policy_of(f"[personal_data]\nallow = {allow}\n")
    assert "personal_data.allow" in str(refused.value)
    assert problem in str(refused.value)


def test_an_unknown_key_is_told_with_those_that_are_known() -> None:
    with pytest.raises(PolicyError, match=r"personal_data\.allowed: unknown key \(did you mean 'allow'\?\)"):
        policy_of("[personal_data]\nallowed = []\n")
    with pytest.raises(PolicyError, match=r"cookies\.max_days: unknown key"):
        policy_of("[cookies]\nmax_days = 1\n")


@pytest.mark.parametrize(
    "entry",
    [
        "email",
        "national-id",
        "email at *",
        "traits.email",
        "*.email",
        "userId",
        "query.em",
        "body.*",
        "user_attributes.email",
    ],
)
def test_kinds_and_places_are_taken(entry: str) -> None:
    assert PersonalDataAllowed(allow=[entry]).allow == [entry]


@pytest.mark.parametrize(
    "text", ["max_lifetime_days = 0", "max_lifetime_days = 1.5", "limits = { _ga = -1 }", "exempt = ['']"]
)
def test_a_limit_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(PolicyError, match="cookies"):
        policy_of(f"[cookies]\n{text}\n")


def test_a_limit_of_its_own_comes_before_an_exemption_and_before_the_general_one() -> None:
    limits = CookieLimits(max_lifetime_days=30, limits={"_ga": 60, "_ga*": 90}, exempt=["_ga", "keep"])
    assert limits.limit_of("_ga", judged=False) == 60
    assert limits.limit_of("_ga_1", judged=True) == 90
    assert limits.limit_of("keep", judged=True) is None
    assert limits.limit_of("_fbp", judged=True) == 30
    assert limits.limit_of("_fbp", judged=False) is None


def test_thirteen_months_are_allowed_by_default_however_long_they_are() -> None:
    assert CookieLimits().limit_of("_ga", judged=True) == 366 + 31


@pytest.mark.parametrize(
    ("wanted", "region", "inside"),
    [
        ("eu", "eu", True),
        ("eu", "de", True),
        ("eu", "is", True),
        ("eu", "gb", False),
        ("eu", "us", False),
        ("us", "us", True),
    ],
)
def test_what_lies_in_a_region(wanted: str, region: str, inside: bool) -> None:
    assert in_region(wanted, region) is inside


@pytest.mark.parametrize("value", ["europe", "", "eu,us"])
def test_a_data_region_is_a_region_a_country_or_any(value: str) -> None:
    with pytest.raises(PolicyError, match=r"policy\.data_region"):
        policy_of(f"[policy]\ndata_region = '{value}'\n")


@given(st.text("ab.", max_size=12), st.text("ab.*", max_size=6))
def test_a_pattern_fits_as_its_regular_expression_would(text: str, pattern: str) -> None:
    expression = ".*".join(re.escape(part) for part in pattern.split("*"))
    assert fits(text, pattern) is (re.fullmatch(expression, text, re.DOTALL) is not None)


def test_many_stars_take_no_longer_than_few() -> None:
    """As a regular expression this tries every way to divide the text."""
    assert not fits("a" * 100_000, "*a" * 30 + "*b")
