"""identity-consent-conflict: which of two answers is newer, and how sure that makes it."""

from __future__ import annotations

from typing import Any

import pytest

from addon.judge.rule import Breach
from addon.judge.verdict import Phase, Verdict
from tests.addon.judge.consent_views import conflict, consent_view, judged

RULE = "identity-consent-conflict"


def ruled(**more: Any) -> Breach | None:
    return judged(RULE, conflict(**more), consent_view())


def breach(**more: Any) -> Breach:
    found = ruled(**more)
    assert found is not None
    return found


def test_a_grant_that_is_older_than_the_refusal_is_confirmed() -> None:
    found = breach(refused_at=100, granted=(None, 50))
    assert (found.verdict, found.phase) == (Verdict.CONFIRMED, Phase.AFTER_DENIAL)
    assert "That grant is older than the refusal" in found.explanation
    for part in (
        "web session 1.s1 on shop.example",
        "app session 1.s2 of com.example.shop",
        "the same userId",
        "marketing",
    ):
        assert part in found.explanation
    assert "12:01:40.000Z" in found.explanation
    assert "the cookie cc_cookie" in found.explanation
    assert "Facebook Pixel" in found.explanation


def test_a_withdrawal_is_called_one() -> None:
    found = breach(withdrawn=True)
    assert found.phase is Phase.AFTER_WITHDRAWAL
    assert "was withdrawn by the same identity (the same userId) in the web session" in found.explanation


@pytest.mark.parametrize("granted", [(None, 500), (50, 500)])
def test_a_grant_that_may_be_older_or_newer_is_likely(granted: tuple[float | None, float]) -> None:
    assert breach(refused_at=100, granted=granted).verdict is Verdict.LIKELY


def test_a_newer_grant_of_the_same_person_is_unproven_and_says_why() -> None:
    found = breach(refused_at=100, granted=(400, 500))
    assert found.verdict is Verdict.UNPROVEN
    assert "newer than the refusal" in found.explanation


def test_no_answer_where_none_is_needed_is_likely_against_a_refusal() -> None:
    found = breach(granted=None)
    assert found.verdict is Verdict.LIKELY
    assert "opt-out" in found.explanation


def test_a_message_from_before_the_refusal_or_on_its_heels_is_fine() -> None:
    assert ruled(at=90, refused_at=100) is None
    assert ruled(at=104, refused_at=100) is None
    assert ruled(at=106, refused_at=100) is not None


def test_what_may_be_a_default_or_somebody_elses_id_is_unproven() -> None:
    assert breach(decided=False).verdict is Verdict.UNPROVEN
    found = breach(certain_link=False)
    assert found.verdict is Verdict.UNPROVEN
    assert "Another organisation" in found.explanation


def test_what_became_of_a_refusal_after_its_capture_is_not_known() -> None:
    found = breach(capture=2)
    assert found.verdict is Verdict.LIKELY
    assert "2.s1" in found.explanation
