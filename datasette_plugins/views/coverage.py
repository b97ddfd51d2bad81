"""What was exercised: in which states of consent who was seen, and what came of it."""

from __future__ import annotations

from addon.findings.coverage import LABELS, coverage_document, read_coverage, said, shown_states
from addon.findings.names import read_names
from datasette_plugins.plugin.page import Ask, Entry, Page, Shown

_SUBJECTS = 200
_PLACES = 50


def read(ask: Ask) -> Shown:
    """A matrix for each site and app."""
    coverage = read_coverage(ask.connection)
    context = {
        "places": coverage.places[:_PLACES],
        "more_places": max(len(coverage.places) - _PLACES, 0),
        "states": shown_states(coverage.places),
        "labels": LABELS,
        "most": _SUBJECTS,
        "names": read_names(ask.connection),
        "said": said,
        "sentences": coverage.sentences()[:_PLACES],
    }
    return Shown(context, {"coverage": coverage_document(coverage)})


PAGE = Page(
    route="/{database}/-/coverage",
    template="consentwire/coverage.html",
    tables=(
        *("captures", "sessions", "exchanges", "events", "deliveries", "calls", "cookies"),
        *("consent_states", "violations", "violation_counts", "findings", "names"),
    ),
    read=read,
    entry=Entry("Coverage", 35),
)
