"""First-party requests, whatever they carried."""

from __future__ import annotations

from addon.consent.timeline import Timeline

from .stories import BLOG, NEED, NOTHING, NOTHING_AFTER, ONLY_AFTER, WWW, summary


def looked(*looks: tuple[float, str]) -> Timeline:
    timeline = Timeline()
    for at, host in looks:
        timeline.look(host, at, frozenset(), f"x{at:g}")
    return timeline


def test_a_later_look_without_any_signal_makes_it_likely_that_there_was_none() -> None:
    assert summary(looked((15, WWW)).state(NEED, 10, WWW)) == (NOTHING, ONLY_AFTER, None)
    assert summary(looked((5, WWW), (10, WWW)).state(NEED, 10, WWW)) == (NOTHING, NOTHING_AFTER, None)


def test_a_look_at_another_host_shows_nothing_of_this_one() -> None:
    assert summary(looked((15, BLOG)).state(NEED, 10, WWW)) == (NOTHING, NOTHING_AFTER, None)
    assert summary(looked((5, WWW), (15, BLOG)).state(NEED, 10, WWW)) == (NOTHING, NOTHING_AFTER, None)


def test_if_the_page_is_unknown_a_look_at_any_host_counts() -> None:
    assert summary(looked((5, WWW), (15, BLOG)).state(NEED, 10)) == (NOTHING, ONLY_AFTER, None)


def test_a_manager_that_is_recognised_late_learns_of_the_looks_without_it() -> None:
    timeline = Timeline()
    for at, present in ((1, set[str]()), (2, {"tcf"}), (3, {"manager"}), (4, set[str]())):
        timeline.look(WWW, at, frozenset(present), f"x{at}")
    timeline.look(BLOG, 5, frozenset(), "x5")
    found = [(host, look.at, look.exchange) for host, look in timeline.looks_without("manager")]
    assert found == [(WWW, 1, "x1"), (WWW, 2, "x2"), (WWW, 4, "x4"), (BLOG, 5, "x5")]


def test_of_equal_looks_the_ends_are_kept() -> None:
    timeline = looked(*((float(at), WWW) for at in (3, 1, 2, 5, 4, 6, 9, 7, 8)))
    assert [look.at for _, look in timeline.looks_without("manager")] == [1, 9]
    assert [look.exchange for _, look in timeline.looks_without("manager")] == ["x1", "x9"]
