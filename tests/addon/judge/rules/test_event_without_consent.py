"""event-without-consent: a message needs consent itself, whatever its destinations need."""

from __future__ import annotations

import pytest

from addon.consent.timeline import Need
from addon.decode.facts import Surface
from addon.judge.rule import Breach, ConsentView
from addon.judge.verdict import Regime
from tests.addon.judge.consent_views import consent_view, event, judged, no_cookie, signal, stamped
from tests.addon.judge.rules.choices import DENIED, GRANTED
from vendor_catalog import Category

RULE = "event-without-consent"


def found(before: ConsentView = DENIED, **about: object) -> Breach | None:
    return judged(RULE, event(**about), before)  # type: ignore[arg-type]


def test_a_message_after_a_refusal_is_a_breach_that_names_message_and_evidence() -> None:
    breach = found()
    assert breach is not None
    assert (breach.verdict, breach.phase, breach.category) == ("confirmed", "after-denial", Category.ANALYTICS)
    assert (breach.vendor, breach.destination, breach.event_name) == ("segment", None, "track 'Order Completed'")
    assert breach.signal is not None
    assert breach.signal.carrier == "cookie klaro"
    assert breach.explanation.startswith("The message track 'Order Completed' was sent to Segment. Consent was refused")


def test_a_truthful_stamp_does_not_excuse_sending_it() -> None:
    assert found(stamp=stamped(analytics=False)) is not None


def test_a_granted_message_is_fine() -> None:
    assert found(GRANTED) is None


def test_analytics_is_enough() -> None:
    half = signal(Category.ANALYTICS, refused=(Category.MARKETING,))
    assert found(consent_view((0, half), (10, half))) is None


def test_marketing_alone_is_not() -> None:
    half = signal(Category.MARKETING, refused=(Category.ANALYTICS,))
    assert found(consent_view((0, half), (10, half))) is not None


def test_the_message_that_only_reports_a_choice_is_exempt() -> None:
    assert found(reports_choice=True) is None


def test_a_servers_message_is_judged_by_its_stamp_elsewhere() -> None:
    assert found(surface=Surface.SERVER) is None


@pytest.mark.parametrize("surface", [Surface.WEB, Surface.MOBILE, Surface.UNKNOWN])
def test_every_other_surface_is_judged(surface: Surface) -> None:
    assert found(surface=surface) is not None


def test_a_message_that_got_no_response_was_sent_all_the_same_and_says_so() -> None:
    breach = found(failure="connection reset")
    assert breach is not None
    assert "The request got no response (connection reset)." in breach.explanation


def test_an_unanswered_banner_is_fine_where_only_opt_outs_count() -> None:
    story = ((0, no_cookie()), (10, no_cookie()))
    assert found(consent_view(*story)) is not None
    assert found(consent_view(*story, regime=Regime.OPT_OUT)) is None


def test_a_policy_that_calls_the_cdp_necessary_is_believed() -> None:
    assert found(need=Need((Category.NECESSARY,), "segment")) is None
