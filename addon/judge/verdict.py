"""The state of consent at the moment of an act -> whether consent was lacking, how sure that is, and in which phase."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum

from addon.consent.signal import Unread
from addon.consent.timeline import Certainty, ConsentState, Standing


class Regime(StrEnum):
    """Which law's default holds where nobody has answered."""

    OPT_IN = "opt-in"
    OPT_OUT = "opt-out"


class Verdict(StrEnum):
    """How sure a violation is, the surest first."""

    CONFIRMED = "confirmed"
    LIKELY = "likely"
    UNPROVEN = "unproven"
    CLEARED = "cleared"


class Phase(StrEnum):
    """Where in the person's session the act stands."""

    BEFORE_CHOICE = "before-choice"
    AFTER_DENIAL = "after-denial"
    AFTER_WITHDRAWAL = "after-withdrawal"
    NO_SIGNAL = "no-signal"


class Ground(Enum):
    """What a verdict rests on. It alone decides both the verdict and the sentence that explains it, so that no verdict says more
    than its sentence: what would decide something is only said on a ground of ``UNPROVEN``."""

    SHOWN = Verdict.CONFIRMED, "a signal in force showed it"
    OPTED_OUT = Verdict.CONFIRMED, "an opt-out preference signal was in force, and no answer stood against it"
    MISSING = Verdict.LIKELY, "no consent was in force where it would have been seen, before and after"
    CHANGED = Verdict.UNPROVEN, "consent changed around the moment, and nothing dates the change"
    OPTED_OUT_OR_NOT = (
        Verdict.UNPROVEN,
        "an opt-out preference signal was in force, and an answer may have stood against it",
    )
    UNCLEAR = Verdict.UNPROVEN, "what the answer means for the category cannot be told"
    UNREADABLE = Verdict.UNPROVEN, "a record is there, or may be, and cannot be read"
    NOT_SEEN_AGAIN = Verdict.UNPROVEN, "nothing was granted before, and nothing after it shows whether that changed"
    NOTHING_SEEN = Verdict.UNPROVEN, "nothing shows consent before or after"
    UNASKED = Verdict.UNPROVEN, "the consent manager says that it asked nobody, as where the law asks for no consent"
    WHOSE = Verdict.UNPROVEN, "it may have come from another window, with consent of its own"
    FRAME_OR_PAGE = (
        Verdict.UNPROVEN,
        "what is taken for a frame in the page may be a page of its own, with consent of its own",
    )

    def __init__(self, verdict: Verdict, meaning: str) -> None:
        self.verdict = verdict
        self.meaning = meaning


@dataclass(frozen=True, slots=True)
class Lack:
    """Consent that was missing: on what ground, in which phase, and in which state."""

    ground: Ground
    phase: Phase
    state: ConsentState

    @property
    def verdict(self) -> Verdict:
        return self.ground.verdict

    @property
    def opted_out(self) -> bool:
        """Whether it is an opt-out preference signal that refused it, because nobody had answered otherwise."""
        return self.ground in (Ground.OPTED_OUT, Ground.OPTED_OUT_OR_NOT)


_LACKING = {
    Regime.OPT_IN: frozenset({Standing.DENIED, Standing.UNANSWERED, Standing.NOTHING}),
    Regime.OPT_OUT: frozenset({Standing.DENIED}),
}
_OPEN = {
    Regime.OPT_IN: frozenset({Standing.UNCLEAR, Standing.UNREADABLE}),
    Regime.OPT_OUT: frozenset({Standing.UNCLEAR}),
}
"""Standings that may hide a refusal. Under opt-out a record that cannot be read counts like a missing one, which accuses nobody; a
record that was read and leaves the category open may be a refusal."""
_THERE = (Unread.BROKEN, Unread.UNKNOWN_FORMAT, Unread.TAKEN_OUT)
"""Reasons for which a record is unreadable although it is there: it may contain an answer."""
_SILENT = (Standing.UNANSWERED, Standing.NOTHING)


def lack_of(state: ConsentState, regime: Regime) -> Lack | None:
    """Whether consent was lacking in a state; ``None`` if it was not."""
    lacking = [standing for standing in state.possible if standing in _LACKING[regime]]
    open_ones = [standing for standing in state.possible if standing in _OPEN[regime]]
    if not lacking and not open_ones:
        return None
    phase = phase_of(lacking[0] if lacking else open_ones[0], state)
    if Standing.UNREADABLE in state.possible:
        return Lack(Ground.UNREADABLE, phase, state)
    if Standing.UNCLEAR in state.possible and Standing.GRANTED not in state.possible:
        return Lack(Ground.UNCLEAR, phase, state)
    if len(lacking) < len(state.possible):
        return Lack(Ground.CHANGED, phase, state)
    shown = state.decisive
    if lacking[0] is Standing.UNANSWERED and shown is not None and shown.unasked:
        return Lack(Ground.UNASKED, phase, state)
    return Lack(_ground(state), phase, state)


def opted_out_lack(state: ConsentState) -> Lack | None:
    """Consent that an opt-out preference signal refuses; ``None`` if the person's own answer was in force instead."""
    if state.standing not in (*_SILENT, Standing.UNREADABLE):
        return None
    record = state.unreadable
    answered = record is not None and record.unread in _THERE
    silent = not answered and state.alternative in (None, *_SILENT, Standing.UNREADABLE, Standing.DENIED)
    ground = Ground.OPTED_OUT if silent else Ground.OPTED_OUT_OR_NOT
    return Lack(ground, phase_of(Standing.DENIED, state), state)


def _ground(state: ConsentState) -> Ground:
    """What a verdict rests on where every state that may have been in force lacks consent."""
    match state.certainty:
        case Certainty.DATED | Certainty.OBSERVED:
            return Ground.SHOWN
        case Certainty.BRACKETED | Certainty.OPEN_WINDOW:
            return Ground.SHOWN if state.explicit else Ground.MISSING
        case Certainty.SEEN_BEFORE:
            return Ground.SHOWN if state.standing is Standing.DENIED or state.parted else Ground.NOT_SEEN_AGAIN
        case Certainty.ONLY_AFTER:
            return Ground.SHOWN if state.waits else Ground.MISSING
        case Certainty.NOTHING_AFTER:
            return Ground.NOTHING_SEEN


def phase_of(standing: Standing, state: ConsentState) -> Phase:
    """The phase of an act that met this standing."""
    match standing:
        case Standing.DENIED:
            return Phase.AFTER_WITHDRAWAL if state.earlier_grant else Phase.AFTER_DENIAL
        case Standing.UNANSWERED:
            return Phase.BEFORE_CHOICE
        case _:
            answered_before = state.before is not None and state.before.answered is True
            return Phase.BEFORE_CHOICE if state.answered_later and not answered_before else Phase.NO_SIGNAL
