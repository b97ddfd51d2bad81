"""personal-data-in-payload, cookie-outlives-limit, data-leaves-region: what is held against a site whatever was consented."""

from __future__ import annotations

import pytest

from tests.addon.judge.consent_views import consent_view, event, granted, judged, lasting_cookie, personal_data, region

AGREED = consent_view((0, granted()), (10, granted()))


def test_personal_data_in_a_message_is_told_by_kind_and_place() -> None:
    breach = judged(
        "personal-data-in-payload", personal_data(message=event(type="identify"), where="traits.email"), AGREED
    )
    assert breach is not None
    assert (breach.verdict, breach.phase, breach.vendor) == ("confirmed", "no-signal", "segment")
    assert breach.event_name == "email at traits.email"
    assert breach.explanation == (
        "A message of type identify, sent to Twilio Segment on api.segment.io, carries what looks like an e-mail address at"
        " traits.email: potential personal data. It goes on with the message, to every destination that this reaches."
    )


def test_personal_data_in_a_call_is_told_by_its_vendor() -> None:
    breach = judged("personal-data-in-payload", personal_data(), consent_view())
    assert breach is not None
    assert breach.explanation == (
        "A call to Meta Pixel on www.facebook.com carries what looks like an e-mail address at query.em: potential personal data."
    )


@pytest.mark.parametrize(("days", "limit"), [(30, 397), (397, 397), (398, 397), (399, 398), (1, 1)])
def test_a_cookie_within_its_limit_is_fine(days: float, limit: int) -> None:
    for known in (True, False):
        assert judged("cookie-outlives-limit", lasting_cookie(days, limit=limit, known=known), AGREED) is None


def test_a_cookie_beyond_its_limit_is_told_with_both_and_with_what_browsers_make_of_it() -> None:
    breach = judged("cookie-outlives-limit", lasting_cookie(730), AGREED)
    assert breach is not None
    assert (breach.verdict, breach.category, breach.event_name) == ("confirmed", "analytics", "_ga")
    assert breach.explanation.startswith(
        "Google Analytics 4's cookie _ga, set by a response of www.shop.example, asks to be kept for 730 days; the policy allows 397."
    )
    assert "400 days" in breach.explanation
    short = judged("cookie-outlives-limit", lasting_cookie(200, limit=180), AGREED)
    assert short is not None
    assert "400 days" not in short.explanation


def test_a_cookie_of_which_nobody_knows_what_it_is_for_is_unproven() -> None:
    breach = judged("cookie-outlives-limit", lasting_cookie(730, known=False), AGREED)
    assert breach is not None
    assert (breach.verdict, breach.vendor) == ("unproven", None)
    assert "strictly necessary" in breach.explanation


def test_an_address_outside_the_region_is_told_with_where_it_is_served() -> None:
    breach = judged("data-leaves-region", region("us"), AGREED)
    assert breach is not None
    assert (breach.verdict, breach.event_name) == ("confirmed", "api.segment.io")
    assert breach.explanation == (
        "Twilio Segment was sent something on api.segment.io, which the vendor serves from US; the policy says that data stays in EU."
    )
    named = judged("data-leaves-region", region("us", settings_host="events.eu1.segmentapis.com"), AGREED)
    assert named is not None
    assert "settings name events.eu1.segmentapis.com, which is in EU" in named.explanation


def test_an_address_inside_it_is_fine() -> None:
    assert judged("data-leaves-region", region("eu", inside=True), AGREED) is None
    assert judged("data-leaves-region", region("us", "eu", inside=True), AGREED) is None
