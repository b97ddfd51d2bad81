"""unknown-tracker: a host that nobody listed got an identifier of a known vendor."""

from __future__ import annotations

from tests.addon.judge.consent_views import MARKETING, NECESSARY, consent_view, granted, handover, judged, no_cookie
from tests.addon.judge.rules.choices import ANALYTICS_ONLY, DENIED, GRANTED

RULE = "unknown-tracker"


def test_an_identifier_handed_over_after_a_refusal_names_host_identifier_and_place() -> None:
    breach = judged(RULE, handover(), DENIED)
    assert breach is not None
    assert (breach.verdict, breach.phase, breach.category) == ("confirmed", "after-denial", "analytics")
    assert (breach.vendor, breach.destination) == (None, "collect.stranger.example")
    assert breach.explanation.startswith(
        "An unlisted third party, collect.stranger.example, got Segment's anonymous id, in its query. If it is the site's own,"
        " name it in the policy (own_domains)"
    )


def test_it_is_judged_by_the_consent_under_which_the_vendor_has_the_identifier() -> None:
    assert judged(RULE, handover(), GRANTED) is None
    assert judged(RULE, handover(), ANALYTICS_ONLY) is None
    assert judged(RULE, handover(need=MARKETING), ANALYTICS_ONLY) is not None
    assert judged(RULE, handover(need=NECESSARY), DENIED) is None


def test_an_identifier_that_the_site_itself_gave_may_go_to_its_own_servers_so_it_is_unproven() -> None:
    breach = judged(RULE, handover(given_by_site=True), DENIED)
    assert breach is not None
    assert breach.verdict == "unproven"
    assert "whose the host is would decide it" in breach.explanation


def test_a_request_that_failed_says_so() -> None:
    breach = judged(RULE, handover(failure="refused"), DENIED)
    assert breach is not None
    assert "The request got no response (refused)." in breach.explanation


def test_a_grant_that_may_have_come_first_leaves_it_unproven() -> None:
    breach = judged(RULE, handover(), consent_view((0, no_cookie()), (10, granted())))
    assert breach is not None
    assert breach.verdict == "unproven"
