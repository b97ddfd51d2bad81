"""What was exercised: in which states of consent which sources, destinations and vendors were seen, and what came of it.

Silence proves something only where the thing that is silent was seen in another state of the same site or app, and where that state
was there while requests went out. Everything else is said to be not exercised, or not visible.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from addon.findings.names import Names
from addon.findings.text import joined


class State(StrEnum):
    """A state of consent in which something could have been sent."""

    UNANSWERED = "unanswered"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    OPTED_OUT = "opted-out"


class Outcome(StrEnum):
    """What is known of one subject in one state."""

    VIOLATED = "violated"
    CLEAN = "clean"
    """It was seen, and nothing it did was wrong; or it was not seen although it was in another state of the same place."""
    NOT_EXERCISED = "not exercised"
    """Nothing was requested in that state."""
    NOT_VISIBLE = "not visible"
    """It was seen, and the state of consent under which is not decided."""


LABELS = {
    State.UNANSWERED: "before an answer",
    State.ACCEPTED: "accepted",
    State.REFUSED: "refused",
    State.WITHDRAWN: "withdrawn",
    State.OPTED_OUT: "opted out",
}
_NO_PEOPLE = ("a server", "unknown")
"""Places where nobody answers a banner."""


@dataclass(slots=True)
class Cell:
    """One subject in one state."""

    outcome: Outcome
    acts: int = 0
    """Messages, deliveries, calls and cookies that were judged under it."""
    violations: int = 0
    """Confirmed and likely ones, of rules of severity error."""
    unproven: int = 0
    """The others."""


@dataclass(slots=True)
class Subject:
    """A source, a destination or a vendor at one place."""

    vendor: str | None
    destination: str | None
    categories: set[str] = field(default_factory=set)
    """What its acts needed."""
    acts: Counter[State] = field(default_factory=Counter)
    unknown: int = 0
    """Acts under a state of which nothing is known."""
    possible: Counter[State] = field(default_factory=Counter)
    """Acts that may have been under a state, or under another one."""
    undecided: int = 0
    """All of these."""
    violations: Counter[State] = field(default_factory=Counter)
    unproven: Counter[State] = field(default_factory=Counter)
    unplaced: int = 0
    """Violations for which no state is known."""
    cells: dict[State, Cell] = field(default_factory=dict)

    @property
    def seen(self) -> int:
        return self.acts.total() + self.undecided


@dataclass(slots=True)
class Place:
    """A site, an app, or what stands for it where there is neither."""

    name: str
    exercised: dict[State, set[str]] = field(default_factory=lambda: defaultdict(set))
    """State -> categories for which requests went out in it."""
    subjects: list[Subject] = field(default_factory=list)
    """Those with the most violations first, then those that did most."""

    def states(self) -> list[State]:
        """The states in which anything was requested, of any category."""
        return [state for state in State if self.exercised.get(state)]


@dataclass(frozen=True, slots=True)
class Coverage:
    """Everything in one database."""

    places: tuple[Place, ...]

    def sentences(self) -> list[str]:
        """``shop.example: exercised before an answer and accepted; not exercised: refused, withdrawn and opted out``"""
        return [_sentence(place) for place in self.places]

    def missing(self, required: Iterable[str], names: Names) -> list[str]:
        """Why what was required is not there, each in a sentence; empty if all of it is.

        Args:
            required: states (``refused``), ``vendor:<id>`` and ``destination:<name>``.
        """
        return [reason for each in required for reason in self._missing(each, names)]

    def _missing(self, required: str, names: Names) -> Iterator[str]:
        kind, _, wanted = required.partition(":")
        if kind in set(State):
            state = State(kind)
            people = [place for place in self.places if place.name not in _NO_PEOPLE]
            without = [place.name for place in people if state not in place.states()]
            if not people:
                yield f"{required}: no site or app was judged"
            for name in without:
                yield f"{required}: nothing was requested on {name} in that state ({LABELS[state]})"
            return
        everybody = [subject for place in self.places for subject in place.subjects]
        if kind == "vendor" and not any(subject.vendor == wanted for subject in everybody):
            yield f"{required}: {names.short(wanted)} was not seen"
        if kind == "destination" and not any(subject.destination == wanted for subject in everybody):
            yield f"{required}: no message was routed to a destination of that name"


def said(cell: Cell) -> str:
    """``violated (24)``, ``clean (3 seen)``, ``clean (silent)``, ``not exercised``"""
    match cell.outcome:
        case Outcome.VIOLATED:
            return f"violated ({cell.violations:,})"
        case Outcome.CLEAN:
            return f"clean ({cell.acts:,} seen)" if cell.acts else "clean (silent)"
        case Outcome.NOT_VISIBLE if cell.unproven:
            return f"not visible ({cell.unproven:,} unproven)"
    return cell.outcome.value


def is_requirement(text: str) -> bool:
    """Whether ``Coverage.missing`` takes it."""
    kind, colon, wanted = text.partition(":")
    return text in set(State) or (kind in ("vendor", "destination") and bool(colon and wanted))


def _sentence(place: Place) -> str:
    states = place.states()
    if not states:
        return f"{place.name}: no state of consent is known"
    left = [LABELS[state] for state in State if state not in states]
    done = joined(LABELS[state] for state in states)
    return f"{place.name}: exercised {done}" + (f"; not exercised: {joined(left)}" if left else "")


def shown_states(places: Sequence[Place]) -> list[State]:
    """The states worth a column: opting out only where somebody did."""
    return [
        state for state in State if state is not State.OPTED_OUT or any(state in place.states() for place in places)
    ]


def coverage_document(coverage: Coverage) -> list[dict[str, object]]:
    """The same for machines."""
    return [
        {
            "place": place.name,
            "states": [state.value for state in place.states()],
            "subjects": [
                {
                    "vendor": subject.vendor,
                    "destination": subject.destination,
                    "undecided": subject.undecided,
                    "states": {
                        state.value: {
                            "outcome": cell.outcome.value,
                            "acts": cell.acts,
                            "violations": cell.violations,
                            "unproven": cell.unproven,
                        }
                        for state, cell in subject.cells.items()
                    },
                }
                for subject in place.subjects
            ],
        }
        for place in coverage.places
    ]
