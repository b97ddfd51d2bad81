"""Which hosts a record binds: those whose own requests carry it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from addon.consent.signal import Signal
from addon.consent.timeline import ConsentState, Standing, Timeline
from addon.consent.timeline import hosts as host_records

from .stories import BLOG, DENIED, GRANTED, NEED, UNANSWERED, WWW, missing, says

APP = "app.shop.example"


def carried(timeline: Timeline, at: float, signal: Signal) -> None:
    """A request that carried a record."""
    timeline.observe(signal, at)
    timeline.look(signal.host, at, frozenset({signal.origin}), f"x{at:g}")


def lacked(timeline: Timeline, at: float, host: str) -> None:
    """A request that carried none."""
    timeline.observe(missing(host), at)
    timeline.look(host, at, frozenset(), f"x{at:g}")


def played(*seen: tuple[float, Signal | str], queried: bool = False) -> Timeline:
    """A session; ``queried`` if it is asked all the while what is in force."""
    timeline = Timeline()
    for at, shown in seen:
        if isinstance(shown, str):
            lacked(timeline, at, shown)
        else:
            carried(timeline, at, shown)
        if queried:
            state(timeline, WWW)
            state(timeline, BLOG)
    return timeline


def state(timeline: Timeline, host: str, at: float = 10) -> ConsentState:
    return timeline.state(NEED, at, host)


@pytest.mark.parametrize(("value", "standing"), [(True, GRANTED), (False, DENIED)])
def test_a_record_that_another_host_never_carries_does_not_bind_it(value: bool, standing: Standing) -> None:
    timeline = played((1, BLOG), (2, says(value)), (4, BLOG), (6, says(value)), (12, BLOG))
    assert state(timeline, WWW).standing is standing
    found = state(timeline, BLOG)
    assert (found.standing, found.explicit) == (UNANSWERED, False)


def test_it_is_one_that_the_other_host_s_requests_lacked_while_there_was_one() -> None:
    """Without a request that could show it, a record binds the whole site."""
    assert state(played((2, says(True))), BLOG).standing is GRANTED
    assert state(played((1, BLOG), (2, says(True))), BLOG).standing is GRANTED, "nobody had answered by then"
    assert state(played((2, says(True)), (4, BLOG)), BLOG).standing is UNANSWERED


def test_what_was_deleted_in_between_may_have_been_everybodys() -> None:
    timeline = played((2, says(True)), (4, BLOG), (6, WWW))
    found = state(timeline, BLOG, 3)
    assert {found.standing, found.alternative} == {GRANTED, UNANSWERED}


def test_what_the_other_host_carried_before_was_deleted_there_for_both() -> None:
    timeline = played((1, says(True)), (2, says(True, host=BLOG)), (4, BLOG))
    found = state(timeline, BLOG, 3)
    assert {found.standing, found.alternative} == {GRANTED, UNANSWERED}


def test_each_host_goes_by_its_own_where_both_keep_one() -> None:
    """The values are the same on both at times; whose they are does not get lost by that."""
    timeline = played(
        (1, says(True)), (2, BLOG), (3, says(True, host=BLOG)), (4, says(True)), (5, says(False, host=BLOG)), (6, says(True)),
        (12, says(True)), (14, says(False, host=BLOG)),
    )  # fmt: skip
    assert state(timeline, WWW).standing is GRANTED
    assert state(timeline, BLOG).standing is DENIED
    assert state(timeline, BLOG, 4).standing is GRANTED
    assert state(timeline, BLOG, 4).certainty == "open window"


@pytest.mark.parametrize("dated", [None, 0.5])
def test_two_values_that_come_back_are_of_two_records(dated: float | None) -> None:
    yes, no = says(True, dated=dated), says(False, dated=dated, host=BLOG)
    once = ((1.0, yes), (2.0, no), (3.0, yes))
    twice = (*once, (4.0, no), (5.0, yes))
    assert state(played(*once), BLOG).standing is (DENIED if dated else GRANTED), "a choice can be made again"
    assert state(played(*twice), BLOG).standing is DENIED
    assert state(played(*twice), WWW).standing is GRANTED


def test_a_choice_that_changes_on_one_host_changes_on_all() -> None:
    timeline = played((1, says(True)), (2, says(True, host=BLOG)), (5, says(False, host=BLOG)))
    assert state(timeline, WWW).standing is DENIED


def test_a_host_shares_with_some_and_not_with_others() -> None:
    timeline = played((1, says(False)), (2, BLOG), (3, says(False, host=APP)), (4, BLOG), (6, says(False)))
    assert state(timeline, APP).standing is DENIED
    assert state(timeline, BLOG).standing is UNANSWERED
    groups = {hosts: part.state(NEED, 10).standing for hosts, part in timeline.parts()}
    assert groups == {frozenset({WWW, APP}): DENIED, frozenset({BLOG}): UNANSWERED}
    assert timeline.on_page(BLOG).state(NEED, 10).standing is UNANSWERED


def test_a_site_whose_hosts_share_their_records_is_one_part() -> None:
    timeline = played((1, says(True)), (2, says(True, host=BLOG)))
    assert timeline.parts() == [(frozenset(), timeline)]


# --- what a response says


def set_by(domain: str | None, *later: tuple[float, Signal]) -> Timeline:
    timeline = Timeline()
    signal = says(False)
    timeline.set_for(signal, domain)
    timeline.observe(signal, 1)
    for at, shown in later:
        carried(timeline, at, shown)
    return timeline


def test_a_record_that_was_set_for_its_host_alone_binds_no_other() -> None:
    assert state(set_by(None), WWW).standing is DENIED
    assert state(set_by(None), BLOG).standing is not DENIED
    assert state(set_by("www.shop.example"), BLOG).standing is not DENIED
    assert state(set_by("shop.example"), BLOG).standing is DENIED
    assert state(set_by("g.shop.example"), BLOG).standing is not DENIED, (
        "no domain of the host, though its name ends like it"
    )


def test_what_a_host_shows_itself_counts_whatever_a_response_of_another_said() -> None:
    assert state(set_by(None, (2, says(False, host=BLOG))), BLOG).standing is DENIED


def test_another_value_may_have_been_kept_in_another_way() -> None:
    assert state(set_by(None, (2, says(False, note="by a script"))), BLOG).standing is DENIED


def test_what_was_set_for_all_is_not_held_against_who_never_sends_it() -> None:
    timeline = set_by("shop.example", (2, says(False)))
    lacked(timeline, 3, BLOG)
    assert state(timeline, BLOG).standing is UNANSWERED


# --- in any order

shown = st.lists(st.tuples(st.sampled_from([WWW, BLOG]), st.sampled_from([True, False, None])), max_size=12)


def content(timeline: Timeline) -> list[object]:
    return [
        (found.standing, found.certainty, found.alternative)
        for step in range(26)
        for host in (WWW, BLOG)
        for found in [state(timeline, host, step / 2)]
    ]


@settings(deadline=None, derandomize=True, max_examples=200)
@given(shown, st.integers(0, 2**12))
def test_requests_that_come_a_little_late_tell_the_same_of_each_host(
    seen: list[tuple[str, bool | None]], swapped: int
) -> None:
    story: list[tuple[float, Signal | str]] = [
        (float(at), host if value is None else says(value, host=host)) for at, (host, value) in enumerate(seen)
    ]
    shuffled = list(story)
    for index in range(0, len(story) - 1, 2):  # one that took longer than the next
        if swapped & 1 << index:
            shuffled[index], shuffled[index + 1] = shuffled[index + 1], shuffled[index]
    told = content(played(*story))
    assert content(played(*shuffled)) == content(played(*story, queried=True)) == told
    assert content(played(*shuffled, queried=True)) == told


# --- bounds


def test_many_hosts_and_many_changes_stay_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host_records, "_MAX_HOSTS", 3)
    monkeypatch.setattr(host_records, "_MAX_SET", 3)
    timeline = Timeline()
    for number in range(9):
        signal = says(number % 2 == 0, host=f"h{number}.shop.example")
        timeline.set_for(signal, None)
        carried(timeline, number, signal)
        state(timeline, signal.host)
    records = timeline._records
    assert len(records._points["manager"]) <= 3 and len(records._domains) <= 3 and len(records._known) <= 3
