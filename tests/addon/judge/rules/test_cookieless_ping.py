"""cookieless-ping: pings that Google's tags send while storage is denied."""

from __future__ import annotations

from addon.judge.acts.calls import CallAct
from addon.judge.rules import all_rules
from tests.addon.judge.consent_views import call, judged
from tests.addon.judge.rules.choices import DENIED, GRANTED
from vendor_catalog import CallKind

RULE = "cookieless-ping"
PING = call(CallKind.COLLECT, events=("page_view",), ping="gcs=G100")


def test_a_ping_without_identifiers_is_a_note_and_no_more() -> None:
    breach = judged(RULE, PING, DENIED)
    assert breach is not None
    assert (breach.verdict, breach.event_name) == ("confirmed", None)
    assert "a ping that tells Google of the denial (gcs=G100)" in breach.explanation
    for rule in all_rules().values():
        if CallAct in rule.acts and rule.slug != RULE:
            assert rule.check(PING, DENIED) is None


def test_it_is_nothing_where_consent_was_granted_or_a_call_is_no_ping() -> None:
    assert judged(RULE, PING, GRANTED) is None
    assert judged(RULE, call(CallKind.COLLECT, events=("page_view",)), DENIED) is None
