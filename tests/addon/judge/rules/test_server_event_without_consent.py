"""server-event-without-consent: what a server's message says of the person's choice."""

from __future__ import annotations

import pytest

from addon.decode.facts import Stamp, StampShape, Surface
from addon.judge.verdict import Regime
from tests.addon.judge.consent_views import consent_view, event, judged, stamped

RULE = "server-event-without-consent"


@pytest.mark.parametrize(
    ("shape", "shortcoming"),
    [
        (StampShape.MISSING, "carries no context.consent"),
        (StampShape.EMPTY_CONSENT, "carries a context.consent without categoryPreferences"),
        (StampShape.EMPTY_PREFERENCES, "carries empty categoryPreferences"),
    ],
)
def test_a_servers_message_without_a_choice_says_what_it_lacks(shape: StampShape, shortcoming: str) -> None:
    breach = judged(RULE, event(stamp=Stamp(shape), surface=Surface.SERVER), consent_view())
    assert breach is not None
    assert (breach.verdict, breach.phase) == ("confirmed", "no-signal")
    assert shortcoming in breach.explanation


def test_a_servers_message_with_a_choice_is_fine_whatever_the_choice() -> None:
    for stamp in (stamped(analytics=True), stamped(analytics=False)):
        assert judged(RULE, event(stamp=stamp, surface=Surface.SERVER), consent_view()) is None


@pytest.mark.parametrize("surface", [Surface.WEB, Surface.MOBILE, Surface.UNKNOWN])
def test_only_servers_are_judged_by_it(surface: Surface) -> None:
    assert judged(RULE, event(surface=surface), consent_view()) is None


def test_where_only_opt_outs_count_nothing_shows_that_a_choice_is_missing() -> None:
    breach = judged(RULE, event(surface=Surface.SERVER), consent_view(regime=Regime.OPT_OUT))
    assert breach is not None
    assert (breach.verdict, "opted out" in breach.explanation) == ("unproven", True)
    opt_in = judged(RULE, event(surface=Surface.SERVER), consent_view())
    assert opt_in is not None
    assert (opt_in.verdict, "opted out" in opt_in.explanation) == ("confirmed", False)
