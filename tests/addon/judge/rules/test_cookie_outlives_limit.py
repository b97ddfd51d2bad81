"""cookie-outlives-limit: how long a response asks the browser to keep a cookie."""

from __future__ import annotations

import pytest

from tests.addon.judge.consent_views import judged, lasting_cookie
from tests.addon.judge.rules.choices import GRANTED

RULE = "cookie-outlives-limit"


@pytest.mark.parametrize(("days", "limit"), [(30, 397), (397, 397), (398, 397), (399, 398), (1, 1)])
def test_a_cookie_within_its_limit_is_fine(days: float, limit: int) -> None:
    for known in (True, False):
        assert judged(RULE, lasting_cookie(days, limit=limit, known=known), GRANTED) is None


def test_a_cookie_beyond_its_limit_is_named_with_both_times_and_with_what_browsers_make_of_it() -> None:
    breach = judged(RULE, lasting_cookie(730), GRANTED)
    assert breach is not None
    assert (breach.verdict, breach.category, breach.event_name) == ("confirmed", "analytics", "_ga")
    assert breach.explanation.startswith(
        "Google Analytics 4's cookie _ga, set by a response of www.shop.example, asks to be kept for 730 days; the policy allows 397."
    )
    assert "400 days" in breach.explanation
    short = judged(RULE, lasting_cookie(200, limit=180), GRANTED)
    assert short is not None
    assert "400 days" not in short.explanation


def test_a_cookie_of_which_nobody_knows_what_it_is_for_is_unproven() -> None:
    breach = judged(RULE, lasting_cookie(730, known=False), GRANTED)
    assert breach is not None
    assert (breach.verdict, breach.vendor) == ("unproven", None)
    assert "strictly necessary" in breach.explanation
