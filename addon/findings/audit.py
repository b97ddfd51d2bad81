"""The six questions that an audit of a CDP's deployment asks: each answered by what was judged, or said not to be shown.

"Yes" is never made of silence: it takes that the thing was put to the test (see ``coverage``) and held.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum

from .coverage import Coverage, Outcome, State
from .query import Connection
from .rules import Verdict
from .text import counted


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


_HELD = "c.verdict <> 'cleared' AND NOT c.suppressed"
_SURE = f"c.verdict IN ('{Verdict.CONFIRMED}', '{Verdict.LIKELY}')"
_VIOLATIONS = f"""
SELECT f.rule, c.phase, {_SURE}, sum(c.violations) FROM violation_counts c JOIN findings f ON f.fingerprint = c.fingerprint
WHERE {_HELD} GROUP BY 1, 2, 3
"""
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
    violations: dict[tuple[str, str, bool], int]
    """Rule, phase, and whether confirmed or likely -> how many."""
    stamps: dict[tuple[bool, bool], int]
    """Whether of a server, whether stamped -> how many messages."""
    destinations: int
    mapping_shown: int
    unmapped: int
    cdps: frozenset[str]
    coverage: Coverage

    def of(self, *rules: str, phase: str | None = None, sure: bool = True) -> int:
        return sum(
            count
            for (rule, at, decided), count in self.violations.items()
            if rule in rules and decided is sure and phase in (None, at)
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
        violations={(rule, phase, bool(sure)): count for rule, phase, sure, count in connection.execute(_VIOLATIONS)},
        stamps={(bool(server), bool(full)): count for server, full, count in connection.execute(_STAMPS)},
        destinations=total,
        mapping_shown=shown or 0,
        unmapped=unmapped or 0,
        cdps=frozenset(row[0] for row in connection.execute("SELECT DISTINCT cdp FROM events")),
        coverage=coverage,
    )
    return [_mapped(facts), _waits(facts), _stamped(facts), _honoured(facts), _servers(facts), _withdrawn(facts)]


def _mapped(facts: _Facts) -> Question:
    question = "Does every destination have a consent category in the workspace?"
    if facts.unmapped or facts.of("unmapped-destination"):
        evidence = f"{counted(facts.unmapped, 'destination')} without a category, among {facts.mapping_shown:,} that the settings show."
        return Question(
            "destinations-mapped",
            question,
            Answer.NO,
            evidence,
            "Map each one in the workspace, or state in the policy why not.",
        )
    if facts.mapping_shown and facts.mapping_shown == facts.destinations:
        evidence = f"All {counted(facts.mapping_shown, 'destination')} of the settings have one."
        return Question("destinations-mapped", question, Answer.YES, evidence, "")
    missing = facts.destinations - facts.mapping_shown
    evidence = (
        f"{counted(missing, 'destination')} of which no settings show the category."
        if missing
        else "No source's settings were seen."
    )
    remedy = "Record a first page load with an empty cache, so that the source's settings pass by, or declare destinations in the policy."
    return Question("destinations-mapped", question, Answer.NOT_SHOWN, evidence, remedy)


def _waits(facts: _Facts) -> Question:
    question = "Do the SDKs wait for the person's choice?"
    early = facts.of(*_EARLY, phase="before-choice")
    if early:
        evidence = f"{counted(early, 'message, load or cookie', 'messages, loads or cookies')} before the choice, confirmed or likely."
        return Question(
            "sdk-waits", question, Answer.NO, evidence, "Load the library only once its category is granted."
        )
    outcomes = facts.outcomes(State.UNANSWERED, destinations=False)
    return _tested(
        "sdk-waits",
        question,
        outcomes,
        "before an answer",
        "Open a page in a fresh profile, leave the banner alone, then accept.",
    )


def _stamped(facts: _Facts) -> Question:
    return _stamps(
        facts,
        "messages-stamped",
        "Does every message of pages and apps carry the person's choice?",
        "page or app",
        "Use the CDP's consent integration, so that every message is stamped.",
        server=False,
    )


def _servers(facts: _Facts) -> Question:
    return _stamps(
        facts,
        "servers-stamped",
        "Does every message of a server carry the person's choice?",
        "server",
        "Pass the choice to the server, and stamp its messages; its traffic has to pass the proxy to be seen.",
        server=True,
    )


def _stamps(facts: _Facts, key: str, question: str, noun: str, remedy: str, *, server: bool) -> Question:
    full, bare = facts.stamps.get((server, True), 0), facts.stamps.get((server, False), 0)
    if not full and not bare:
        return Question(key, question, Answer.NOT_SHOWN, f"No message of a {noun} was seen.", remedy)
    evidence = f"{full:,} of {counted(full + bare, 'message')} carry choices."
    return Question(key, question, Answer.NO if bare else Answer.YES, evidence, remedy if bare else "")


def _honoured(facts: _Facts) -> Question:
    question = "Do destinations receive only what their category was granted for?"
    wrong = facts.of("fanout-without-consent", "integrations-override", "warehouse-ungated")
    if wrong:
        deliveries = counted(wrong, "delivery", "deliveries")
        evidence = f"{deliveries} without the category, confirmed or likely; those in cloud mode are predicted."
        return Question(
            "destinations-honour",
            question,
            Answer.NO,
            evidence,
            "Stamp messages with the choice, and map every destination.",
        )
    outcomes = facts.outcomes(State.REFUSED, destinations=True)
    return _tested(
        "destinations-honour",
        question,
        outcomes,
        "after a refusal",
        "Refuse a category and go on, then accept it in a fresh profile.",
    )


def _withdrawn(facts: _Facts) -> Question:
    question = "Does a withdrawal reach the CDP and its destinations?"
    wrong = facts.of("withdrawal-not-propagated")
    late = sum(count for (_, phase, sure), count in facts.violations.items() if phase == "after-withdrawal" and sure)
    if wrong or late:
        evidence = f"{counted(late, 'violation')} after a withdrawal, and {counted(wrong, 'withdrawal')} not passed on."
        return Question(
            "withdrawal-propagates",
            question,
            Answer.NO,
            evidence,
            "Send the CDP's consent event at once, and stop what is queued.",
        )
    outcomes = facts.outcomes(State.WITHDRAWN, destinations=False)
    return _tested(
        "withdrawal-propagates",
        question,
        outcomes,
        "after a withdrawal",
        "Accept, then withdraw, then go on using the site.",
    )


def _tested(key: str, question: str, outcomes: list[Outcome], when: str, remedy: str) -> Question:
    """Yes only where somebody was clean in that state, and nobody undecided."""
    if Outcome.CLEAN in outcomes and not {Outcome.NOT_VISIBLE, Outcome.VIOLATED} & set(outcomes):
        evidence = f"{outcomes.count(Outcome.CLEAN)} of {len(outcomes)} put to the test {when}, and none was wrong."
        return Question(key, question, Answer.YES, evidence, "")
    return Question(
        key,
        question,
        Answer.NOT_SHOWN,
        f"It was not put to the test {when}, or what was in force is not decided.",
        remedy,
    )


def audit_document(questions: list[Question]) -> list[dict[str, object]]:
    """The same for machines."""
    return [asdict(question) for question in questions]
