"""Exchanges -> a database: of recorded captures, of a live one in a process of its own, and of captures compared with each other."""

from .analyst import Analyst, Verdicts, note_early_end
from .captures import Analysis, Failure, analyse, opened

__all__ = ["Analysis", "Analyst", "Failure", "Verdicts", "analyse", "note_early_end", "opened"]
