"""States are looked up once for all who ask between two observations, and never kept beyond one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from addon.consent.timeline import Need, Timeline, timeline
from tests.addon.consent.managers import MARKETING

from .stories import BLOG, NEED, WWW, missing, says, story


@pytest.fixture
def lookups(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The moments that were looked up."""
    looked_up: list[float] = []
    look_up = timeline.origin_state

    def counted(points: object, need: Need, at: float, *rest: object, **options: object) -> object:
        looked_up.append(at)
        return look_up(points, need, at, *rest, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(timeline, "origin_state", counted)
    return looked_up


def test_the_messages_of_a_batch_share_one_lookup(lookups: list[float]) -> None:
    told = story((1, says(True)), (20, says(True)))
    states = [told.state(Need((MARKETING,)), 10, WWW) for _ in range(100)]
    states += [told.state(Need((MARKETING,)), 10, WWW, outline=True) for _ in range(100)]
    assert len(lookups) == 1
    assert len(set(map(id, states))) == 1


def test_other_needs_moments_and_pages_are_looked_up_apart(lookups: list[float]) -> None:
    told = story((1, says(True)), (20, says(False)))
    granted, denied = told.state(NEED, 10, WWW), told.state(NEED, 25, WWW)
    assert granted.standing is not denied.standing
    for need, at, host, direct in ((NEED, 10.5, WWW, False), (NEED, 10, BLOG, False), (NEED, 10, WWW, True)):
        told.state(need, at, host, direct_only=direct)
    assert len(lookups) == 5


@pytest.mark.parametrize(
    "observe",
    [
        pytest.param(lambda told, known: told.observe(says(False), 10), id="observe"),
        pytest.param(lambda told, known: told.repeats(known, 30, WWW), id="repeats"),
        pytest.param(lambda told, known: told.observe(missing(BLOG), 5), id="missing"),
        pytest.param(lambda told, known: told.look(WWW, 15, frozenset(), "1.1"), id="look"),
        pytest.param(lambda told, known: told.use("manager"), id="use"),
        pytest.param(lambda told, known: told.opened(9), id="opened"),
        pytest.param(lambda told, known: told.set_for(known, None), id="set_for"),
    ],
)
def test_whatever_is_seen_has_states_looked_up_again(
    lookups: list[float], observe: Callable[[Timeline, object], object]
) -> None:
    told = Timeline()
    known = told.observe(says(True), 1)
    told.state(NEED, 10, WWW)
    observe(told, known)
    before = len(lookups)
    told.state(NEED, 10, WWW)
    assert len(lookups) > before


def test_what_is_remembered_is_bounded() -> None:
    told = story((1, says(True)))
    for at in range(5000):
        told.state(NEED, at, WWW)
    assert len(told._answered) <= timeline._MAX_ANSWERED
