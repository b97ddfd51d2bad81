"""data-leaves-region: addresses that are served from elsewhere than the policy allows."""

from __future__ import annotations

from tests.addon.judge.consent_views import judged, region
from tests.addon.judge.rules.choices import GRANTED

RULE = "data-leaves-region"


def test_an_address_outside_the_region_is_named_with_where_it_is_served() -> None:
    breach = judged(RULE, region("us"), GRANTED)
    assert breach is not None
    assert (breach.verdict, breach.event_name) == ("confirmed", "api.segment.io")
    assert breach.explanation == (
        "Twilio Segment was sent something on api.segment.io, which the vendor serves from US; the policy says that data stays in EU."
    )
    named = judged(RULE, region("us", settings_host="events.eu1.segmentapis.com"), GRANTED)
    assert named is not None
    assert "settings name events.eu1.segmentapis.com, which is in EU" in named.explanation


def test_an_address_inside_it_is_fine() -> None:
    assert judged(RULE, region("eu", inside=True), GRANTED) is None
    assert judged(RULE, region("us", "eu", inside=True), GRANTED) is None
