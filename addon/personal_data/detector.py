"""The interface of a detector of one kind of personal data, and the values it receives."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from addon.jsontext import Json


def words(text: str) -> frozenset[str]:
    """The words of a text, as lists of keys and names are written here."""
    return frozenset(text.split())


MAX_TEXT = 2000
"""Characters of one value that are looked at."""
MAX_KEY = 100
"""Characters of a key that are."""

TYPED = words(
    "q query search searchterm searchquery searchstring keyword keywords term input message comment comments"
    " feedback note notes subject question answer freetext"
)
"""Keys of text that people type themselves."""
_BUSINESS = re.compile(
    r"store|shop|merchant|seller|vendor|supplier|business|company|organi[sz]ation|office|branch|hotel|restaurant|venue|dealer|agent"
    r"|support|helpdesk|hotline|listing|warehouse|pickup|publisher|advertiser|brand|airport"
)
"""Parts of keys whose values are a business's: its e-mail address, telephone number or place is printed on the page."""
_ABOUT_FIELDS = re.compile(r"error|valid|label|placeholder|translat|i18n|locale|schema|hint|config|missing|required")
"""Parts of keys whose values say something of a form's fields, and are not what was written into them."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """One value in a message or call, with where it stands."""

    key: str
    """Its key in plain letters, as :func:`plain` has it."""
    parents: tuple[str, ...]
    """The keys above it, likewise; the first says what part of a message or call it is (``traits``, ``context``, ``query``)."""
    text: str
    """The value as text without surrounding space, at most :data:`MAX_TEXT` characters."""
    prose: bool = False
    """Whether the value is free text in which personal data may stand among other words: typed text, a page's title, a
    parameter of an address."""
    beside: Mapping[str, Json] = field(default_factory=dict)
    """What stands in the same object, by key as sent."""
    type: str | None = None
    """The type of the message (``identify``); ``None`` in a call."""

    @property
    def typed(self) -> bool:
        """Whether a person wrote it."""
        return self.key in TYPED

    @property
    def of_business(self) -> bool:
        """Whether it is about a business, not about a person. A group is one: its traits are the account's."""
        named = _names_business(self.key) or any(map(_names_business, self.parents[1:]))
        return named or (self.type == "group" and self.parents[:1] == ("traits",))

    @property
    def about_fields(self) -> bool:
        """Whether it describes a form's field, such as what is wrong with it."""
        return _names_field(self.key) or any(map(_names_field, self.parents[1:]))


@lru_cache(maxsize=10_000)
def _names_business(key: str) -> bool:
    return _BUSINESS.search(key) is not None


@lru_cache(maxsize=10_000)
def _names_field(key: str) -> bool:
    return _ABOUT_FIELDS.search(key) is not None


@dataclass(frozen=True, slots=True)
class Detector:
    """Recognises one kind of personal data. A module in ``kinds`` holds one as ``DETECTOR``, and that is all it takes to add it.

    A value is shown to it if its key is one of ``keys``, if ``begins`` matches at its start, or if ``hint`` is found in it.
    """

    kind: str
    """As the policy names it: ``email``."""
    label: str
    """The kind in words, with its article: ``an e-mail address``."""
    finds: Callable[[Leaf], bool]
    """Strict: a value that merely may be of this kind does not count."""
    keys: frozenset[str] = frozenset()
    """Keys in plain letters."""
    begins: str | None = None
    """A cheap regular expression without groups."""
    hint: str | None = None
    """Another. Every text is searched for it from end to end, and one that starts with a letter or a set of letters is found
    several times faster."""
    doubts: Callable[[Leaf], str | None] = lambda _: None
    """For a match: what else it may be, as a sentence; ``None`` if nothing suggests that."""


def plain(key: str) -> str:
    """A key in plain letters: ``first_name`` and ``firstName`` are ``firstname``; of ``user[email]`` and ``ep.email`` the last
    part counts."""
    return _plain(key if len(key) <= MAX_KEY else key[:MAX_KEY])


@lru_cache(maxsize=10_000)
def _plain(key: str) -> str:
    last = key.rstrip("[].").replace("[", ".").rpartition(".")[2]
    return "".join(letter for letter in last.lower() if letter.isalnum())


def digits(text: str) -> str:
    """The digits of a text, without what groups them."""
    return "".join(letter for letter in text if letter.isascii() and letter.isdigit())


def luhn(number: str) -> bool:
    """Whether a number's last digit is right (ISO/IEC 7812-1, Annex B)."""
    total = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
