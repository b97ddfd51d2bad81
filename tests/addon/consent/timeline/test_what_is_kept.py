"""A long session stays small, and what is dropped changes nothing that is told: a model that keeps everything says the same."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from hypothesis import example, given, settings
from hypothesis import strategies as st

from addon.consent.reader import TCF_ORIGIN
from addon.consent.signal import Rank, Signal
from addon.consent.stamps import STAMP_ORIGIN
from addon.consent.timeline import Certainty, ConsentState, Need, Standing, Timeline
from addon.consent.timeline.points import MAX_BETWEEN, MAX_POINTS
from addon.consent.timeline.timeline import _MAX_HOSTS

from .stories import (
    BLOG,
    BRACKETED,
    DATED,
    DENIED,
    GRANTED,
    NEED,
    NOTHING,
    NOTHING_AFTER,
    OBSERVED,
    ONLY_AFTER,
    OPEN_WINDOW,
    SEEN_BEFORE,
    UNANSWERED,
    UNCLEAR,
    WWW,
    missing,
    says,
    stamp,
    story,
    summary,
    tc,
)

# --- keeping small


def test_an_equal_observation_is_no_news() -> None:
    timeline = Timeline()
    first = timeline.observe(says(True), 1)
    assert timeline.observe(says(True), 2) is first
    assert timeline.observe(says(True), 0) is first
    second = timeline.observe(says(False), 3)
    assert second is not first
    assert timeline.observe(says(True), 4) is not first
    assert timeline.observe(says(False), 2.5) is second


def test_a_session_that_shows_the_same_for_hours_stays_small() -> None:
    timeline = story(*((float(at), says(True)) for at in range(20_000)))
    (points,) = timeline._points.values()
    assert [point.at for point in points] == [0, 19_999]
    assert len(points[1].between) <= 2 * MAX_BETWEEN


def test_a_session_that_changes_all_the_time_stays_bounded() -> None:
    timeline = story(*((float(at), says(at % 2 == 0)) for at in range(5000)))
    timeline_looks = Timeline()
    for at in range(5000):
        timeline_looks.look(WWW, at, frozenset({"manager"} if at % 2 else ()), str(at))
    (points,) = timeline._points.values()
    (looks,) = timeline_looks._looks.values()
    assert len(points) == len(looks) == MAX_POINTS
    assert points[-1].at == looks[-1].at == 4999
    assert timeline.state(NEED, 4998.5, WWW).standing is GRANTED


def test_endless_hosts_of_one_session_stay_bounded() -> None:
    timeline = Timeline()
    for number in range(_MAX_HOSTS + 50):
        timeline.look(f"h{number}.shop.example", float(number), frozenset(), str(number))
    assert len(timeline._looks) == _MAX_HOSTS


# --- against a model that keeps everything


@dataclass(frozen=True)
class Model:
    """The timeline's promises, spelt out over every observation that was ever made. Records of one host: what others that keep their
    own change in that, ``test_hosts.py`` has."""

    seen: tuple[tuple[float, Signal], ...]
    margin: float

    def state(self, need: Need, at: float, host: str | None) -> ConsentState:
        unclear: ConsentState | None = None
        for origin in self.origins():
            if origin == STAMP_ORIGIN and unclear is not None:
                continue
            state = self.of(origin, need, at, host)
            if state is None:
                continue
            if origin == STAMP_ORIGIN:
                return self.weighed(state, need, at, host)
            if UNCLEAR not in (state.standing, state.alternative):
                return state
            unclear = unclear or state
        return unclear or ConsentState(NOTHING, NOTHING_AFTER)

    def origins(self) -> list[str]:
        spoken = {signal.origin: -signal.rank for _, signal in self.seen if not signal.absent}
        silent = {signal.origin for _, signal in self.seen} - spoken.keys()
        return [*sorted(spoken, key=lambda origin: (spoken[origin], origin)), *sorted(silent)]

    def weighed(self, stamped: ConsentState, need: Need, at: float, host: str | None) -> ConsentState:
        for origin in self.origins():
            silent = None if origin == STAMP_ORIGIN else self.of(origin, need, at, host)
            if silent is None or silent.standing is not UNANSWERED:
                continue
            for claim in (GRANTED, UNCLEAR, DENIED):
                if claim is stamped.standing:
                    return replace(silent, certainty=OPEN_WINDOW, alternative=claim, after=stamped.decisive)
                if claim is stamped.alternative:
                    return replace(silent, certainty=OPEN_WINDOW, alternative=claim, after=stamped.after)
            return silent
        return stamped

    def of(self, origin: str, need: Need, at: float, host: str | None) -> ConsentState | None:
        mine = sorted(
            ((seen_at, signal) for seen_at, signal in self.seen if signal.origin == origin), key=lambda seen: seen[0]
        )
        visible = [seen for seen in mine if not seen[1].absent or host in (None, seen[1].host)]
        earlier = [seen for seen in visible if seen[0] <= at]
        later = [seen for seen in visible if seen[0] > at]
        before = earlier[-1] if earlier else None
        after = later[0] if later else None
        if before is None and after is None:
            return None
        if before is None or before[1].absent:
            shown = next((seen for seen in later if not seen[1].absent), None)
            if shown is not None and shown[1].answered is False:
                answered = any(signal.answered is True for _, signal in later)
                granted = any(self.standing(signal, need) is GRANTED for _, signal in earlier)
                was_seen = before[1] if before else None
                found = ConsentState(UNANSWERED, ONLY_AFTER, None, was_seen, shown[1], shown[0], granted, answered)
                return replace(found, waits=True)
        was = self.standing(before[1], need) if before else NOTHING
        will = self.standing(after[1], need) if after else NOTHING
        at_odds = False
        standing, certainty, alternative = self.between(before, after, was, will, at)
        if before is not None and before[0] == at and not before[1].absent:
            rivals = {self.standing(signal, need) for seen_at, signal in visible if seen_at == at} - {was}
            if rivals:
                standing, certainty, alternative = was, OPEN_WINDOW, rivals.pop() if len(rivals) == 1 else UNCLEAR
                at_odds = True
            elif after is None or not before[1].same_content(after[1]):
                standing, certainty, alternative = was, OBSERVED, None
        return ConsentState(
            standing,
            certainty,
            alternative,
            before[1] if before else None,
            after[1] if after else None,
            after[0] if after else None,
            any(self.standing(signal, need) is GRANTED for _, signal in earlier),
            any(signal.answered is True for _, signal in later),
            at_odds,
            certainty is DATED and was in (GRANTED, DENIED) and (after[1].effective_at or after[1].not_before) > at,
        )

    def between(
        self,
        before: tuple[float, Signal] | None,
        after: tuple[float, Signal] | None,
        was: Standing,
        will: Standing,
        at: float,
    ) -> tuple[Standing, Certainty, Standing | None]:
        if after is None:
            return was, NOTHING_AFTER if was is NOTHING else SEEN_BEFORE, None
        if before is not None and before[1].same_content(after[1]):
            return was, BRACKETED, None
        in_force = self.in_force(before, after, at)
        if in_force is True:
            return will, DATED, None
        if in_force is False:
            if before is None:
                return UNANSWERED, OPEN_WINDOW, UNCLEAR
            return (UNANSWERED if was is NOTHING else was), DATED, None
        if before is None and will in (UNANSWERED, DENIED, NOTHING):
            return (UNANSWERED if will is UNANSWERED else NOTHING), ONLY_AFTER, None
        if was is will:
            return was, BRACKETED, None
        return was, OPEN_WINDOW, will

    def in_force(self, before: tuple[float, Signal] | None, after: tuple[float, Signal], at: float) -> bool | None:
        slack = self.margin + 1
        dated, day = after[1].effective_at, after[1].not_before
        if dated is not None:
            if dated > after[0] + slack or (before is not None and dated < before[0] - slack):
                return None
            return None if abs(dated - at) < self.margin else dated <= at
        if day is not None and at < day - self.margin and day <= after[0] + slack:
            return False
        return None

    @staticmethod
    def standing(signal: Signal, need: Need) -> Standing:
        if signal.answered is False:
            return UNANSWERED
        if signal.absent:
            return NOTHING
        return {True: GRANTED, False: DENIED, None: UNCLEAR}[signal.value(need.categories, need.vendor, need.keys)]


def as_content(state: ConsentState) -> ConsentState:
    """A state whose signals are equal if they say the same: observations of one content are one row."""

    def bare(signal: Signal | None) -> object:
        if signal is None:
            return None
        host = signal.host if signal.absent else ""
        return (signal.origin, signal.raw, signal.answered, host, signal.effective_at, signal.not_before)

    return replace(state, before=bare(state.before), after=bare(state.after))  # type: ignore[arg-type]


moments = st.integers(0, 24).map(float)
contents = st.one_of(
    st.builds(
        says,
        st.sampled_from([True, False, None]),
        answered=st.sampled_from([True, True, False, None]),
        dated=st.none() | moments,
    ),
    st.builds(missing, st.sampled_from([WWW, BLOG])),
    st.builds(missing, st.just(WWW), origin=st.just("another")),
    st.builds(tc, st.sampled_from([True, False, None]), day=st.none() | moments),
    st.builds(
        missing,
        st.sampled_from([WWW, BLOG]),
        origin=st.just(TCF_ORIGIN),
        unanswered=st.just(False),
        rank=st.just(Rank.STANDARD),
    ),
    st.builds(stamp, st.sampled_from([True, False, None])),
)
few_contents = st.lists(contents, min_size=1, max_size=4)


@st.composite
def sessions(draw: st.DrawFn, size: int = 24) -> list[tuple[float, Signal]]:
    """Observations, in order, no two at one moment; few contents, so that there are runs of equal ones."""
    pool = draw(few_contents)
    picked = draw(st.lists(st.sampled_from(pool), max_size=size))
    return [(float(at), replace(signal)) for at, signal in enumerate(picked)]


def all_states(timeline: Timeline | Model) -> Iterable[tuple[float, str | None, ConsentState]]:
    for step in range(-1, 52):
        for host in (WWW, BLOG, None):
            yield step / 2, host, timeline.state(NEED, step / 2, host)


@settings(deadline=None, derandomize=True, max_examples=150)
@given(sessions(), st.sampled_from([0.0, 2.0]))
def test_what_is_dropped_never_changes_what_is_told(seen: list[tuple[float, Signal]], margin: float) -> None:
    timeline, model = story(*seen, margin=margin), Model(tuple(seen), margin)
    for (at, host, kept), (_, _, full) in zip(all_states(timeline), all_states(model), strict=True):
        # of a run of equal signals only the ends are kept, so the first one after the moment may be a later one of them
        assert as_content(replace(kept, after_at=None)) == as_content(replace(full, after_at=None)), (at, host)
        if kept.after_at is not None:
            assert full.after_at is not None and kept.after_at >= full.after_at > at
            assert kept.after is not None
            assert any(when == kept.after_at and signal.same_content(kept.after) for when, signal in seen)


@settings(deadline=None, derandomize=True, max_examples=150)
@given(st.data(), sessions())
def test_observations_that_come_out_of_order_tell_the_same(
    data: st.DataObject, seen: list[tuple[float, Signal]]
) -> None:
    shuffled = data.draw(st.permutations(seen))
    in_order, out_of_order = story(*seen), story(*shuffled)
    for (at, host, one), (_, _, other) in zip(all_states(in_order), all_states(out_of_order), strict=True):
        assert as_content(one) == as_content(other), (at, host)
    for origin, points in in_order._points.items():
        assert [point.at for point in points] == [point.at for point in out_of_order._points[origin]]


def test_a_withdrawal_that_is_reported_late_is_found_between_two_grants() -> None:
    grants = [(float(at), says(True)) for at in (1, 2, 3, 20, 21, 22)]
    timeline = story(*grants, (11, says(False, dated=9)))
    assert summary(timeline.state(NEED, 10, WWW)) == (DENIED, DATED, None)
    assert summary(timeline.state(NEED, 2.5, WWW)) == (GRANTED, BRACKETED, None)
    assert summary(timeline.state(NEED, 20.5, WWW)) == (GRANTED, BRACKETED, None)
    assert summary(timeline.state(NEED, 4, WWW)) == (GRANTED, DATED, None)
    assert summary(timeline.state(NEED, 15, WWW)) == (DENIED, OPEN_WINDOW, GRANTED)


@settings(deadline=None, derandomize=True, max_examples=100)
@given(sessions(), st.lists(st.booleans(), min_size=24, max_size=24))
@example([(float(at), says(True)) for at in range(6)], [True] * 24)
def test_the_quick_way_of_repeating_a_signal_tells_the_same(
    seen: list[tuple[float, Signal]], quick: list[bool]
) -> None:
    one, other = story(*seen), Timeline()
    latest: dict[str, Signal] = {}
    for (at, signal), try_quick in zip(seen, quick, strict=False):
        known = latest.get(signal.origin)
        if try_quick and known is not None and known.same_content(signal) and other.repeats(known, at, signal.host):
            continue
        latest[signal.origin] = other.observe(signal, at)
    for (at, host, expected), (_, _, state) in zip(all_states(one), all_states(other), strict=True):
        assert as_content(state) == as_content(expected), (at, host)


def test_only_the_latest_signal_can_be_repeated_and_only_later() -> None:
    timeline = Timeline()
    first = timeline.observe(says(True), 5)
    assert timeline.repeats(first, 6, WWW)
    assert not timeline.repeats(first, 5.5, WWW)
    assert not timeline.repeats(says(True), 7, WWW), "an equal signal is not the same"
    assert not timeline.repeats(stamp(True), 7, WWW)
    timeline.observe(says(False), 8)
    assert not timeline.repeats(first, 9, WWW)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(
    st.lists(st.tuples(moments, st.sampled_from([WWW, BLOG]), st.booleans()), unique_by=lambda look: look[:2]),
    st.data(),
)
def test_looks_that_come_out_of_order_show_the_same_absences(
    looks: list[tuple[float, str, bool]], data: st.DataObject
) -> None:
    def absences(order: list[tuple[float, str, bool]]) -> set[tuple[str, float]]:
        timeline = Timeline()
        for at, host, there in order:
            timeline.look(host, at, frozenset({"manager"} if there else ()), str(at))
        for kept in timeline._looks.values():
            present = [look.present for look in kept]
            assert not any(a == b == c for a, b, c in zip(present, present[1:], present[2:], strict=False)), (
                "kept small"
            )
        return {(host, look.at) for host, look in timeline.looks_without("manager")}

    in_order, shuffled = absences(sorted(looks)), absences(data.draw(st.permutations(looks)))
    assert shuffled <= {(host, at) for at, host, there in looks if not there}
    for host in (WWW, BLOG):
        # the first and the last absence, which bound what is judged, are never lost
        ends = [at for where, at in sorted(in_order) if where == host]
        kept = [at for where, at in sorted(shuffled) if where == host]
        assert (ends[:1], ends[-1:]) == (kept[:1], kept[-1:])
