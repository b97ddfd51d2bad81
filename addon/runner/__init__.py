"""Exchanges -> a database: of recorded captures, of a live one in a process of its own, and of captures compared with each other."""

from .files import Analysis, Failure, analyse_files, open_captures, opened
from .live_analysis import LiveAnalysis, Outcome
from .messages import Verdicts

__all__ = [
    "Analysis",
    "Failure",
    "LiveAnalysis",
    "Outcome",
    "Verdicts",
    "analyse_files",
    "open_captures",
    "opened",
]
