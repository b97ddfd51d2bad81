"""Coverage: what a database's captures put to the test."""

from .model import LABELS, Coverage, Outcome, State, coverage_document, is_requirement, said, shown_states
from .query import read_coverage

__all__ = [
    "LABELS",
    "Coverage",
    "Outcome",
    "State",
    "coverage_document",
    "is_requirement",
    "read_coverage",
    "said",
    "shown_states",
]
