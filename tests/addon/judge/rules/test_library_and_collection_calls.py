"""sdk-load-without-consent beside destination-without-consent: a library that is fetched, and a call that hands data over."""

from __future__ import annotations

import pytest

from addon.consent.timeline import Need
from tests.addon.judge.consent_views import NECESSARY, call, consent_view, judged
from tests.addon.judge.rules.choices import DENIED, GRANTED
from vendor_catalog import CallKind, Category

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


@pytest.mark.parametrize("rule", ["sdk-load-without-consent", "destination-without-consent"])
def test_calls_with_consent_and_necessary_calls_are_fine(rule: str) -> None:
    for kind in CallKind:
        assert judged(rule, call(kind), GRANTED) is None
        assert judged(rule, call(kind, need=NECESSARY), DENIED) is None


def test_a_functional_library_may_be_fetched_and_a_functional_call_may_not() -> None:
    """Fetching code is held against trackers only; handing over data needs its category."""
    assert judged("sdk-load-without-consent", call(CallKind.LIBRARY, need=FUNCTIONAL), DENIED) is None
    assert judged("destination-without-consent", call(CallKind.COLLECT, need=FUNCTIONAL), consent_view()) is not None
