"""What verdicts, phases and states of consent are called, and the sentences made of them: the same in every face."""

from __future__ import annotations

from addon.consent.timeline.state import Certainty, Standing
from addon.decode import decoders_by_cdp

from .consent import OptOut
from .names import Names
from .rules import OPTED_OUT, Phase, Rule, Verdict, judges_settings
from .text import joined

VERDICT_MEANINGS: dict[str, str] = {
    Verdict.CONFIRMED: (
        "A signal of consent in force at that moment shows it: seen before it, or dated by its own timestamp, and it says"
        " that the category was refused or the banner still open."
    ),
    Verdict.LIKELY: (
        "No signal of a grant was in force at that moment, and later traffic of the same session still shows none. Nothing"
        " seen speaks for one."
    ),
    Verdict.UNPROVEN: (
        "Potential: what was seen does not decide it. The grant may have come before this without the wire showing when,"
        " nothing came after it, or the CDP's documents contradict themselves on it. The in-page probe, one more page view"
        " or a mark of what was pressed decides what consent was in force."
    ),
    Verdict.CLEARED: (
        "Raised while the capture ran, and taken back: later evidence shows that consent was in force. It is kept for the"
        " record and counted nowhere."
    ),
}
ACT_ALONE = "The act itself shows it: what was sent, or what the settings say. Nothing seen later could change that."
"""What ``confirmed`` means under a rule that waits for no evidence."""

PHASE_NAMES: dict[str, str] = {
    Phase.BEFORE_CHOICE: "before the choice",
    Phase.AFTER_DENIAL: "after a refusal",
    Phase.AFTER_WITHDRAWAL: "after a withdrawal",
    Phase.NO_SIGNAL: "no signal of consent",
}
PHASE_CLAUSES: dict[str, str] = {
    Phase.BEFORE_CHOICE: "before the person had chosen",
    Phase.AFTER_DENIAL: "after a refusal",
    Phase.AFTER_WITHDRAWAL: "after a withdrawal",
    Phase.NO_SIGNAL: "with no signal of consent",
}
STANDINGS: dict[str, str] = {
    Standing.GRANTED: "granted",
    Standing.DENIED: "refused",
    Standing.UNANSWERED: "not answered",
    Standing.NOTHING: "not known",
    Standing.UNCLEAR: "answered, unclear",
    Standing.UNREADABLE: "not readable",
    OPTED_OUT: "refused by an opt-out preference",
}
_CERTAINTIES: dict[str, str] = {
    Certainty.DATED: "dated by the signal itself",
    Certainty.OBSERVED: "seen at this very moment",
    Certainty.BRACKETED: "seen before and after",
    Certainty.SEEN_BEFORE: "seen before, and nothing after it says otherwise",
    Certainty.OPEN_WINDOW: "undecided: it changed somewhere between two sightings",
    Certainty.ONLY_AFTER: "seen only later",
    Certainty.NOTHING_AFTER: "nothing seen that says so",
}
OUTCOMES = {
    "flows": "goes on to it",
    "filtered": "is held back from it",
    "ambiguous": "may go on to it; the reason says what leaves it open",
    "unknown": "cannot be told",
    "failed": "was handed to it in the page and failed there",
}
_SEEN = {
    "call": "its vendor was called by the page",
    "metric": "the library counted it",
    "failure": "the library counted that it failed",
    "ping": "its vendor got no more than a ping without identifiers",
    "not-seen": "no call was seen",
}
_SPEAKS_AGAINST = ("ping", "not-seen", "failure")
"""Of what is seen: what a delivery that was predicted to happen does not look like."""
_MAX_LEAD = 400


def compared(outcome: str, predicted: str | None, seen: str | None) -> str:
    """What was predicted of a delivery beside what was seen of it, where both are known: ``predicted filtered, but its vendor was
    called by the page``. Empty where nothing could be seen, or where it was as predicted."""
    sighting = _SEEN.get(seen or "")
    if sighting is None or not predicted or (predicted == "flows" and seen not in _SPEAKS_AGAINST):
        return ""
    agrees = predicted == outcome == "flows" or predicted in ("unknown", "ambiguous")
    return f"predicted {predicted}, {'and' if agrees and seen not in _SPEAKS_AGAINST else 'but'} {sighting}"


def standing(consent: str, alternative: str | None = None) -> str:
    """``refused``, or ``not answered or granted`` where it cannot be decided."""
    text = STANDINGS.get(consent, consent)
    return text if alternative is None else f"{text} or {STANDINGS.get(alternative, alternative)}"


def agreement(stamped: bool | None, consent: str, alternative: str | None, *, mapped: bool) -> tuple[str, str]:
    """How one category of a stamp compares with what the person had chosen: ``agrees``, ``contradicts``, ``denies`` or ``open``;
    and the same in words.

    Args:
        stamped: what the stamp says.
        consent: what was in force, as it was judged; likewise ``alternative``.
        mapped: whether the workspace's category is known to mean one of ours.
    """
    if stamped is None:
        return "open", "the stamp's value is no boolean"
    if alternative is not None:
        return "open", "undecided: the choice changed around this moment"
    match consent:
        case Standing.GRANTED:
            return ("agrees", "agrees") if stamped else ("denies", "refuses what the person granted: data lost")
        case Standing.DENIED:
            return ("contradicts", "grants what the person refused") if stamped else ("agrees", "agrees")
        case Standing.UNANSWERED:
            return (
                ("contradicts", "grants what the person has not answered")
                if stamped
                else ("agrees", "agrees: nothing was granted yet")
            )
        case _ if consent == OPTED_OUT:
            return ("contradicts", "grants what an opt-out preference refuses") if stamped else ("agrees", "agrees")
        case Standing.UNREADABLE:
            return "open", "the consent manager's record cannot be read"
        case _ if not mapped:
            return "open", "nothing maps it to a category of ours"
        case Standing.UNCLEAR:
            return "open", "what was answered does not say it of this category"
        case _:
            return "open", "nothing but the stamp itself says what the person chose"


def certainty(how: str | None) -> str:
    """How a state of consent is known."""
    return _CERTAINTIES.get(how or "", how or "")


def opted_out(opt_out: OptOut | None, names: Names) -> str:
    """``; opted out: Global Privacy Control``"""
    if opt_out is None:
        return ""
    return f"; {'' if opt_out.certain else 'perhaps '}opted out: {names.source(opt_out.source or None)}"


def lead(explanation: str) -> str:
    """The first sentence of a rule's explanation, which names what happened. Full stops within quoted names end nothing."""
    position = 0
    text = explanation[: _MAX_LEAD * 4]
    while position < len(text):
        if text[position] in "'\"" and (position == 0 or text[position - 1] == " "):
            position = _closing(text, position)
        elif text[position : position + 2] == ". ":
            break
        position += 1
    sentence = text[:position].rstrip(". ")
    return sentence if len(sentence) <= _MAX_LEAD else f"{sentence[: _MAX_LEAD - 1]}…"


def _closing(text: str, opening: int) -> int:
    """Where a name that ``repr`` quoted ends; the opening itself if it never does."""
    position = opening + 1
    while position < len(text):
        if text[position] == "\\":
            position += 1
        elif text[position] == text[opening]:
            return position
        position += 1
    return opening


def title(explanation: str, verdict: str, names: Names, vendor: str | None = None) -> str:
    """What happened, in one sentence; said to be potential where nothing decides it.

    Args:
        vendor: whose name, if the sentence has it in full length, is cut to what people call it.
    """
    text = lead(explanation)
    if vendor:
        text = text.replace(names.of(vendor), names.short(vendor))
    return f"Potential: {text}" if verdict == Verdict.UNPROVEN else text


def unstamped(cdp: str | None, shape: str | None) -> str | None:
    """What a message without a full stamp carries; ``None`` for one that carries choices."""
    decoder = decoders_by_cdp().get(cdp or "")
    if decoder is None:
        return None
    if decoder.stamping is None:
        return f"Messages of {decoder.name} have no place for consent." if shape == "missing" else None
    place, choices = decoder.stamping.place, decoder.stamping.choices
    match shape:
        case "missing":
            return f"It carries no {place}, on itself or on its envelope. {decoder.stamping.unstamped}."
        case "empty-consent":
            return f"It carries {place} without {choices}."
        case "empty-preferences":
            return f"It carries empty {choices}."
        case _:
            return None


def verdict_meaning(verdict: str, rule: Rule | None) -> str:
    if verdict == Verdict.CONFIRMED and rule is not None and not rule.awaits_evidence:
        return ACT_ALONE
    meaning = VERDICT_MEANINGS.get(verdict, "")
    return f"{meaning} Or the source's settings show it by themselves." if _also_alone(verdict, rule) else meaning


def _also_alone(verdict: str, rule: Rule | None) -> bool:
    """Whether a rule that weighs signals judges settings too, which need none."""
    return verdict == Verdict.CONFIRMED and rule is not None and judges_settings(rule)


def expected(phase: str, category: str | None, rule: Rule | None) -> str:
    """What should have been seen instead."""
    needed = f"{category} consent" if category else "consent"
    if rule is not None and not rule.awaits_evidence:
        return rule.fix
    match phase:
        case "before-choice":
            return f"Nothing that needs {needed} happens until the person has chosen."
        case "after-denial":
            return f"Nothing that needs {needed} happens after the person refused it."
        case "after-withdrawal":
            return f"Nothing that needs {needed} happens after the person withdrew it."
        case _ if rule is not None and category is None:
            return rule.fix
        case _:
            return f"A signal of {needed} is in force before this happens."


def phase(phase: str, rule: Rule | None) -> str | None:
    """``after a refusal``; ``None`` under a rule that judges no moment: an act that shows by itself what is wrong with it is
    not called one without a signal."""
    if rule is not None and not rule.tells_phase(phase):
        return None
    return PHASE_NAMES.get(phase, phase)


def choice(functional: bool | None, analytics: bool | None, marketing: bool | None) -> str:
    """What a signal says, in a few words: ``granted analytics, refused marketing``."""
    values = {"functional": functional, "analytics": analytics, "marketing": marketing}
    known = {name: value for name, value in values.items() if value is not None}
    if not known:
        return "answered, in terms that name no category"
    if len(known) > 1 and len(set(known.values())) == 1:
        verb = "granted" if next(iter(known.values())) else "refused"
        return f"{verb} {'everything' if len(known) == 3 else joined(known)}"
    parts = []
    for verb, wanted in (("granted", True), ("refused", False)):
        names = [name for name, value in known.items() if value is wanted]
        if names:
            parts.append(f"{verb} {joined(names)}")
    return ", ".join(parts)


def choice_in_brief(functional: bool | None, analytics: bool | None, marketing: bool | None) -> str:
    """The same for a label: ``✓ analytics ✕ functional, marketing``."""
    values = {"functional": functional, "analytics": analytics, "marketing": marketing}
    if len(set(values.values())) == 1 and functional is not None:
        return "✓ everything" if functional else "✕ everything"
    parts = []
    for sign, wanted in (("✓", True), ("✕", False)):
        names = [name for name, value in values.items() if value is wanted]
        if names:
            parts.append(f"{sign} {', '.join(names)}")
    return " ".join(parts) or "answered"
