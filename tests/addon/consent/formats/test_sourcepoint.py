"""Sourcepoint's call at the moment of choice."""

from __future__ import annotations

import pytest

from addon.consent.formats.sourcepoint import call
from addon.consent.signal import NotThisFormat

from ..wire import exchange

CHOICE = "https://cdn.privacy-mgmt.com/wrapper/v2/choice/gdpr/"


@pytest.mark.parametrize(
    ("kind", "answered", "values"),
    [("11", True, {True}), ("13", True, {False}), ("1", None, set()), ("12", None, set())],
)
def test_accepting_and_rejecting_all_are_answers(kind: str, answered: bool | None, values: set[bool]) -> None:
    answer = call(exchange(CHOICE + kind, method="POST"))
    assert (answer.answered, set(answer.values.values())) == (answered, values)
    assert (answer.effective_at is not None) is (answered is True)


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "11"), ("POST", "consent-all"), ("GET", "consent-all"), ("POST", "11/x")]
)
def test_what_is_fetched_ahead_is_no_choice(method: str, path: str) -> None:
    with pytest.raises(NotThisFormat):
        call(exchange(CHOICE + path, method=method))
