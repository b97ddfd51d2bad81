"""A finding: violations of one kind, over time and over captures."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from urllib.parse import urlencode

from addon.findings import sentences, violations
from addon.findings.gravity import VERDICTS
from addon.findings.names import read_names
from addon.findings.query import seconds
from addon.findings.rows import finding
from addon.findings.rules import rule_of
from datasette_plugins.drawing.axis import Axis, Cut, Tick, clock
from datasette_plugins.plugin.page import Ask, Page, Shown

_PAGE = 100
_LEFT, _WIDTH = 10.0, 1160.0
_BIN = 8.0
_HEIGHT = 46.0


@dataclass(frozen=True, slots=True)
class Bar:
    """Violations of one verdict at about one time. Pixels, ``y`` from above."""

    x: float
    y: float
    height: float
    verdict: str
    title: str


@dataclass(frozen=True, slots=True)
class Strip:
    """A finding over time."""

    bars: list[Bar]
    ticks: list[Tick]
    cuts: list[Cut]
    days: str
    """The first and the last day."""


def read(ask: Ask) -> Shown:
    """The page of a finding."""
    connection, links = ask.connection, ask.links
    found = finding(connection, ask.key)
    if found is None:
        raise ask.missing("finding", "findings")
    at, _, key = ask.arguments.get("after", "").partition("~")
    listed = violations.of_finding(connection, found.fingerprint, _PAGE, at, key)
    last = listed[_PAGE - 1] if len(listed) > _PAGE else None
    following = None if last is None else urlencode({"after": f"{last.occurred_at}~{last.id}"})
    names = read_names(connection)
    captures = violations.by_capture(connection, found.fingerprint)
    rule = rule_of(found.rule)
    context = {
        "finding": found,
        "title": sentences.title(found.explanation, found.verdict, names, found.vendor),
        "receiver": names.receiver(found.vendor, found.destination),
        "meaning": sentences.verdict_meaning(found.verdict, rule),
        "rule": rule,
        "captures": captures,
        "violations": listed[:_PAGE],
        "following": None if following is None else f"{links.finding(found.fingerprint)}?{following}#violations",
        "narrowed": bool(at),
        "strip": _strip(violations.over_time(connection, found.fingerprint)),
        "phases": {phase: sentences.phase(phase, rule) or "" for phase in sentences.PHASE_NAMES},
    }
    document = {
        "finding": asdict(found),
        "captures": [asdict(each) for each in captures],
        "violations": [asdict(each) for each in listed[:_PAGE]],
        "next": None if following is None else f"{links.finding(found.fingerprint, '.json')}?{following}",
    }
    return Shown(context, document)


def _strip(moments: list[violations.Moment]) -> Strip | None:
    """Bars over time; ``None`` for what happened within one second."""
    times = [(at, moment) for moment in moments if (at := seconds(f"{moment.at.rstrip('Z')}Z")) is not None]
    if len({at for at, _ in times}) < 2:
        return None
    axis = Axis(times[0][0], times[-1][0], [at for at, _ in times], _LEFT, _WIDTH)
    bins: dict[int, Counter[str]] = {}
    first: dict[int, float] = {}
    for at, moment in times:
        number = int((axis.x(at) - _LEFT) // _BIN)
        bins.setdefault(number, Counter())[moment.verdict] += moment.violations
        first.setdefault(number, at)
    highest = max(sum(counts.values()) for counts in bins.values())
    bars: list[Bar] = []
    for number, counts in sorted(bins.items()):
        y = _HEIGHT
        for verdict in VERDICTS:
            if counts[verdict]:
                height = max(round((_HEIGHT - 4) * counts[verdict] / highest, 1), 3.0)
                y -= height
                label = f"{counts[verdict]:,} {verdict} from {clock(first[number], 1)}"
                bars.append(Bar(round(_LEFT + number * _BIN, 1), round(max(y, 0.0), 1), height, verdict, label))
    days = sorted({moment.at[:10] for _, moment in times})
    return Strip(bars, axis.ticks(), axis.cuts(), days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}")


PAGE = Page(
    route="/{database}/-/findings/{key}",
    template="consentwire/finding.html",
    tables=("captures", "signals", "violations", "findings", "names"),
    read=read,
    row_of="findings",
)
