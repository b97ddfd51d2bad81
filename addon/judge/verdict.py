"""The state of consent at the moment of an act -> whether consent was lacking, how sure that is, and in which phase."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

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
    """Where in the person's visit the act stands."""

    BEFORE_CHOICE = "before-choice"
    AFTER_DENIAL = "after-denial"
    AFTER_WITHDRAWAL = "after-withdrawal"
    NO_SIGNAL = "no-signal"


@dataclass(frozen=True, slots=True)
class Lack:
    """Consent that was missing."""

    verdict: Verdict
    phase: Phase
    state: ConsentState
    opted_out: bool = False
    """Whether it is an opt-out preference signal that refused it, because nobody had answered otherwise."""


_LACKING = {
    Regime.OPT_IN: frozenset({Standing.DENIED, Standing.UNANSWERED, Standing.NOTHING}),
    Regime.OPT_OUT: frozenset({Standing.DENIED}),
}


_SILENT = (Standing.UNANSWERED, Standing.NOTHING)


def lack_of(state: ConsentState, regime: Regime) -> Lack | None:
    """Whether consent was lacking in a state; ``None`` if it was not."""
    candidates = [state.standing] if state.alternative is None else [state.standing, state.alternative]
    lacking = [candidate for candidate in candidates if candidate in _LACKING[regime]]
    unclear = [candidate for candidate in candidates if candidate is Standing.UNCLEAR]
    if not lacking and not unclear:
        return None
    phase = phase_of(lacking[0] if lacking else Standing.UNCLEAR, state)
    if len(lacking) < len(candidates):
        return Lack(Verdict.UNPROVEN, phase, state)
    return Lack(_verdict(state), phase, state)


def opted_out_lack(state: ConsentState) -> Lack | None:
    """Consent that an opt-out preference signal refuses; ``None`` if the person's own answer was in force instead."""
    if state.standing not in _SILENT:
        return None
    silent = state.alternative is None or state.alternative in _SILENT or state.alternative is Standing.DENIED
    verdict = Verdict.CONFIRMED if silent else Verdict.UNPROVEN
    return Lack(verdict, phase_of(Standing.DENIED, state), state, opted_out=True)


def _verdict(state: ConsentState) -> Verdict:
    match state.certainty:
        case Certainty.DATED | Certainty.OBSERVED:
            return Verdict.CONFIRMED
        case Certainty.BRACKETED | Certainty.OPEN_WINDOW:
            return Verdict.CONFIRMED if state.explicit else Verdict.LIKELY
        case Certainty.SEEN_BEFORE:
            return Verdict.CONFIRMED if state.standing is Standing.DENIED else Verdict.UNPROVEN
        case Certainty.ONLY_AFTER:
            return Verdict.LIKELY
        case Certainty.NOTHING_AFTER:
            return Verdict.UNPROVEN


def phase_of(standing: Standing, state: ConsentState) -> Phase:
    """Where an act that met this standing stands."""
    match standing:
        case Standing.DENIED:
            return Phase.AFTER_WITHDRAWAL if state.earlier_grant else Phase.AFTER_DENIAL
        case Standing.UNANSWERED:
            return Phase.BEFORE_CHOICE
        case _:
            answered_before = state.before is not None and state.before.answered is True
            return Phase.BEFORE_CHOICE if state.answered_later and not answered_before else Phase.NO_SIGNAL
