"""undeclared-tracking-domain: what an app calls beside what its privacy manifests declare."""

from __future__ import annotations

from tests.addon.judge.consent_views import judged, tracking_domain
from tests.addon.judge.rules.choices import DENIED, GRANTED

RULE = "undeclared-tracking-domain"


def test_a_host_that_is_not_declared_is_named_with_what_the_manifests_say() -> None:
    breach = judged(RULE, tracking_domain(), GRANTED)
    assert breach is not None
    assert (breach.verdict, breach.vendor, breach.event_name) == ("confirmed", "meta-pixel", "graph.facebook.com")
    assert breach.explanation == (
        "The app com.example.shop called Meta Pixel on graph.facebook.com; the privacy manifest that the policy names does not list"
        " that domain under NSPrivacyTrackingDomains. Whether the call is tracking in Apple's sense, the wire does not show."
    )
    several = judged(RULE, tracking_domain(tracks=False, manifests=3), DENIED)
    assert several is not None
    assert "none of the 3 privacy manifests that the policy names lists that domain" in several.explanation
    assert "NSPrivacyTracking says that the app does not track." in several.explanation


def test_a_declared_host_is_fine() -> None:
    assert judged(RULE, tracking_domain(declared=True), DENIED) is None
