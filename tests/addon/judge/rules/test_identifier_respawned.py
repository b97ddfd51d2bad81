"""identifier-respawned: a deleted identifier is back."""

from __future__ import annotations

from tests.addon.judge.consent_views import consent_view, denied, granted, judged, respawned_cookie
from tests.addon.judge.rules.choices import DENIED, GRANTED

RULE = "identifier-respawned"


def test_an_identifier_that_is_back_after_a_refusal_is_a_breach_that_says_when_it_was_gone() -> None:
    breach = judged(RULE, respawned_cookie(), DENIED)
    assert breach is not None
    assert (breach.verdict, breach.phase, breach.event_name) == ("confirmed", "after-denial", "_fbp")
    assert breach.explanation.startswith(
        "The cookie _fbp of Meta Pixel on www.shop.example came back with the identifier that it had before; it was gone at 12:00:02.000Z,"
    )


def test_after_a_withdrawal_it_is_told_as_one() -> None:
    breach = judged(RULE, respawned_cookie(), consent_view((0, granted()), (1, denied()), (10, denied())))
    assert breach is not None
    assert breach.phase == "after-withdrawal"


def test_with_consent_it_may_come_back() -> None:
    assert judged(RULE, respawned_cookie(), GRANTED) is None
