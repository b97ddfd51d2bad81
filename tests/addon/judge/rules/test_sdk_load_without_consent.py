"""sdk-load-without-consent: fetching a tracker's library."""

from __future__ import annotations

from tests.addon.judge.consent_views import call, consent_view, granted, judged, no_cookie
from vendor_catalog import CallKind

RULE = "sdk-load-without-consent"


def test_a_library_fetched_before_the_choice_is_a_breach_of_that_phase() -> None:
    breach = judged(RULE, call(CallKind.LIBRARY, at=2), consent_view((0, no_cookie()), (10, granted(at=5))))
    assert breach is not None
    assert (breach.verdict, breach.phase) == ("confirmed", "before-choice")
