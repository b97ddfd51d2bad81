"""Exchanges -> a database: of recorded captures, of a live one in a process of its own, and of captures compared with each other."""

from .analyst import Analyst, Verdicts, note_early_end
from .captures import Analysis, Failure, analyse, analyse_files, open_captures, opened

__all__ = [
    "Analysis",
    "Analyst",
    "Failure",
    "Verdicts",
    "analyse",
    "analyse_files",
    "note_early_end",
    "open_captures",
    "opened",
]
