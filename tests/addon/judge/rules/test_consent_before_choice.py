"""consent-before-choice: a consent manager that holds consent while its banner is open."""

from __future__ import annotations

from addon.judge.acts.consent import RecordAct
from addon.judge.rule import Breach, ConsentView
from addon.judge.verdict import Regime
from tests.addon.judge.consent_views import consent_view, denied, granted, judged, no_cookie, place, signal
from tests.addon.judge.rules.choices import DENIED, GRANTED
from vendor_catalog import Category

RULE = "consent-before-choice"
OPEN = signal(Category.ANALYTICS, Category.MARKETING, answered=False)


def found(
    before: ConsentView, *categories: Category, origin: str = "klaro", origin_name: str = "Klaro"
) -> Breach | None:
    act = RecordAct(
        place=place(5),
        origin=origin,
        origin_name=origin_name,
        carrier=f"cookie {origin}",
        granted=categories or (Category.ANALYTICS,),
        signal=OPEN,
    )
    return judged(RULE, act, before)


def test_consent_while_the_banner_is_open_is_a_breach_that_names_every_category() -> None:
    breach = found(consent_view((0, OPEN), (10, OPEN)), Category.ANALYTICS, Category.MARKETING)
    assert breach is not None
    assert (breach.verdict, breach.phase, breach.category) == ("confirmed", "before-choice", "analytics")
    assert breach.explanation == (
        "Klaro holds consent for analytics and marketing in the cookie klaro before the banner was answered."
    )


def test_another_managers_open_banner_is_named_as_the_evidence() -> None:
    breach = found(consent_view((0, OPEN), (10, OPEN)), origin="euconsent-v2", origin_name="The TCF string")
    assert breach is not None
    assert "while the cookie klaro shows that nobody has answered" in breach.explanation


def test_an_answer_of_either_kind_closes_the_banner() -> None:
    assert found(GRANTED) is None
    assert found(DENIED) is None


def test_a_missing_cookie_alone_shows_no_open_banner() -> None:
    assert found(consent_view((0, no_cookie()), (10, no_cookie()))) is None
    assert found(consent_view()) is None


def test_an_answer_within_a_second_is_the_manager_writing_its_record_in_two_steps() -> None:
    assert found(consent_view((5, OPEN), (5.5, granted()))) is None


def test_where_nobody_has_to_be_asked_consent_by_default_is_fine() -> None:
    assert found(consent_view((0, OPEN), (10, OPEN), regime=Regime.OPT_OUT)) is None
    assert found(consent_view((0, denied()), regime=Regime.OPT_OUT)) is None
