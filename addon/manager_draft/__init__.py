"""Answers to a banner and what was stored around each -> a draft entry of the catalogue, or the reasons why there is none.

Pure: what pages and requests showed comes in, an entry with what it rests on comes out. Nothing is guessed: a category that the answers
do not tell apart from another is never named alone, and a record that says the same after each answer is none.
"""

from .draft import Draft, NoDraft, drafted
from .observed import Answer, AnswerKind, Place, Snapshot, shortened

__all__ = ["Answer", "AnswerKind", "Draft", "NoDraft", "Place", "Snapshot", "drafted", "shortened"]
