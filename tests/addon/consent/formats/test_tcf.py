"""TC strings in cookies, and what purposes mean in our categories."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from addon.consent.formats.tcf import category_values, cookie
from addon.consent.signal import Answer, MalformedSignal, NotThisFormat
from addon.consent.strings.tcf import decode
from tests.addon.consent.strings.tc_samples import ACCEPTED, BANNER_OPEN, REFUSED, SOME
from vendor_catalog import Category

from ..wire import MAY_2026, Core, tc_string

GRANT, REFUSAL = ACCEPTED, REFUSED
EXEMPT = {"damage"}  # one bit is a grant
OURS = (Category.FUNCTIONAL, Category.ANALYTICS, Category.MARKETING)


def read(value: str) -> Answer:
    return cookie("euconsent-v2", {"euconsent-v2": value, "other": "1"})


def values(*purposes: int, interests: tuple[int, ...] = ()) -> list[bool | None]:
    """Functional, analytics, marketing."""
    string = decode(tc_string(Core(purposes=purposes, legitimate_interests=interests)))
    found = category_values(string)
    return [found[category] for category in OURS]


def test_an_acceptance_is_an_answer() -> None:
    answer = read(ACCEPTED)
    assert answer.answered is True
    assert answer.values == dict.fromkeys(OURS, True)


@pytest.mark.parametrize("value", [REFUSED, BANNER_OPEN], ids=["refused", "banner open"])
def test_a_refusal_and_an_open_banner_cannot_be_told_apart_and_neither_grants(value: str) -> None:
    answer = read(value)
    assert answer.answered is None
    assert answer.values == dict.fromkeys(OURS, False)


def test_a_choice_in_between_grants_only_what_is_whole() -> None:
    answer = read(SOME)
    assert answer.answered is True
    assert answer.values == {Category.FUNCTIONAL: False, Category.ANALYTICS: None, Category.MARKETING: False}


@pytest.mark.parametrize(
    ("purposes", "expected"),
    [
        ((1,), [False, False, False]),
        ((1, 5, 6, 11), [True, False, False]),
        ((1, 8, 9, 10), [False, True, False]),
        ((1, 2, 3, 4, 7), [False, False, True]),
        ((1, 5), [None, False, False]),
        ((1, 8, 9), [False, None, False]),
        ((1, 2), [False, False, None]),
        ((2, 3, 4, 5, 6, 7, 8, 9, 10, 11), [False, False, False]),
        ((12, 24), [False, False, False]),
    ],
)
def test_purposes_mean_categories_if_storage_is_granted_too(
    purposes: tuple[int, ...], expected: list[bool | None]
) -> None:
    assert values(*purposes) == expected


def test_legitimate_interest_is_no_consent_but_leaves_the_category_open() -> None:
    assert values(1, interests=(8,)) == [False, None, False]
    assert values(1, interests=(2, 7, 8, 9, 10, 11)) == [None, None, None]
    assert values(interests=(2, 7, 8, 9, 10, 11)) == [False, False, False]


@settings(deadline=None, derandomize=True)
@given(st.sets(st.integers(1, 24)), st.sets(st.integers(1, 24)), st.sets(st.integers(1, 24)))
def test_more_consent_never_means_less(fewer: set[int], more: set[int], interests: set[int]) -> None:
    order = [False, None, True]
    for before, after in zip(values(*fewer), values(*fewer | more, interests=tuple(interests)), strict=True):
        assert order.index(before) <= order.index(after)


def test_the_day_is_a_bound_and_not_a_time() -> None:
    answer = read(tc_string(Core(created=MAY_2026)))
    assert answer.effective_at is None
    assert answer.not_before == MAY_2026.timestamp()


def test_a_string_is_read_encoded_and_with_spaces_around_it() -> None:
    assert read(quote(ACCEPTED, safe="")) == read(f" {ACCEPTED} ") == read(ACCEPTED)
    assert read(ACCEPTED.replace(".", "%2E")) == read(ACCEPTED)


def test_the_string_is_its_own_evidence_because_it_names_nobody() -> None:
    assert read(ACCEPTED).evidence == ACCEPTED


@pytest.mark.parametrize("value", ["", " ", "%20"])
def test_an_empty_cookie_is_no_broken_string(value: str) -> None:
    with pytest.raises(NotThisFormat):
        read(value)


@pytest.mark.parametrize(
    "value",
    [
        "1",
        "true",
        '{"tcString":"' + ACCEPTED + '"}',
        ACCEPTED + "=",
        ACCEPTED[:24],
        "1YNN",
        "CQ" * 30_000,
        "Ж",
        "BOEFEAyOEFEAyAHABDENAI4AAAB9vABAASA",
        quote(quote(f"{ACCEPTED} ")),
        "${GDPR_CONSENT_755}",
    ],
)
def test_anything_else_is_a_broken_string(value: str) -> None:
    with pytest.raises(MalformedSignal, match="TC string"):
        read(value)
