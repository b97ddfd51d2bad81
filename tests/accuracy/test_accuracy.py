"""What is judged is compared with the truth of scenarios that was written down before."""

from __future__ import annotations

import pytest

from addon.judge.verdict import Verdict

from .document import DOCUMENT, page
from .matrix import ACCUSING, NOTHING, Judged, Matrix, measured
from .performance import Act, performed
from .scenario import Door, Scenario, Step, Story, Surface, Truth, scenarios

pytestmark = pytest.mark.xdist_group("accuracy")  # the matrix is measured once


@pytest.fixture(scope="module")
def matrix() -> Matrix:
    return measured()


def test_the_document_is_up_to_date(matrix: Matrix) -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == page(matrix), "run: python -m tests.accuracy"


def test_no_scenario_is_judged_wrongly_but_those_that_say_why(matrix: Matrix) -> None:
    stated = {one.id for one in matrix.scenarios if one.story.wrong is not None}
    wrong = [one for one in matrix.wrong if one.scenario.id not in stated]
    assert not wrong, "\n".join(map(str, wrong))
    right_by_now = stated - {one.scenario.id for one in matrix.wrong}
    assert not right_by_now, (
        f"no longer wrong: take their 'wrong' out, and run python -m tests.accuracy: {right_by_now}"
    )


def test_nothing_is_accused_of_which_the_scenario_says_nothing(matrix: Matrix) -> None:
    assert not matrix.unstated, "\n".join(map(str, matrix.unstated))


def test_the_scenarios_cover_what_they_claim_to(matrix: Matrix) -> None:
    told = matrix.scenarios
    assert len({one.id for one in told}) == len(told) >= 80
    assert 3 * sum(one.clean for one in told) >= len(told)
    assert len({one.manager for one in told} - {"nobody"}) >= 10
    assert {one.story.surface for one in told} == set(Surface)
    assert {one.law for one in told} >= {"opt-in", "opt-out", "opt-out, with GPC"}
    assert {door for one in told for door in one.story.doors} == set(Door)
    assert sum(one.windows > 1 for one in told) >= 5


def test_every_act_that_is_done_has_its_truth_written_down() -> None:
    """A step that does something for which consent may be needed and says no truth would be judged by nobody."""
    silent = [
        (one.id, step.at)
        for one in scenarios()
        for step in one.story.steps
        if (step.library or step.send or (step.call and "termly" not in step.call)) and step.truth is None
    ]
    assert silent == [("app-refused-by-the-testers-word", 1.0)]


def test_the_probe_is_heard_through_its_door_alone() -> None:
    story = next(one for one in scenarios() if one.id == "asks-first-klaro")
    assert [any(each.own for each in performed(story, door).exchanges) for door in Door] == [False, False, False, True]


@pytest.mark.parametrize(
    ("truth", "verdict", "fault"),
    [
        (Truth.HAD, Verdict.CONFIRMED, "falsely_accused"),
        (Truth.HAD, Verdict.LIKELY, "falsely_accused"),
        (Truth.HAD, Verdict.UNPROVEN, "undecided"),
        (Truth.HAD, NOTHING, None),
        (Truth.NONE, Verdict.CONFIRMED, None),
        (Truth.NONE, Verdict.UNPROVEN, "undecided"),
        (Truth.NONE, Verdict.CLEARED, "missed"),
        (Truth.NONE, NOTHING, "missed"),
        (Truth.UNKNOWN, Verdict.LIKELY, "overstated"),
        (Truth.UNKNOWN, Verdict.UNPROVEN, None),
        (Truth.UNKNOWN, NOTHING, None),
    ],
)
def test_each_cell_of_the_matrix_is_of_one_kind(truth: Truth, verdict: str, fault: str | None) -> None:
    scenario = Scenario("x", "nobody", Story(title="x", steps=[Step(at=0, open="/")]))
    one = Judged(scenario, Door.LIVE, Act("call", "meta-pixel", truth, 0, 0), verdict)
    faults = [name for name in ("falsely_accused", "missed", "overstated", "undecided") if getattr(one, name)]
    assert faults == ([] if fault is None else [fault])
    assert one.wrong == (fault not in (None, "undecided"))


def test_the_rules_that_accuse_exist() -> None:
    from addon.judge.rules import all_rules

    assert set(all_rules()) >= ACCUSING
