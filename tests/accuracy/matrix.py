"""What was judged of each act, beside its truth."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from addon.judge.verdict import Verdict
from addon.records import ExchangeRecord, ViolationRecord

from .doors import played
from .performance import Act, performed
from .scenario import Door, Scenario, Truth, scenarios

_OPT_OUTS = frozenset({"gpc-ignored", "opt-out-ignored"})
RULES = {
    "call": frozenset({"destination-without-consent", *_OPT_OUTS}),
    "library": frozenset({"sdk-load-without-consent"}),
    "message": frozenset({"event-without-consent", "identity-consent-conflict"}),
    "stamp": frozenset({"stamp-contradicts-choice", "server-event-without-consent"}),
    "delivery": frozenset({"fanout-without-consent", "integrations-override", *_OPT_OUTS}),
    "cookie": frozenset({"cookie-without-consent"}),
    "record": frozenset({"consent-before-choice"}),
}
"""Kind of act -> the rules that say it lacked consent."""
ACCUSING = frozenset().union(*RULES.values()) | {"consent-mode-contradicts-choice"}
NOTHING = "nothing"
VERDICTS = (*(str(verdict) for verdict in Verdict), NOTHING)
"""The columns: the surest verdict on an act, or that nothing was said of it."""
_SURE = (Verdict.CONFIRMED, Verdict.LIKELY)


@dataclass(frozen=True)
class Judged:
    """One act, and the surest that was said of it in the end."""

    scenario: Scenario
    door: Door
    act: Act
    verdict: str

    @property
    def falsely_accused(self) -> bool:
        return self.act.truth is Truth.HAD and self.verdict in _SURE

    @property
    def missed(self) -> bool:
        return self.act.truth is Truth.NONE and self.verdict in (Verdict.CLEARED, NOTHING)

    @property
    def overstated(self) -> bool:
        """Whether it is called sure although nobody can know."""
        return self.act.truth is Truth.UNKNOWN and self.verdict in _SURE

    @property
    def wrong(self) -> bool:
        return self.falsely_accused or self.missed or self.overstated

    @property
    def undecided(self) -> bool:
        return self.act.truth is not Truth.UNKNOWN and self.verdict == Verdict.UNPROVEN

    def __str__(self) -> str:
        what = f"{self.act.kind} {self.act.subject} at {self.act.at:g} s"
        return f"{self.scenario.id}, {self.door}, {what}: {self.act.truth}, judged {self.verdict}"


@dataclass(frozen=True)
class Unstated:
    """An accusation of an act that the scenario says nothing of."""

    scenario: Scenario
    door: Door
    violation: ViolationRecord

    def __str__(self) -> str:
        return f"{self.scenario.id}, {self.door}: {self.violation.rule} {self.violation.verdict}: {self.violation.explanation}"


def _is_about(violation: ViolationRecord, act: Act, exchange: str | None) -> bool:
    if violation.rule not in RULES[act.kind] or (act.exchange is not None and violation.exchange_id != exchange):
        return False
    match act.kind:
        case "call" | "library":
            return violation.event_id is None and ("/" in act.subject or violation.vendor == act.subject)
        case "delivery":
            return violation.destination == act.subject
        case "cookie":
            return violation.event_name == act.subject
        case "record":
            return f"the cookie {act.subject} " in violation.explanation
    return violation.event_id is not None and violation.destination is None


def judged(scenario: Scenario, door: Door, folder: Path) -> tuple[list[Judged], list[Unstated]]:
    """Each act of a scenario through a door, and what was accused beyond them."""
    performance = performed(scenario, door)
    found = played(performance, folder)
    numbers = [record.id for record in found.of(ExchangeRecord)]
    assert len(numbers) == len(performance.exchanges), (scenario.id, door)
    latest = {record.id: record for record in found.of(ViolationRecord)}
    rest = {number: one for number, one in latest.items() if one.rule in ACCUSING}
    results = []
    for act in performance.acts:
        exchange = None if act.exchange is None else numbers[act.exchange]
        about = [one for one in latest.values() if _is_about(one, act, exchange)]
        for one in about:
            rest.pop(one.id, None)
        said = {one.verdict for one in about}
        results.append(Judged(scenario, door, act, next((each for each in VERDICTS if each in said), NOTHING)))
    return results, [Unstated(scenario, door, one) for one in rest.values() if one.verdict in _SURE]


@dataclass(frozen=True)
class Matrix:
    """Every act of every scenario through every door."""

    scenarios: Sequence[Scenario]
    judged: Sequence[Judged]
    unstated: Sequence[Unstated]

    def counts(self, judged: Iterable[Judged]) -> Counter[tuple[Truth, str]]:
        return Counter((one.act.truth, one.verdict) for one in judged)

    @property
    def wrong(self) -> list[Judged]:
        return [one for one in self.judged if one.wrong]


def measured() -> Matrix:
    """Plays everything; some seconds of work."""
    told = list(scenarios())
    results: list[Judged] = []
    unstated: list[Unstated] = []
    with tempfile.TemporaryDirectory() as name:
        for scenario in told:
            for door in scenario.story.doors:
                found, beyond = judged(scenario, door, Path(name))
                results += found
                unstated += beyond
    return Matrix(told, results, unstated)
