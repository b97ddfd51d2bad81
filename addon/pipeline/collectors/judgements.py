"""Acts before the rules, and what is judged of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from addon.judge.acts import Act
from addon.judge.pending import Judgement
from addon.pipeline.emitter import Emitter
from addon.pipeline.record_conversion import violation_record
from addon.pipeline.session_state import SessionState
from addon.policy import Policy


@dataclass(frozen=True, slots=True)
class JudgementRecorder:
    """Brings acts before the rules of their session, and records the judgements."""

    emitter: Emitter
    policy: Policy
    witnesses: tuple[Callable[[SessionState, Act], None], ...] = ()
    """Who takes note of every act, to compare them in the end."""

    def act(self, session: SessionState, act: Act) -> None:
        for witness in self.witnesses:
            witness(session, act)
        self.rule(session, session.file(act))

    def rule(self, session: SessionState, judgements: Iterator[Judgement]) -> None:
        """Records judgements: new ones under a new id, moved ones under the one they had."""
        for judgement in judgements:
            if judgement.violation is None:
                judgement.violation = self.emitter.number("v")
            self.emitter.add(
                violation_record(judgement, judgement.violation, self.emitter.capture, session.id, self.policy)
            )
