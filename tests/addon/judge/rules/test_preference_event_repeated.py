"""preference-event-repeated: the same choice reported to the CDP again."""

from __future__ import annotations

import pytest

from tests.addon.judge.consent_views import consent_view, denied, judged, repeated_report

RULE = "preference-event-repeated"


def test_a_choice_that_is_reported_again_is_a_note_that_names_the_message() -> None:
    breach = judged(RULE, repeated_report(renewed=False, shown=denied(at=0)), consent_view())
    assert breach is not None
    assert (breach.verdict, breach.vendor, breach.event_name) == (
        "confirmed",
        "segment",
        "track 'Segment Consent Preference Updated'",
    )
    assert breach.explanation == (
        "The message track 'Segment Consent Preference Updated' told Segment the same choice that had been reported to it 60.0 s before;"
        " no other choice was made in between, as the cookie klaro shows."
    )


@pytest.mark.parametrize(
    ("renewed", "dated", "verdict"), [(False, True, "confirmed"), (False, False, "likely"), (None, True, "unproven")]
)
def test_it_is_as_sure_as_it_is_that_nobody_answered_again(renewed: bool | None, dated: bool, verdict: str) -> None:
    breach = judged(RULE, repeated_report(renewed=renewed, shown=denied(at=0 if dated else None)), consent_view())
    assert breach is not None
    assert breach.verdict == verdict


def test_a_choice_that_was_made_again_may_be_reported_again() -> None:
    assert judged(RULE, repeated_report(renewed=True), consent_view()) is None
