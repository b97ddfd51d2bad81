"""A person's name, under keys that stand for nothing else; ``name`` alone is a product's, a page's, an event's.

Only as a trait is ``name`` a person's: Segment's documentation reserves it for the full name (Spec: Identify).
"""

from __future__ import annotations

import re

from addon.personal_data.detector import Detector, Leaf, plain, words

_KEYS = words(
    "firstname lastname fullname givenname familyname surname forename middlename maidenname userfullname"
    " customername nameoncard cardholdername accountholdername accountholder passengername recipientname"
)
_WORD = r"[^\W\d_]{1,30}\.?"
_NAME = re.compile(rf"{_WORD}(?:[ '’\-]{{1,2}}{_WORD}){{0,5}}")
_MAX_NAME = 80
_NOBODY = words(
    "unknown undefined null none nil nan na guest anonymous visitor user customer person member name surname first last full given"
    " family middle test true false yes no on off string text empty redacted masked hidden removed filtered deleted present set"
    " default other private"
)
_SENTENCE = words(
    "is are must please enter your required missing invalid valid provided changed filled field error not"
)
"""Words of what a form says of its field."""
_TRAITS = (("traits",), ("context", "traits"))


def _finds(leaf: Leaf) -> bool:
    text = leaf.text
    if not 1 < len(text) <= _MAX_NAME or not _NAME.fullmatch(text) or leaf.of_business or leaf.about_fields:
        return False
    if leaf.key == "name" and (leaf.parents not in _TRAITS or " " not in text):
        return False
    parts = text.lower().replace("-", " ").split()
    return plain(text) != leaf.key and not _NOBODY.issuperset(parts) and not _SENTENCE.intersection(parts)


DETECTOR = Detector(kind="name", label="a person's name", finds=_finds, keys=_KEYS | {"name"})
