"""How much of a capture was seen, judged, unread and lost, and whether a silence about violations proves anything.

``docs/verdicts.md`` defines each number and what a pass takes, under "When no violation means something".
"""

from .document import document
from .model import CaptureVisibility, Hosts, Visibility
from .query import read_visibility
from .shortfalls import Shortfall, sentences, shortfalls

__all__ = [
    "CaptureVisibility",
    "Hosts",
    "Shortfall",
    "Visibility",
    "document",
    "read_visibility",
    "sentences",
    "shortfalls",
]
