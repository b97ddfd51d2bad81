"""The table of verdicts: what is in force, under which law, and how that is known."""

from __future__ import annotations

from itertools import product

import pytest

from addon.consent.timeline import Certainty, ConsentState, Standing
from addon.judge.verdict import Lack, Phase, Regime, Verdict, lack_of, opted_out_lack
from vendor_catalog import CallKind, Category

from .consent_views import (
    ANALYTICS,
    MARKETING,
    NECESSARY,
    UNMAPPED,
    call,
    consent_view,
    denied,
    event,
    granted,
    no_cookie,
    signal,
    stamp_signal,
)

GRANTED, DENIED, UNANSWERED, NOTHING, UNCLEAR, UNREADABLE = Standing
OPT_IN, OPT_OUT = Regime.OPT_IN, Regime.OPT_OUT


def lack(standing: Standing, regime: Regime, certainty: Certainty, **more: object) -> Lack | None:
    return lack_of(ConsentState(standing, certainty, **more), regime)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("standing", "opt_in", "opt_out"),
    [(GRANTED, False, False), (DENIED, True, True), (UNANSWERED, True, False), (NOTHING, True, False)],
)
@pytest.mark.parametrize("certainty", Certainty)
def test_what_is_a_violation_depends_on_the_state_and_the_law_not_on_how_it_is_known(
    standing: Standing, opt_in: bool, opt_out: bool, certainty: Certainty
) -> None:
    assert (lack(standing, OPT_IN, certainty) is not None) is opt_in
    assert (lack(standing, OPT_OUT, certainty) is not None) is opt_out


@pytest.mark.parametrize(
    ("certainty", "explicit", "expected"),
    [
        (Certainty.DATED, True, Verdict.CONFIRMED),
        (Certainty.DATED, False, Verdict.CONFIRMED),
        (Certainty.OBSERVED, True, Verdict.CONFIRMED),
        (Certainty.BRACKETED, True, Verdict.CONFIRMED),
        (Certainty.BRACKETED, False, Verdict.LIKELY),
        (Certainty.OPEN_WINDOW, True, Verdict.CONFIRMED),
        (Certainty.OPEN_WINDOW, False, Verdict.LIKELY),
        (Certainty.SEEN_BEFORE, True, Verdict.UNPROVEN),
        (Certainty.SEEN_BEFORE, False, Verdict.UNPROVEN),
        (Certainty.ONLY_AFTER, False, Verdict.LIKELY),
        (Certainty.NOTHING_AFTER, False, Verdict.UNPROVEN),
    ],
)
def test_how_sure_an_unanswered_banner_is_depends_on_what_was_seen_around_it(
    certainty: Certainty, explicit: bool, expected: Verdict
) -> None:
    before = signal(answered=False) if explicit else no_cookie()
    found = lack(UNANSWERED, OPT_IN, certainty, before=before)
    assert found is not None
    assert (found.verdict, found.phase) == (expected, Phase.BEFORE_CHOICE)


def test_a_refusal_seen_before_is_confirmed_without_anything_after_it() -> None:
    found = lack(DENIED, OPT_OUT, Certainty.SEEN_BEFORE, before=denied())
    assert found is not None
    assert (found.verdict, found.phase) == (Verdict.CONFIRMED, Phase.AFTER_DENIAL)


@pytest.mark.parametrize(("one", "other"), [(a, b) for a, b in product(Standing, Standing) if a is not b])
@pytest.mark.parametrize("regime", Regime)
def test_an_open_window_is_unproven_unless_both_states_lack_consent_and_fine_if_neither_does(
    one: Standing, other: Standing, regime: Regime
) -> None:
    lacking = {OPT_IN: {DENIED, UNANSWERED, NOTHING}, OPT_OUT: {DENIED}}[regime]
    found = lack(one, regime, Certainty.OPEN_WINDOW, alternative=other, before=no_cookie())
    if {one, other} <= lacking:
        assert found is not None
        assert found.verdict is Verdict.LIKELY
    elif {one, other} & (lacking | {UNCLEAR} | ({UNREADABLE} if regime is OPT_IN else set())):
        assert found is not None
        assert found.verdict is Verdict.UNPROVEN
    else:
        assert found is None


@pytest.mark.parametrize("regime", Regime)
def test_an_answer_that_says_nothing_of_a_category_is_unproven_never_more(regime: Regime) -> None:
    for certainty in Certainty:
        found = lack(UNCLEAR, regime, certainty, before=granted())
        assert found is not None
        assert found.verdict is Verdict.UNPROVEN


# --- phases


@pytest.mark.parametrize(
    ("standing", "more", "phase"),
    [
        (UNANSWERED, {}, Phase.BEFORE_CHOICE),
        (DENIED, {}, Phase.AFTER_DENIAL),
        (DENIED, {"earlier_grant": True}, Phase.AFTER_WITHDRAWAL),
        (NOTHING, {}, Phase.NO_SIGNAL),
        (NOTHING, {"answered_later": True}, Phase.BEFORE_CHOICE),
        (UNCLEAR, {}, Phase.NO_SIGNAL),
        (UNCLEAR, {"answered_later": True}, Phase.BEFORE_CHOICE),
        (UNCLEAR, {"answered_later": True, "before": granted()}, Phase.NO_SIGNAL),
        (GRANTED, {"alternative": DENIED, "earlier_grant": True}, Phase.AFTER_WITHDRAWAL),
        (UNANSWERED, {"alternative": GRANTED}, Phase.BEFORE_CHOICE),
    ],
)
def test_the_phase_says_where_in_the_visit_the_act_stands(
    standing: Standing, more: dict[str, object], phase: Phase
) -> None:
    found = lack(standing, OPT_IN, Certainty.OPEN_WINDOW, **more)
    assert found is not None
    assert found.phase is phase


# --- from signals to verdicts


def verdict(at: float, *seen: tuple[float, object], regime: Regime = OPT_IN, **more: float) -> tuple[str, str] | None:
    """Verdict and phase of an event at a moment."""
    found = consent_view(*seen, regime=regime, **more).lack(ANALYTICS, event(at))  # type: ignore[arg-type]
    return None if found is None else (str(found.verdict), str(found.phase))


def test_a_dated_grant_that_shows_up_later_covers_what_came_after_it_and_nothing_before() -> None:
    story = ((0, no_cookie()), (10, granted(at=5)))
    assert verdict(4, *story) == ("confirmed", "before-choice")
    assert verdict(6, *story) is None


def test_an_undated_grant_leaves_the_window_unproven() -> None:
    story = ((0, no_cookie()), (10, granted()))
    assert verdict(5, *story) == ("unproven", "before-choice")
    assert verdict(11, *story) is None


def test_two_requests_without_the_cookie_make_it_likely_and_one_alone_does_not() -> None:
    assert verdict(5, (0, no_cookie())) == ("unproven", "before-choice")
    assert verdict(5, (0, no_cookie()), (10, no_cookie())) == ("likely", "before-choice")
    assert verdict(5, (10, no_cookie())) == ("likely", "before-choice")


def test_an_open_banner_that_a_signal_shows_before_and_after_is_confirmed() -> None:
    open_banner = signal(answered=False)
    assert verdict(5, (0, open_banner), (10, open_banner)) == ("confirmed", "before-choice")


def test_nothing_seen_at_all_is_unproven() -> None:
    assert verdict(5) == ("unproven", "no-signal")


def test_a_withdrawal_is_distinguished_from_a_refusal() -> None:
    assert verdict(5, (0, denied()), (10, denied())) == ("confirmed", "after-denial")
    assert verdict(15, (0, granted()), (10, denied()), (20, denied())) == ("confirmed", "after-withdrawal")
    assert verdict(5, (0, granted()), (10, denied())) == ("unproven", "after-withdrawal")
    assert verdict(5, (0, granted()), (10, denied(at=4))) == ("confirmed", "after-withdrawal")
    assert verdict(5, (0, granted()), (10, denied(at=6))) is None


def test_a_grant_after_a_refusal_clears_what_came_after_it() -> None:
    story = ((0, denied()), (10, granted(at=5)))
    assert verdict(4, *story) == ("confirmed", "after-denial")
    assert verdict(6, *story) is None


def test_a_capture_that_begins_in_the_middle_of_a_visit_accuses_of_nothing_certain() -> None:
    """The cookie dates a choice to after the act; what was in force before it is not on the wire."""
    assert verdict(4, (10, granted(at=5))) == ("unproven", "before-choice")
    assert verdict(6, (10, granted(at=5))) is None
    assert verdict(4, (10, granted())) == ("unproven", "before-choice")


def test_another_machines_clock_does_not_decide_what_is_too_near() -> None:
    story = ((0, no_cookie()), (10, granted(at=5)))
    assert verdict(4, *story, margin=2.0) == ("unproven", "before-choice")
    assert verdict(6, *story, margin=2.0) == ("unproven", "before-choice")
    assert verdict(2, *story, margin=2.0) == ("confirmed", "before-choice")
    assert verdict(8, *story, margin=2.0) is None


def test_necessary_needs_no_consent_and_an_unknown_category_is_unproven() -> None:
    story = consent_view((0, denied()), (10, denied()))
    assert story.lack(NECESSARY, event()) is None
    found = story.lack(UNMAPPED, event())
    assert found is not None
    assert found.verdict is Verdict.UNPROVEN


def test_in_an_opt_out_regime_only_a_refusal_counts() -> None:
    assert verdict(5, (0, no_cookie()), (10, no_cookie()), regime=OPT_OUT) is None
    assert verdict(5, regime=OPT_OUT) is None
    assert verdict(5, (0, denied()), (10, denied()), regime=OPT_OUT) == ("confirmed", "after-denial")


# --- the opt-out preference signal


def gpc_verdict(at: float, *seen: tuple[float, object], gpc: float = 0, regime: Regime = OPT_OUT) -> str | None:
    found = consent_view(*seen, regime=regime, gpc=gpc).lack(MARKETING, call(CallKind.COLLECT, at=at))  # type: ignore[arg-type]
    return None if found is None else str(found.verdict)


def test_gpc_refuses_marketing_where_opt_outs_apply_and_nobody_answered() -> None:
    assert gpc_verdict(5) == "confirmed"
    assert gpc_verdict(5, (0, no_cookie()), (10, no_cookie())) == "confirmed"
    assert gpc_verdict(5, (0, no_cookie()), (10, granted(at=6))) == "confirmed"
    assert gpc_verdict(5, (0, no_cookie()), (10, denied())) == "confirmed"


def test_gpc_does_not_outweigh_what_the_person_granted() -> None:
    assert gpc_verdict(5, (0, granted()), (10, granted())) is None
    assert gpc_verdict(7, (0, no_cookie()), (10, granted(at=6))) is None


def test_gpc_is_unproven_where_the_grant_may_have_come_before_the_act() -> None:
    """Not confirmed: the person may have accepted at 4 s, and the undated cookie shows it only at 10 s."""
    assert gpc_verdict(5, (0, no_cookie()), (10, granted())) == "unproven"
    assert gpc_verdict(5, (10, granted())) == "unproven"


def test_gpc_says_nothing_before_it_was_seen_or_of_analytics_or_where_opt_in_applies() -> None:
    assert gpc_verdict(5, gpc=6) is None
    assert consent_view(regime=OPT_OUT, gpc=0).lack(ANALYTICS, event()) is None
    found = consent_view(regime=OPT_IN, gpc=0).lack(MARKETING, call(CallKind.COLLECT))
    assert found is not None
    assert not found.opted_out
    assert found.verdict is Verdict.UNPROVEN


def test_an_opt_out_after_a_grant_that_was_taken_back_is_a_withdrawal() -> None:
    state = ConsentState(UNANSWERED, Certainty.BRACKETED, before=no_cookie(), earlier_grant=True)
    found = opted_out_lack(state)
    assert found is not None
    assert found.phase is Phase.AFTER_WITHDRAWAL
    assert opted_out_lack(ConsentState(GRANTED, Certainty.BRACKETED)) is None
    assert opted_out_lack(ConsentState(UNCLEAR, Certainty.BRACKETED)) is None


# --- stamps


def test_stamps_are_believed_only_where_nothing_else_speaks() -> None:
    yes, no = stamp_signal(grants=True), stamp_signal(grants=False)
    assert verdict(5, (5, yes)) is None
    assert verdict(5, (5, no)) == ("confirmed", "after-denial")
    assert verdict(5, (0, denied()), (5, yes), (10, denied())) == ("confirmed", "after-denial")
    assert verdict(5, (0, no_cookie()), (5, yes), (10, no_cookie())) == ("unproven", "before-choice")


def test_the_surest_verdict_stands_first_and_every_category_has_its_own_state() -> None:
    assert list(Verdict) == [Verdict.CONFIRMED, Verdict.LIKELY, Verdict.UNPROVEN, Verdict.CLEARED]
    half = signal(Category.ANALYTICS, refused=(Category.MARKETING,))
    story = consent_view((0, half), (10, half))
    assert story.lack(ANALYTICS, event()) is None
    assert story.lack(MARKETING, event()) is not None
