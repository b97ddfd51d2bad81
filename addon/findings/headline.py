"""What is said first of a database, and what could not be seen in it, in sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from . import visibility
from .names import Names
from .overview import PHASES, Overview, Receiver, Seen
from .rules import Verdict
from .sentences import PHASE_CLAUSES
from .text import counted, joined


@dataclass(frozen=True, slots=True)
class Headline:
    """What is said first."""

    text: str
    whom: str
    """What follows it: who received, or what that nothing was found rests on."""
    tone: Literal["leaks", "undecided", "blind", "quiet"]


def headline(seen: Overview, receivers: Sequence[Receiver], names: Names) -> Headline:
    """The headline.

    Args:
        receivers: the gravest first.
    """
    tally = seen.tally
    if tally.violations:
        violations = counted(tally.violations, "violation")
        findings = counted(seen.seen.findings, "finding")
        surely = tally.verdicts[Verdict.CONFIRMED] + tally.verdicts[Verdict.LIKELY]
        if surely:
            return Headline(f"{violations} in {findings}{_where(seen)}", _whom(seen, receivers, names), "leaks")
        return Headline(
            f"{violations} in {findings}{_where(seen)}, none of them decided",
            _whom(seen, receivers, names),
            "undecided",
        )
    looked = _looked_at(seen.seen)
    if seen.visibility.is_empty:
        text = "Nothing that could be read was judged" if seen.visibility.judged else "Nothing to judge was seen"
        return Headline(text, f"This is no pass: {looked} passed by.", "blind")
    if any(capture.is_cut for capture in seen.visibility.captures):
        return Headline(
            "A part of the capture was lost",
            f"This is no pass: no violation among {looked}, in what is left.",
            "blind",
        )
    blind = " What could not be seen stands below." if seen.gaps or limits(seen) else ""
    return Headline("No violation in what could be seen", f"Among {looked}.{blind}", "quiet")


def _where(seen: Overview) -> str:
    """`` on 2 sites and 1 app``"""
    places = ((seen.seen.sites, "site"), (seen.seen.apps, "app"))
    named = joined(counted(count, noun) for count, noun in places if count)
    return f" on {named}" if named else ""


def _looked_at(seen: Seen) -> str:
    return joined(
        (
            counted(seen.events, "message"),
            counted(seen.calls, "vendor call"),
            f"{counted(seen.signals, 'signal')} of consent",
        )
    )


def _whom(seen: Overview, receivers: Sequence[Receiver], names: Names) -> str:
    """Who received and under what consent; that a prediction is no sighting stands in the matrix."""
    grave = [each for each in receivers if each.grave and (each.vendor or each.destination)]
    phases = seen.tally.phases
    parts = [f"{phases[phase]:,} {PHASE_CLAUSES[phase]}" for phase in PHASES if phases[phase]]
    if not grave:
        return "They concern how consent is carried and configured, not a single act without it."
    listed = list(dict.fromkeys(names.receiver(each.vendor, each.destination) for each in grave))
    leading = joined(listed[:3]) if len(listed) <= 3 else f"{', '.join(listed[:3])} and {len(listed) - 3} more"
    return f"Without matching consent: {leading}. {joined(parts)}."


def limits(seen: Overview) -> list[str]:
    """What was out of sight without any gap saying so."""
    missing = [each for each in visibility.shortfalls(seen.visibility) if each.kind != "running"]
    found = visibility.sentences(missing)
    if not seen.seen.exchanges:
        found.append("No exchange was captured at all.")
    if seen.blind_captures:
        found.append(
            f"{counted(seen.blind_captures, 'capture')} without any cookie: consent cookies cannot be read from it."
        )
    if seen.seen.without_consent_source:
        sessions = counted(seen.seen.without_consent_source, "session")
        found.append(f"{sessions} without any signal of consent.")
    if seen.tally.verdicts[Verdict.UNPROVEN]:
        violations = counted(seen.tally.verdicts[Verdict.UNPROVEN], "violation")
        found.append(f"{violations} could not be decided from what crossed the wire.")
    if seen.seen.events:
        found.append(
            "What a CDP's servers send on to cloud-mode destinations never crosses this wire: it is predicted."
        )
    return found
