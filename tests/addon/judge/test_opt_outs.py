"""What counts as sale or sharing past an opt-out: the same for gpc-ignored and opt-out-ignored, each by its own signal."""

from __future__ import annotations

from dataclasses import replace

import pytest

from addon.decode.facts import Surface
from addon.judge.rule import ConsentView
from addon.judge.verdict import Regime
from addon.routing.delivery import Outcome
from tests.addon.judge.consent_views import ANALYTICS, call, consent_view, delivery, granted, judged, opt_out
from vendor_catalog import CallKind

each_rule = pytest.mark.parametrize(
    ("rule", "opted_out"),
    [
        ("gpc-ignored", consent_view(regime=Regime.OPT_OUT, gpc=0)),
        ("opt-out-ignored", consent_view((0, opt_out()), (10, opt_out()), regime=Regime.OPT_OUT)),
    ],
    ids=["gpc-ignored", "opt-out-ignored"],
)


@each_rule
def test_a_marketing_call_and_a_message_on_its_way_to_a_marketing_destination_count(
    rule: str, opted_out: ConsentView
) -> None:
    called = judged(rule, call(CallKind.COLLECT, events=("Purchase",)), opted_out)
    assert called is not None
    assert (called.verdict, called.category, called.vendor) == ("confirmed", "marketing", "meta-pixel")
    assert (called.destination, called.event_name) == (None, "Purchase")
    assert called.explanation.startswith(
        "Meta Pixel's collection endpoint on www.facebook.com was called with the event 'Purchase' although "
    )
    delivered = judged(rule, delivery(), opted_out)
    assert delivered is not None
    assert (delivered.destination, delivered.event_name) == ("Facebook Pixel", "track 'Order Completed'")
    assert delivered.explanation.startswith(
        "The message track 'Order Completed' would flow on to Facebook Pixel although "
    )


@each_rule
@pytest.mark.parametrize("outcome", [outcome for outcome in Outcome if outcome is not Outcome.FLOWS])
def test_what_does_not_certainly_flow_on_does_not_count(rule: str, opted_out: ConsentView, outcome: Outcome) -> None:
    assert judged(rule, delivery(outcome), opted_out) is None


@each_rule
def test_other_purposes_libraries_and_a_servers_messages_do_not_count(rule: str, opted_out: ConsentView) -> None:
    for act in (
        call(CallKind.COLLECT, need=ANALYTICS),
        call(CallKind.LIBRARY),
        delivery(need=ANALYTICS),
        delivery(surface=Surface.SERVER),
    ):
        assert judged(rule, act, opted_out) is None


@each_rule
def test_a_ping_without_identifiers_is_how_a_tag_honours_an_opt_out(rule: str, opted_out: ConsentView) -> None:
    ping = call(CallKind.COLLECT, events=("page_view",), ping="gcs=G100")
    assert judged(rule, replace(ping, ping=None), opted_out) is not None
    assert judged(rule, ping, opted_out) is None


@each_rule
def test_a_call_that_passes_the_opt_out_on_is_unproven(rule: str, opted_out: ConsentView) -> None:
    breach = judged(rule, replace(call(CallKind.COLLECT), tells_opt_out=True), opted_out)
    assert breach is not None
    assert breach.verdict == "unproven"
    assert breach.explanation.endswith(
        "The call itself tells the vendor of an opt-out; whether it is honoured does not show."
    )


@each_rule
def test_each_rule_holds_its_own_signal_against_the_site_and_no_other(rule: str, opted_out: ConsentView) -> None:
    others = {"gpc-ignored", "opt-out-ignored"} - {rule}
    assert [other for other in others if judged(other, call(CallKind.COLLECT), opted_out) is not None] == []
    for fine in (
        consent_view(regime=Regime.OPT_OUT),
        consent_view((0, granted()), (10, granted()), regime=Regime.OPT_OUT),
    ):
        assert judged(rule, call(CallKind.COLLECT), fine) is None
