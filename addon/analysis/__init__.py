"""Exchanges -> a database: of recorded captures, of a live one in a process of its own, and of captures compared with each other."""

from .analyst import Analyst, Outcome
from .captures import Analysis, Failure, analyse, analyse_files, open_captures, opened
from .messages import Verdicts

__all__ = [
    "Analysis",
    "Analyst",
    "Failure",
    "Outcome",
    "Verdicts",
    "analyse",
    "analyse_files",
    "open_captures",
    "opened",
]
