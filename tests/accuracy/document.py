"""The matrix as ``docs/accuracy.md``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

from .matrix import VERDICTS, Judged, Matrix
from .scenario import Door, Scenario, Surface, Truth

DOCUMENT = Path(__file__).parents[2] / "docs" / "accuracy.md"
_LINE = "<!-- generated -->"
_TRUTHS = {
    Truth.HAD: "had consent, or needed none",
    Truth.NONE: "had none",
    Truth.UNKNOWN: "cannot be known",
}


def page(matrix: Matrix) -> str:
    """The document: its hand-written head, and what was measured."""
    head = DOCUMENT.read_text(encoding="utf-8").partition(_LINE)[0]
    return f"{head}{_LINE}\n\n" + "\n".join(_measured(matrix)) + "\n"


def _measured(matrix: Matrix) -> Iterator[str]:
    yield from _played(matrix)
    yield "\n## All acts\n"
    yield from _table(matrix.judged)
    yield "\n## By door\n"
    yield from _split(matrix.judged, Door, lambda one: one.door)
    yield "\n## By regime\n"
    yield from _split(matrix.judged, sorted({one.law for one in matrix.scenarios}), lambda one: one.scenario.law)
    yield "\n## By surface\n"
    yield from _split(matrix.judged, Surface, lambda one: one.scenario.story.surface)
    yield "\n## What is wrong\n"
    yield from _wrong(matrix)
    yield "\n## What is left open\n"
    yield from _undecided(matrix)
    yield "\n## The scenarios\n"
    yield from _listed(matrix)


def _played(matrix: Matrix) -> Iterator[str]:
    told = matrix.scenarios
    clean = sum(one.clean for one in told)
    plays = sum(len(one.story.doors) for one in told)
    managers = {one.manager for one in told} - {"nobody"}
    several = sum(one.windows > 1 for one in told)
    surfaces = Counter(one.story.surface for one in told)
    yield (
        f"{len(told)} scenarios, {clean} of them clean ({100 * clean // len(told)} %: everything in them has consent or needs none);"
        f" {len(managers)} consent managers and standards; {several} scenarios in several windows;"
        f" {', '.join(f'{surfaces[surface]} {surface}' for surface in Surface)}. Played through every door that can carry them:"
        f" {plays} plays, {len(matrix.judged)} acts."
    )


def _table(judged: Sequence[Judged]) -> Iterator[str]:
    counts = Counter((one.act.truth, one.verdict) for one in judged)
    yield f"| truth | {' | '.join(VERDICTS)} | acts |"
    yield f"| --- |{' ---: |' * (len(VERDICTS) + 1)}"
    for truth, label in _TRUTHS.items():
        row = [counts[truth, verdict] for verdict in VERDICTS]
        yield f"| {label} | {' | '.join(map(str, row))} | {sum(row)} |"
    accused = sum(one.falsely_accused for one in judged)
    missed = sum(one.missed for one in judged)
    overstated = sum(one.overstated for one in judged)
    undecided = sum(one.undecided for one in judged)
    yield (
        f"\nFalse accusations: {accused}. Missed leaks: {missed}. Sure of what cannot be known: {overstated}."
        f" Left open although the story knows: {undecided}."
    )


def _split(judged: Sequence[Judged], labels: Iterable[str], label_of: Callable[[Judged], str]) -> Iterator[str]:
    for number, label in enumerate(labels):
        yield f"{'' if number == 0 else chr(10)}### {label}\n"
        yield from _table([one for one in judged if label_of(one) == label])


def _wrong(matrix: Matrix) -> Iterator[str]:
    if not matrix.wrong:
        yield "Nothing that was judged contradicts its truth."
    for scenario, listed in _by_scenario(matrix.wrong):
        kinds = Counter(_kind_of_fault(one) for one in listed)
        faults = ", ".join(f"{number} × {kind}" for kind, number in kinds.items())
        yield f"- `{scenario.id}`: {faults}. {scenario.story.wrong or 'Nobody has said why.'}"


def _kind_of_fault(one: Judged) -> str:
    return (
        "false accusation" if one.falsely_accused else "missed leak" if one.missed else "sure of what cannot be known"
    )


def _undecided(matrix: Matrix) -> Iterator[str]:
    open_ones = [one for one in matrix.judged if one.undecided]
    yield "`unproven` although the story knows, because nothing that crossed the wire decides it:\n"
    for scenario, listed in _by_scenario(open_ones):
        doors = ", ".join(dict.fromkeys(one.door for one in listed))
        yield f"- `{scenario.id}`: {len(listed)} acts ({doors})"


def _by_scenario(judged: Iterable[Judged]) -> Iterator[tuple[Scenario, list[Judged]]]:
    for _, group in groupby(judged, lambda one: one.scenario.id):
        listed = list(group)
        yield listed[0].scenario, listed


def _listed(matrix: Matrix) -> Iterator[str]:
    yield "| story | regime | surface | with | clean |"
    yield "| --- | --- | --- | --- | --- |"
    for _, group in groupby(matrix.scenarios, lambda one: id(one.story)):
        told = list(group)
        managers = ", ".join(one.manager for one in told)
        first = told[0]
        yield (
            f"| {first.story.title} | {first.law} | {first.story.surface} | {managers} | {'yes' if first.clean else ''} |"
        )
