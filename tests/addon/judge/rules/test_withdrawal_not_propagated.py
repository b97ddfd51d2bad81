"""withdrawal-not-propagated: messages that go on after a withdrawal of which the CDP was not informed."""

from __future__ import annotations

from typing import Any

import pytest

from addon.consent.signal import Rank
from addon.judge.rule import Breach
from addon.judge.rules.withdrawal_not_propagated import GRACE
from tests.addon.judge.consent_views import consent_view, judged, signal, stamp_signal, withdrawal
from vendor_catalog import Category

RULE = "withdrawal-not-propagated"


def ruled(**about: Any) -> Breach | None:
    return judged(RULE, withdrawal(**about), consent_view())


def breach(**about: Any) -> Breach:
    found = ruled(**about)
    assert found is not None
    return found


def test_messages_that_go_on_without_a_report_are_a_breach_that_counts_them() -> None:
    found = breach()
    assert (found.verdict, found.phase, found.vendor) == ("confirmed", "after-withdrawal", "segment")
    assert found.category is Category.MARKETING
    assert "that consent to marketing and analytics was withdrawn by 12:00:03.000Z, as the cookie klaro shows" in (
        found.explanation
    )
    assert "2 messages to Segment followed, the last of them 57.0 s later (the workspace enforces consent)" in (
        found.explanation
    )
    assert "none is 'Segment Consent Preference Updated'" in found.explanation


def test_one_message_is_counted_as_one() -> None:
    assert "One message to" in breach(messages=1).explanation


def test_where_nothing_followed_there_was_nothing_to_report() -> None:
    assert ruled(messages=0) is None


def test_a_report_that_may_still_wait_in_a_queue_leaves_it_unproven() -> None:
    found = breach(until=3 + GRACE - 1)
    assert found.verdict == "unproven"
    assert "may still have waited in a queue" in found.explanation
    assert breach(until=3 + GRACE).verdict == "confirmed"


def test_a_request_that_could_not_be_read_may_have_been_the_report() -> None:
    found = breach(unread=True)
    assert found.verdict == "unproven"
    assert "could not be read, which may have reported it" in found.explanation


@pytest.mark.parametrize(
    ("shown_by", "verdict"),
    [
        (signal(refused=(Category.MARKETING,), rank=Rank.STANDARD), "confirmed"),
        (signal(refused=(Category.MARKETING,), rank=Rank.MANAGER), "confirmed"),
        (stamp_signal(grants=False), "likely"),
    ],
    ids=["standard", "manager", "stamp"],
)
def test_the_sites_own_stamps_show_a_withdrawal_less_surely_than_a_record(shown_by: object, verdict: str) -> None:
    assert breach(signal=shown_by).verdict == verdict


def test_a_report_that_still_grants_it_is_named_as_one() -> None:
    assert "one reports a choice, but one that still grants marketing and analytics" in (
        breach(reported_otherwise=True).explanation
    )


def test_a_source_that_only_stamps_is_named_as_one() -> None:
    assert "they carry consent in their stamps" in breach(enforced=False).explanation
