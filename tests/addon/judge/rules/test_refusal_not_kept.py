"""refusal-not-kept: nothing is left of a refusal on the next page."""

from __future__ import annotations

from dataclasses import replace

import pytest

from addon.consent.signal import Signal
from tests.addon.judge.consent_views import consent_view, judged, no_cookie, signal, unkept_refusal

RULE = "refusal-not-kept"
UNANSWERED = signal(answered=False)
OPEN = replace(UNANSWERED, carrier="probe the open banner")


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (no_cookie(), "the record was gone from www.shop.example, though"),
        (OPEN, "the banner stood open again with nothing stored, though"),
        (UNANSWERED, "the cookie klaro said that nobody had answered, though"),
    ],
)
def test_what_was_found_instead_is_said(found: Signal, said: str) -> None:
    breach = judged(RULE, unkept_refusal(found=found), consent_view())
    assert breach is not None
    assert (breach.verdict, breach.phase) == ("confirmed", "after-denial")
    assert breach.explanation.startswith(
        "The person had refused, as the cookie klaro showed at 12:00:05.000Z; on a page that was opened afterwards "
    )
    assert said in breach.explanation


@pytest.mark.parametrize(
    ("recorded", "kept", "presumed", "verdict"),
    [
        (True, False, False, "likely"),
        (False, True, False, "likely"),
        (True, True, True, "unproven"),
    ],
)
def test_it_is_sure_only_where_a_record_is_gone_and_the_rest_stayed(
    recorded: bool, kept: bool, presumed: bool, verdict: str
) -> None:
    act = unkept_refusal(found=no_cookie(), recorded=recorded, others_kept=kept, presumed=presumed)
    breach = judged(RULE, act, consent_view())
    assert breach is not None
    assert breach.verdict == verdict
