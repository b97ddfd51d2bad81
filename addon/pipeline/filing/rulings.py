"""Acts before the rules, and what is ruled on them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from addon.judge.acts import Act
from addon.judge.docket import Case
from addon.pipeline.ledger import Ledger
from addon.pipeline.recording import violation_record
from addon.pipeline.visit import Visit
from addon.policy import Policy


@dataclass(frozen=True, slots=True)
class Rulings:
    """Brings acts before the rules of their session, and records the rulings."""

    ledger: Ledger
    policy: Policy
    witnesses: tuple[Callable[[Visit, Act], None], ...] = ()
    """Who takes note of every act, to compare them in the end."""

    def act(self, visit: Visit, act: Act) -> None:
        for witness in self.witnesses:
            witness(visit, act)
        self.rule(visit, visit.file(act))

    def rule(self, visit: Visit, cases: Iterator[Case]) -> None:
        """Records rulings: new ones under a new id, moved ones under the one they had."""
        for case in cases:
            if case.violation is None:
                case.violation = self.ledger.number("v")
            self.ledger.add(violation_record(case, case.violation, self.ledger.capture, visit.id, self.policy))
