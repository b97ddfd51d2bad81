"""queued-before-consent: a message made before consent was given, and sent after."""

from __future__ import annotations

from addon.decode.facts import Surface
from addon.judge.rule import Breach, ConsentView
from addon.judge.rules.queued_before_consent import SHORTEST_WAIT
from tests.addon.judge.consent_views import NOON, consent_view, denied, event, granted, judged, no_cookie, signal
from tests.addon.judge.rules.choices import DENIED, GRANTED
from vendor_catalog import Category

RULE = "queued-before-consent"
OPEN = signal(answered=False)
GRANTED_BY_TEN = consent_view((0, OPEN), (4, OPEN), (10, granted(at=10)), (60, granted(at=10)))


def found(
    before: ConsentView = GRANTED_BY_TEN, *, made: float | None = 2, at: float = 20, **about: object
) -> Breach | None:
    made_at = None if made is None else NOON + made
    return judged(RULE, event(at, made_at=made_at, **about), before)  # type: ignore[arg-type]


def test_a_message_that_waited_for_consent_is_a_breach_that_says_for_how_long() -> None:
    breach = found()
    assert breach is not None
    assert (breach.verdict, breach.phase, breach.category) == ("confirmed", "before-choice", "analytics")
    assert breach.explanation.startswith(
        "The message track 'Order Completed' was made 18.0 s before it was sent, by the client's own clock, and consent was"
        " given only in between. When it was made: Consent was not yet answered"
    )


def test_a_message_that_was_made_after_a_refusal_counts_as_well() -> None:
    breach = found(consent_view((0, denied()), (4, denied()), (10, granted(at=10)), (60, granted(at=10))))
    assert breach is not None
    assert breach.phase == "after-denial"


def test_a_message_that_was_made_after_the_grant_is_fine() -> None:
    assert found(made=12) is None
    assert found(GRANTED) is None


def test_a_message_without_a_time_or_with_hardly_any_wait_is_not_judged() -> None:
    assert found(made=None) is None
    assert found(consent_view((0, OPEN), (10, granted(at=10))), made=9.9, at=9.9 + SHORTEST_WAIT / 2) is None


def test_what_was_sent_without_consent_is_another_rules_business() -> None:
    assert found(DENIED) is None


def test_where_no_signal_shows_the_state_at_the_time_nothing_is_held_against_it() -> None:
    assert found(consent_view((10, granted()), (60, granted()))) is None


def test_a_grant_without_a_date_leaves_it_unproven() -> None:
    breach = found(consent_view((0, no_cookie()), (10, granted()), (60, granted())))
    assert breach is not None
    assert breach.verdict == "unproven"


def test_a_cookie_that_was_only_missing_when_it_was_made_leaves_it_unproven() -> None:
    breach = found(consent_view((0, no_cookie()), (4, no_cookie()), (10, granted(at=10)), (60, granted(at=10))))
    assert breach is not None
    assert breach.verdict == "unproven"


def test_the_message_that_reports_the_choice_and_a_servers_message_are_exempt() -> None:
    assert found(reports_choice=True) is None
    assert found(surface=Surface.SERVER) is None


def test_each_category_is_judged_by_itself() -> None:
    half = signal(Category.MARKETING, refused=(Category.ANALYTICS,))
    assert found(consent_view((0, OPEN), (10, half), (60, half))) is None
