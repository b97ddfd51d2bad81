"""sdk-load-without-consent, destination-without-consent, cookie-without-consent: what vendors do in the page."""

from __future__ import annotations

import pytest

from addon.consent.timeline import Need
from addon.judge.acts import CallAct
from addon.judge.rules import all_rules
from addon.judge.verdict import Regime
from tests.addon.judge.consent_views import (
    MARKETING,
    NECESSARY,
    call,
    consent_view,
    cookie,
    denied,
    granted,
    judged,
    no_cookie,
    opt_out,
)
from vendor_catalog import CallKind, Category

DENIED = consent_view((0, denied()), (10, denied()))
GRANTED = consent_view((0, granted()), (10, granted()))
FUNCTIONAL = Need((Category.FUNCTIONAL,), "intercom")


@pytest.mark.parametrize("kind", CallKind)
def test_a_library_and_a_collection_call_are_each_judged_by_one_rule_and_other_calls_by_none(kind: CallKind) -> None:
    fired = [
        rule
        for rule in ("sdk-load-without-consent", "destination-without-consent")
        if judged(rule, call(kind), DENIED) is not None
    ]
    assert fired == {
        CallKind.LIBRARY: ["sdk-load-without-consent"],
        CallKind.COLLECT: ["destination-without-consent"],
    }.get(kind, [])


def test_a_call_after_a_refusal_names_whom_and_where() -> None:
    breach = judged("destination-without-consent", call(CallKind.COLLECT), DENIED)
    assert breach is not None
    assert (breach.verdict, breach.vendor, breach.category) == ("confirmed", "meta-pixel", Category.MARKETING)
    assert breach.explanation.startswith("Meta Pixel's collection endpoint on www.facebook.com was called. Consent was")


def test_a_call_that_failed_says_so() -> None:
    breach = judged("destination-without-consent", call(CallKind.COLLECT, failure="timeout"), DENIED)
    assert breach is not None
    assert "The request got no response (timeout)." in breach.explanation


@pytest.mark.parametrize("rule", ["sdk-load-without-consent", "destination-without-consent"])
def test_calls_with_consent_and_necessary_calls_are_fine(rule: str) -> None:
    for kind in CallKind:
        assert judged(rule, call(kind), GRANTED) is None
        assert judged(rule, call(kind, need=NECESSARY), DENIED) is None


def test_a_functional_library_may_be_fetched_and_a_functional_call_may_not() -> None:
    """Fetching code is held against trackers only; handing over data needs its category."""
    assert judged("sdk-load-without-consent", call(CallKind.LIBRARY, need=FUNCTIONAL), DENIED) is None
    assert judged("destination-without-consent", call(CallKind.COLLECT, need=FUNCTIONAL), consent_view()) is not None


def test_a_library_fetched_before_the_choice_is_told_as_that() -> None:
    breach = judged(
        "sdk-load-without-consent", call(CallKind.LIBRARY, at=2), consent_view((0, no_cookie()), (10, granted(at=5)))
    )
    assert breach is not None
    assert (breach.verdict, breach.phase) == ("confirmed", "before-choice")


def test_gpc_holds_against_a_marketing_call_where_opt_outs_apply() -> None:
    gpc = consent_view(regime=Regime.OPT_OUT, gpc=0)
    breach = judged("destination-without-consent", call(CallKind.COLLECT), gpc)
    assert breach is not None
    assert breach.explanation.endswith(
        "An opt-out preference signal (Sec-GPC: 1) was in force, and no answer of the person was seen that would stand"
        " against it."
    )
    assert judged("destination-without-consent", call(CallKind.COLLECT), consent_view(regime=Regime.OPT_OUT)) is None


@pytest.mark.parametrize(("seen_by", "told"), [("sent", "was sent to"), ("set-cookie", "was set by a response of")])
def test_a_cookie_says_how_it_was_seen(seen_by: str, told: str) -> None:
    breach = judged("cookie-without-consent", cookie(seen_by=seen_by), DENIED)
    assert breach is not None
    assert breach.explanation.startswith(f"Meta Pixel's cookie _fbp {told} www.shop.example. Consent was refused")
    assert breach.event_name == "_fbp"


def test_a_cookie_with_consent_is_fine() -> None:
    assert judged("cookie-without-consent", cookie(), GRANTED) is None
    assert judged("cookie-without-consent", cookie(need=NECESSARY), DENIED) is None


def test_each_category_is_judged_by_itself() -> None:
    only_analytics = Need((Category.ANALYTICS,), "amplitude")
    half = consent_view((0, granted()), (10, granted()))
    assert judged("cookie-without-consent", cookie(need=only_analytics), half) is None
    assert MARKETING.category is Category.MARKETING


# --- the events of a call


def test_a_call_is_told_by_the_event_that_it_carries() -> None:
    breach = judged("destination-without-consent", call(CallKind.COLLECT, events=("Purchase",)), DENIED)
    assert breach is not None
    assert breach.event_name == "Purchase"
    assert breach.explanation.startswith(
        "Meta Pixel's collection endpoint on www.facebook.com was called with the event 'Purchase'. Consent was refused"
    )


def test_a_batch_names_its_events_and_is_one_finding_with_the_others() -> None:
    breach = judged("destination-without-consent", call(CallKind.COLLECT, events=tuple("abcdefg")), DENIED)
    assert breach is not None
    assert breach.event_name is None
    assert "with the events 'a', 'b', 'c', 'd', 'e' and 2 more." in breach.explanation


@pytest.mark.parametrize("name", ["view_product_12345", "f" * 12, "x" * 61, "order-2026"])
def test_a_name_with_a_number_of_its_own_does_not_make_every_call_a_finding(name: str) -> None:
    breach = judged("destination-without-consent", call(CallKind.COLLECT, events=(name,)), DENIED)
    assert breach is not None
    assert breach.event_name is None
    assert name[:60] in breach.explanation


# --- pings without cookies

PING = call(CallKind.COLLECT, events=("page_view",), ping="gcs=G100")


def test_a_ping_without_identifiers_is_a_note_and_no_more() -> None:
    breach = judged("cookieless-ping", PING, DENIED)
    assert breach is not None
    assert (breach.verdict, breach.event_name) == ("confirmed", None)
    assert "a ping that tells Google of the denial (gcs=G100)" in breach.explanation
    for rule in all_rules().values():
        if CallAct in rule.acts and rule.slug != "cookieless-ping":
            assert rule.check(PING, DENIED) is None


def test_it_is_nothing_where_consent_was_granted_or_a_call_is_no_ping() -> None:
    assert judged("cookieless-ping", PING, GRANTED) is None
    assert judged("cookieless-ping", call(CallKind.COLLECT, events=("page_view",)), DENIED) is None


def test_it_is_how_a_tag_honours_an_opt_out() -> None:
    opted_out = consent_view((0, opt_out()), (10, opt_out()), regime=Regime.OPT_OUT)
    assert judged("opt-out-ignored", call(CallKind.COLLECT), opted_out) is not None
    assert judged("opt-out-ignored", PING, opted_out) is None
    gpc = consent_view(regime=Regime.OPT_OUT, gpc=0)
    assert judged("gpc-ignored", call(CallKind.COLLECT), gpc) is not None
    assert judged("gpc-ignored", PING, gpc) is None
