"""The six questions that an audit of a CDP's deployment asks: each answered by what was judged, or said not to be shown.

"Yes" is never made of silence: it takes that the thing was put to the test (see ``coverage``) and held.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import partial

from .coverage import Coverage, Outcome, State
from .query import Connection
from .rules import Verdict
from .text import counted, joined


class Answer(StrEnum):
    """What a database says."""

    YES = "yes"
    NO = "no"
    NOT_SHOWN = "not shown"


@dataclass(frozen=True, slots=True)
class Question:
    """One question with its answer."""

    id: str
    question: str
    answer: Answer
    evidence: str
    """What the answer rests on, in whole sentences."""
    remedy: str
    """What would fix a no, or show what is not shown; empty beside a yes."""


type _Answered = Callable[[Answer, str, str], Question]
"""A question that waits for its answer, evidence and remedy."""
_HELD = "c.verdict <> 'cleared' AND NOT c.suppressed"
_SURE = f"c.verdict IN ('{Verdict.CONFIRMED}', '{Verdict.LIKELY}')"
_VIOLATIONS = f"""
SELECT f.rule, c.phase, sum(c.violations) FROM violation_counts c JOIN findings f ON f.fingerprint = c.fingerprint
WHERE {_HELD} AND {_SURE} AND (f.destination IS NOT NULL OR f.vendor IN (SELECT DISTINCT cdp FROM events)) GROUP BY 1, 2
"""
"""Confirmed and likely ones, of CDPs and what they send on to: what a tag beside them does answers no question here."""
_STAMPS = """
SELECT surface = 'server', stamped = 'preferences', count(*) FROM events GROUP BY 1, 2
"""
_MAPPINGS = """
SELECT count(*), sum(shown), sum(bare) FROM (
    SELECT max(d.workspace_categories IS NOT NULL) AS shown, max(coalesce(d.workspace_categories = '[]', 0)) AS bare
    FROM destinations d JOIN sources s ON s.id = d.source_id GROUP BY s.cdp, s.write_key, d.name)
"""
_EARLY = ("event-without-consent", "sdk-load-without-consent", "cookie-without-consent")


@dataclass(frozen=True, slots=True)
class _Facts:
    violations: dict[tuple[str, str], int]
    """Rule and phase -> how many."""
    stamps: dict[tuple[bool, bool], int]
    """Whether of a server, whether stamped -> how many messages."""
    destinations: int
    mapping_shown: int
    unmapped: int
    cdps: frozenset[str]
    coverage: Coverage

    def of(self, *rules: str, phase: str | None = None) -> int:
        """Violations of some rules, or of any, in a phase, or in any."""
        return sum(
            count
            for (rule, at), count in self.violations.items()
            if (not rules or rule in rules) and phase in (None, at)
        )

    def outcomes(self, state: State, *, destinations: bool) -> list[Outcome]:
        """Of the sources, or of their destinations, at every place."""
        return [
            subject.cells[state].outcome
            for place in self.coverage.places
            for subject in place.subjects
            if (
                subject.destination is not None
                if destinations
                else subject.vendor in self.cdps and subject.destination is None
            )
        ]


def audit(connection: Connection, coverage: Coverage) -> list[Question]:
    """The six questions, in their order."""
    total, shown, unmapped = connection.execute(_MAPPINGS).fetchone()
    facts = _Facts(
        violations={(rule, phase): count for rule, phase, count in connection.execute(_VIOLATIONS)},
        stamps={(bool(server), bool(full)): count for server, full, count in connection.execute(_STAMPS)},
        destinations=total,
        mapping_shown=shown or 0,
        unmapped=unmapped or 0,
        cdps=frozenset(row[0] for row in connection.execute("SELECT DISTINCT cdp FROM events")),
        coverage=coverage,
    )
    return [_mapped(facts), _waits(facts), _stamped(facts), _honoured(facts), _servers(facts), _withdrawn(facts)]


def _mapped(facts: _Facts) -> Question:
    question = partial(
        Question, "destinations-mapped", "Does every destination have a consent category in the workspace?"
    )
    if facts.unmapped or facts.of("unmapped-destination"):
        bare = counted(facts.unmapped, "destination")
        evidence = f"{bare} without a category, among {facts.mapping_shown:,} that the settings show."
        return question(Answer.NO, evidence, "Map each one in the workspace, or state in the policy why not.")
    if facts.mapping_shown and facts.mapping_shown == facts.destinations:
        return question(Answer.YES, f"All {counted(facts.mapping_shown, 'destination')} of the settings have one.", "")
    missing = facts.destinations - facts.mapping_shown
    unknown = f"{counted(missing, 'destination')} of which no settings show the category."
    return question(
        Answer.NOT_SHOWN,
        unknown if missing else "No source's settings were seen.",
        "Record a first page load with an empty cache, so that the source's settings pass by, or declare destinations in the policy.",
    )


def _stamped(facts: _Facts) -> Question:
    question = partial(Question, "messages-stamped", "Does every message of pages and apps carry the person's choice?")
    remedy = "Use the CDP's consent integration, so that every message is stamped."
    return _by_stamps(question, facts, "page or app", remedy, server=False)


def _servers(facts: _Facts) -> Question:
    question = partial(Question, "servers-stamped", "Does every message of a server carry the person's choice?")
    remedy = "Pass the choice to the server, and stamp its messages; its traffic has to pass the proxy to be seen."
    return _by_stamps(question, facts, "server", remedy, server=True)


def _by_stamps(question: _Answered, facts: _Facts, noun: str, remedy: str, *, server: bool) -> Question:
    full, bare = facts.stamps.get((server, True), 0), facts.stamps.get((server, False), 0)
    if not full and not bare:
        return question(Answer.NOT_SHOWN, f"No message of a {noun} was seen.", remedy)
    evidence = f"{full:,} of {counted(full + bare, 'message')} carry choices."
    return question(Answer.NO, evidence, remedy) if bare else question(Answer.YES, evidence, "")


def _waits(facts: _Facts) -> Question:
    question = partial(Question, "sdk-waits", "Do the SDKs wait for the person's choice?")
    early = facts.of(*_EARLY, phase="before-choice")
    if early:
        evidence = f"{counted(early, 'message, load or cookie', 'messages, loads or cookies')} before the choice, confirmed or likely."
        return question(Answer.NO, evidence, "Load the library only once its category is granted.")
    outcomes = facts.outcomes(State.UNANSWERED, destinations=False)
    remedy = "Open a page in a fresh profile, leave the banner alone, then accept."
    return _by_outcomes(question, outcomes, "before an answer", remedy)


def _honoured(facts: _Facts) -> Question:
    question = partial(
        Question, "destinations-honour", "Do destinations receive only what their category was granted for?"
    )
    wrong = facts.of("fanout-without-consent", "integrations-override", "warehouse-ungated")
    if wrong:
        deliveries = counted(wrong, "delivery", "deliveries")
        evidence = f"{deliveries} without the category, confirmed or likely; those in cloud mode are predicted."
        return question(Answer.NO, evidence, "Stamp messages with the choice, and map every destination.")
    outcomes = facts.outcomes(State.REFUSED, destinations=True)
    remedy = "Refuse a category and go on, then accept it in a fresh profile."
    return _by_outcomes(question, outcomes, "after a refusal", remedy)


def _withdrawn(facts: _Facts) -> Question:
    question = partial(Question, "withdrawal-propagates", "Does a withdrawal reach the CDP and its destinations?")
    silent = facts.of("withdrawal-not-propagated")
    late = facts.of(phase="after-withdrawal")
    if silent or late:
        parts = [f"{counted(late, 'violation')} after a withdrawal"] if late else []
        parts += [f"{counted(silent, 'withdrawal')} not passed on"] if silent else []
        remedy = "Send the CDP's consent event at once, and stop what is queued."
        return question(Answer.NO, f"{joined(parts)}, confirmed or likely.", remedy)
    outcomes = facts.outcomes(State.WITHDRAWN, destinations=False)
    return _by_outcomes(question, outcomes, "after a withdrawal", "Accept, then withdraw, then go on using the site.")


def _by_outcomes(question: _Answered, outcomes: list[Outcome], when: str, remedy: str) -> Question:
    """Yes only where somebody was clean in that state, and nobody undecided."""
    if Outcome.CLEAN in outcomes and not {Outcome.NOT_VISIBLE, Outcome.VIOLATED} & set(outcomes):
        evidence = f"{outcomes.count(Outcome.CLEAN)} of {len(outcomes)} put to the test {when}, and none was wrong."
        return question(Answer.YES, evidence, "")
    return question(
        Answer.NOT_SHOWN, f"It was not put to the test {when}, or what was in force is not decided.", remedy
    )


def audit_document(questions: list[Question]) -> list[dict[str, object]]:
    """The same for machines."""
    return [asdict(question) for question in questions]
