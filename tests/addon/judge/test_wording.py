"""The sentences that people read: true, whole, with the times that matter."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from addon.consent.signal import Signal, Unread
from addon.consent.timeline import Certainty, ConsentState, Need, Standing
from addon.judge.verdict import Ground, Lack, Phase, Regime, Verdict, lack_of
from addon.judge.wording import carrier, clock, distance, reason, sentence
from tests.addon.building import NOON
from vendor_catalog import CallKind, Category

from .consent_views import (
    ANALYTICS,
    MARKETING,
    call,
    consent_view,
    denied,
    event,
    granted,
    no_cookie,
    signal,
    stamp_signal,
    unread_record,
)


def observed(at: float, *seen: tuple[float, Signal], need: Need = ANALYTICS, **more: float) -> str:
    before = consent_view(*seen, **more)  # type: ignore[arg-type]
    return sentence(before.state(need, event(at)), NOON + at)


def explained(at: float, *seen: tuple[float, Signal]) -> str:
    """The same, followed by what would decide an open question."""
    lack = consent_view(*seen).lack(ANALYTICS, event(at))
    assert lack is not None
    return reason(lack, NOON + at)


def test_moments_and_distances_are_readable() -> None:
    assert clock(NOON + 3.12) == "12:00:03.120Z"
    shown = [distance(seconds) for seconds in (0, 0.412, -3.2, 119, 300, 7_300, 90_000, 2_600_000)]
    assert shown == ["0 ms", "412 ms", "3.2 s", "119.0 s", "5 min", "2 h", "25 h", "30 days"]


@pytest.mark.parametrize(
    ("shown", "one"),
    [
        ("the cookie klaro", granted()),
        ("a first-party request without the cookie of klaro", no_cookie()),
        ("a message's stamp", stamp_signal(grants=True)),
    ],
)
def test_a_signal_is_named_by_what_carried_it(shown: str, one: Signal) -> None:
    assert carrier(one) == shown


def test_carriers_of_calls_and_responses_are_named_too() -> None:
    called = replace(granted(), carrier="call logconsent.ashx")
    assert carrier(called) == "the consent manager's call logconsent.ashx"
    answered = replace(granted(), carrier="set-cookie CookieConsent")
    assert carrier(answered) == "the response's cookie CookieConsent"


def test_a_date_that_decides_is_given_with_its_distance_and_direction() -> None:
    story = ((0, no_cookie()), (10, denied(at=5)))
    assert observed(3, *story) == (
        "Consent was not yet answered: the cookie klaro dates the choice to 12:00:05.000Z, 2.0 s after this."
    )
    assert (
        observed(7, *story)
        == "Consent was refused: the cookie klaro dates the choice to 12:00:05.000Z, 2.0 s before this."
    )


def test_a_date_on_another_day_is_given_with_its_day() -> None:
    assert observed(7, (10, denied(at=-86400 * 3))) == (
        "Consent was refused: the cookie klaro dates the choice to 2026-04-28 12:00:00.000Z, 3 days before this."
    )


def test_a_date_without_a_time_is_given_as_a_day() -> None:
    tomorrow = signal(Category.ANALYTICS, not_before=43_200, origin="iab-tcf")
    assert "seen 14 h later, dates a choice to 2026-05-02, which is after this" in observed(5, (50_000, tomorrow))
    state = ConsentState(Standing.UNANSWERED, Certainty.DATED, before=no_cookie(), after=tomorrow)
    assert sentence(state, NOON) == (
        "Consent was not yet answered: the cookie iab-tcf dates the choice to 2026-05-02, after this."
    )


def test_what_was_seen_around_an_act_is_described_as_seen() -> None:
    absent = no_cookie()
    assert observed(5, (0, absent), (10, no_cookie())) == (
        "Consent was not yet answered: a first-party request without the cookie of klaro showed it before this, and again"
        " after it."
    )
    assert observed(5, (0, denied())) == (
        "Consent was refused, as the cookie klaro showed before this; nothing after it shows whether that changed."
    )
    assert observed(5, (10, no_cookie())) == (
        "No signal of consent was seen before this, and 5.0 s later a first-party request without the cookie of klaro shows"
        " that it was still unanswered."
    )
    assert observed(5, (10, denied())).endswith("5.0 s later the cookie klaro shows that it was refused.")


def test_a_missing_cookie_that_says_nothing_is_not_described_as_an_unanswered_banner() -> None:
    """OneTrust's cookie may be missing for other reasons."""
    silent = no_cookie(answered=None, origin="onetrust")
    assert observed(5, (0, silent), (10, no_cookie(answered=None, origin="onetrust"))) == (
        "Nothing on the wire shows consent: a first-party request without the cookie of onetrust came before this, and"
        " another after it."
    )
    assert observed(5, (10, silent)).endswith("without the cookie of onetrust shows that it was still not stored.")


def test_an_open_window_says_what_would_decide_it() -> None:
    assert explained(5, (0, no_cookie()), (10, granted())) == (
        "Consent was not yet answered before this and granted 5.0 s later, as the cookie klaro shows without saying when the"
        " choice was made. A timestamp, the in-page probe or a mark of what was pressed would decide it."
    )


def test_a_date_too_near_for_two_clocks_is_given_and_not_called_missing() -> None:
    shown = observed(6, (0, no_cookie()), (10, granted(at=5)), margin=2.0)
    assert "dates the choice to 12:00:05.000Z settles nothing" in shown
    assert "without saying" not in shown


def test_a_capture_that_begins_in_the_middle_says_so() -> None:
    assert observed(4, (10, granted(at=5))) == (
        "Consent was not yet answered, or answered earlier: the cookie klaro, seen 6.0 s later, dates a choice to"
        " 12:00:05.000Z, which is after this, and the capture shows nothing from before."
    )
    assert observed(4, (10, granted())) == (
        "Consent was not shown by anything on the wire or granted: the capture shows nothing from before this, and the cookie"
        " klaro came 6.0 s later."
    )


def test_stamps_against_a_silent_consent_manager_are_both_described() -> None:
    assert observed(5, (0, no_cookie()), (5, stamp_signal(grants=True))) == (
        "Consent was not yet answered by the consent manager, whose cookie was never seen, but granted by the messages' own"
        " stamps."
    )


def test_nothing_at_all_says_what_would_help() -> None:
    assert explained(5) == (
        "Nothing on the wire shows consent before this, and no first-party request after it shows the state. One more page"
        " view, or a mark of what was pressed, would decide it."
    )


def test_later_looks_without_any_consent_manager_are_described() -> None:
    before = consent_view()
    before.timeline.look("www.shop.example", NOON + 10, frozenset(), "1.2")
    assert sentence(before.state(ANALYTICS, event(5)), NOON + 5) == (
        "No signal of consent was in force, and later first-party requests still show none."
    )


def test_an_opt_out_signal_is_described_beside_what_the_consent_manager_shows() -> None:
    """Not: "consent was refused: the cookie dates the choice to ..." of a cookie that grants."""
    before = consent_view((0, no_cookie()), (10, granted(at=6)), regime=Regime.OPT_OUT, gpc=0)
    found = before.lack(MARKETING, call(CallKind.COLLECT))
    assert found is not None
    assert reason(found, NOON + 5) == (
        "An opt-out preference signal (Sec-GPC: 1) was in force. Consent was not yet answered: the cookie klaro dates the"
        " choice to 12:00:06.000Z, 1.0 s after this."
    )


SEEN = st.lists(
    st.tuples(
        st.integers(0, 20),
        st.sampled_from(
            [
                no_cookie,
                lambda: no_cookie(answered=None, origin="onetrust"),
                granted,
                denied,
                lambda: granted(at=5),
                lambda: denied(at=12),
                lambda: signal(answered=False),
                lambda: signal(not_before=8, origin="iab-tcf"),
                *(lambda why=why: unread_record(why) for why in Unread),
                lambda: stamp_signal(grants=True),
                lambda: stamp_signal(grants=False),
            ]
        ),
    ),
    max_size=6,
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(SEEN, st.integers(0, 20), st.sampled_from([0.0, 2.0]), st.sampled_from(Regime), st.booleans())
def test_whatever_was_seen_the_reason_is_whole_and_holds(
    seen: list[tuple[int, object]], at: int, margin: float, regime: Regime, gpc: bool
) -> None:
    made = [(moment, make()) for moment, make in seen]  # type: ignore[operator]
    before = consent_view(*made, regime=regime, gpc=0 if gpc else None, margin=margin)
    found = before.lack(MARKETING, call(CallKind.COLLECT, at=at))
    if found is None:
        return
    shown = reason(found, NOON + at)
    assert shown.endswith(".")
    assert "would decide" not in shown or found.verdict is Verdict.UNPROVEN
    assert not re.search(r"[{}]|None|  |\bnan\b|Standing|Certainty", shown)
    assert ("Sec-GPC" in shown) is found.opted_out
    dated = re.search(r"to (\d\d):(\d\d):(\d\d)\.\d+Z, (?:[\d.]+ m?s) (before|after) this", shown)
    if dated:
        moment = int(dated[3])
        assert (moment <= at) == (dated[4] == "before")


STATES = [
    ConsentState(standing, certainty, alternative, before=before, after=after, lasted=lasted, at_odds=at_odds)
    for standing in Standing
    for certainty in Certainty
    for alternative in (None, *Standing)
    for before in (None, no_cookie(), granted(), denied(at=-5), unread_record(Unread.BROKEN))
    for after in (None, no_cookie(), granted(at=5), denied(), unread_record(Unread.NO_READER))
    for lasted in (False, True)
    for at_odds in (False, True)
]


@pytest.mark.parametrize("regime", Regime)
def test_no_verdict_says_more_than_its_own_sentence_in_any_state(regime: Regime) -> None:
    for state in STATES:
        lack = lack_of(state, regime)
        if lack is not None:
            shown = reason(lack, NOON)
            assert ("would decide" in shown) <= (lack.verdict is Verdict.UNPROVEN), (state, shown)


def test_what_would_decide_it_is_said_on_no_ground_that_is_decided() -> None:
    state = ConsentState(
        Standing.UNANSWERED, Certainty.OPEN_WINDOW, Standing.GRANTED, before=no_cookie(), after=granted()
    )
    for ground in Ground:
        shown = reason(Lack(ground, Phase.NO_SIGNAL, state), NOON)
        assert ("would decide" in shown) <= (ground.verdict is Verdict.UNPROVEN), ground


@pytest.mark.parametrize("why", Unread)
def test_a_record_that_cannot_be_read_is_described_as_unreadable_and_never_as_missing(why: Unread) -> None:
    shown = explained(5, (0, unread_record(why)), (10, unread_record(why)))
    assert shown.startswith("What was in force cannot be told: ")
    assert "without the cookie" not in shown
    assert "would decide it" in shown


def test_an_answer_that_lasted_until_the_next_dated_one_is_shown_by_itself() -> None:
    first, second = denied(at=1), signal(refused=(Category.ANALYTICS,), at=20)
    assert observed(6, (2, first), (22, second)) == (
        "Consent was refused: the cookie klaro showed it before this, and dates the next choice to 12:00:20.000Z, after this."
    )
