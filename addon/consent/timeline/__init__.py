"""A session's signals put in order: what consent was in force when, how certain that is, and which choice was made when."""

from .history import Stretch, history
from .points import Point
from .spans import Span, opt_out_spans, spans
from .state import Certainty, ConsentState, Need, Standing, standing_of
from .timeline import TESTER_ORIGIN, Timeline

__all__ = [
    "TESTER_ORIGIN",
    "Certainty",
    "ConsentState",
    "Need",
    "Point",
    "Span",
    "Standing",
    "Stretch",
    "Timeline",
    "history",
    "opt_out_spans",
    "spans",
    "standing_of",
]
