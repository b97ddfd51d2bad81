"""Personal data in messages and calls: what kind it is and where it stands, never the data itself.

Each kind has a detector of its own in ``kinds``. They are strict: a value is of a kind if nothing else looks like it, by check digits,
by public lists or by the key under which it stands.
"""

from .search import PLACES, PersonalData, Searched, in_call, in_envelope, in_message

__all__ = ["PLACES", "PersonalData", "Searched", "in_call", "in_envelope", "in_message"]
