"""A session's signals put in order: what consent was in force when, how certain that is, and which choice was made when."""

from .history import Stretch, history
from .points import Point
from .state import Certainty, ConsentState, Need, Standing, standing_of
from .timeline import TESTER_ORIGIN, Timeline

__all__ = [
    "TESTER_ORIGIN",
    "Certainty",
    "ConsentState",
    "Need",
    "Point",
    "Standing",
    "Stretch",
    "Timeline",
    "history",
    "standing_of",
]
