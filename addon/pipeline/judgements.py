"""Acts before the rules, and what is judged of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from addon.judge.acts.act import Act
from addon.judge.pending import Judgement
from addon.policy import Policy

from .emitter import Emitter
from .judged import JudgedStates
from .record_conversion import violation_record
from .session_state import SessionState


@dataclass(slots=True)
class JudgementRecorder:
    """Brings acts before the rules of their session, and records the judgements."""

    emitter: Emitter
    policy: Policy
    states: JudgedStates
    """The state of consent that each act was judged under."""
    witnesses: tuple[Callable[[SessionState, Act], None], ...] = ()
    """Who takes note of every act."""

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

    def review(self, session: SessionState, at: float, reach: float) -> None:
        """Judges again what new evidence sheds light on; the arguments are those of ``PendingJudgements.review``."""
        self.rule(session, session.pending.review(session.consent_view, at, reach=reach))
        self.states.review(session, at, reach)

    def reopen(self, session: SessionState, since: float) -> None:
        """Judges again what was done since a moment, which another window may have done."""
        self.rule(session, session.pending.reopen(session.consent_view, since))
        self.states.reopen(session, since)

    def close(self, session: SessionState) -> None:
        """The last word on everything that was filed in a session."""
        self.rule(session, session.pending.close(session.consent_view))
        self.states.close(session)
