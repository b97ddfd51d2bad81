"""How a state of consent is told to people: what was observed, in one sentence, with the times that matter."""

from __future__ import annotations

from datetime import UTC, datetime

from addon.consent.signal import Signal
from addon.consent.timeline import Certainty, ConsentState, Standing

_STANDINGS = {
    Standing.GRANTED: "granted",
    Standing.DENIED: "refused",
    Standing.UNANSWERED: "not yet answered",
    Standing.NOTHING: "not shown by anything on the wire",
    Standing.UNCLEAR: "answered, but not in terms that say anything of this category (it was not asked about, or the policy's"
    " [categories] have to name what stands for it)",
}


def clock(at: float) -> str:
    """``12:00:03.120Z``"""
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S.%f")[:-3] + "Z"


def distance(seconds: float) -> str:
    """``412 ms``, ``3.2 s``, ``5 min``"""
    seconds = abs(seconds)
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def carrier(signal: Signal) -> str:
    """``the cookie CookieConsent``"""
    kind, _, name = signal.carrier.partition(" ")
    match kind:
        case "cookie":
            return f"the cookie {name}"
        case "set-cookie":
            return f"the response's cookie {name}"
        case "call":
            return f"the consent manager's call {name}"
        case "no":
            return f"a first-party request without the cookie of {signal.origin}"
        case _:
            return "the event's own stamp"


def sentence(state: ConsentState, at: float) -> str:
    """Why we say what we say about consent at a moment; a full sentence."""
    told = _STANDINGS[state.standing]
    before, after = state.before, state.after
    match state.certainty:
        case Certainty.DATED if after is not None and after.effective_at is not None:
            gap = distance(after.effective_at - at)
            direction = "before" if after.effective_at <= at else "after"
            return f"Consent was {told}: {carrier(after)} dates the choice to {clock(after.effective_at)}, {gap} {direction} this."
        case Certainty.DATED if after is not None and after.not_before is not None:
            day = datetime.fromtimestamp(after.not_before, UTC).date()
            return f"Consent was {told}: {carrier(after)} dates the choice to {day}, after this."
        case Certainty.DATED:
            return "An opt-out preference signal (Sec-GPC: 1) was in force, and nobody had answered otherwise."
        case Certainty.BRACKETED if before is not None:
            return f"Consent was {told}: {carrier(before)} showed it before this, and again {_when(state, at)}."
        case Certainty.SEEN_BEFORE if before is not None:
            return f"Consent was {told}, as {carrier(before)} showed before this; nothing after it shows whether that changed."
        case Certainty.OPEN_WINDOW:
            return _window(state, at, told)
        case Certainty.ONLY_AFTER if after is not None:
            return f"No signal of consent was seen before this, and {_when(state, at)} {carrier(after)} shows that it was {_later(after)}."
        case Certainty.ONLY_AFTER:
            return "No signal of consent was in force, and later first-party requests still show none."
        case _:
            return (
                "Nothing on the wire shows consent before this, and no first-party request after it shows the state;"
                " one more page view, or a mark of what was pressed, would decide it."
            )


def _later(signal: Signal) -> str:
    if signal.answered is False or signal.absent:
        return "still unanswered"
    return "refused"


def _when(state: ConsentState, at: float) -> str:
    return "later" if state.after_at is None else f"{distance(state.after_at - at)} later"


def _window(state: ConsentState, at: float, told: str) -> str:
    other = _STANDINGS[state.alternative] if state.alternative is not None else told
    shown = carrier(state.after) if state.after is not None else "a later signal"
    if state.before is None:
        return f"Consent was {told} or {other}: the capture shows nothing from before this, and {shown} came {_when(state, at)}."
    if state.after is not None and state.after.carrier == "stamp" and state.after.origin != state.before.origin:
        return f"Consent was {told} by the consent manager, whose cookie was never seen, but {other} by the event's own stamp."
    return (
        f"Consent was {told} before this and {other} {_when(state, at)}, as {shown} shows without saying when the choice was made;"
        " a timestamp, the in-page probe or a mark of what was pressed would decide it."
    )
