"""What was seen around an answer: what is stored, and which calls were made. Values are kept only where they can say what was chosen."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import unquote

from addon.jsontext import Json, JsonError, parse_exactly
from vendor_catalog import Category

_MAX_VALUE = 4000
_RUN = re.compile(r"[A-Za-z0-9_+/=-]{16,}")
"""Letters in a row that may be an identifier."""
_MAX_WORDS = 60
_HASHED = 12


class Place(StrEnum):
    """Where something is stored."""

    COOKIE = "cookie"
    STORAGE = "storage"


class AnswerKind(StrEnum):
    """Which way the tester answered."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    PARTLY = "partly"


class Stored(NamedTuple):
    """Something that is stored, by where and under which name."""

    place: Place
    name: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What was stored at one moment, and what had been called by then."""

    stored: Mapping[Stored, str]
    """Values, as ``shortened`` gives them."""
    calls: tuple[str, ...] = ()
    """``POST consent.example/v1/record``"""
    sent: frozenset[str] = field(default_factory=frozenset)
    """Names of the cookies that a request to the site carried."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of the tester."""

    kind: AnswerKind
    before: Snapshot
    after: Snapshot
    since: float
    """When the state before was seen (Unix time in seconds)."""
    until: float
    """When the state after was seen."""
    allowed: frozenset[Category] = frozenset()
    """``PARTLY``: what was allowed; for the other kinds it follows from them."""
    refused: frozenset[Category] = frozenset()
    """``PARTLY``: what was refused."""

    def says(self, category: Category) -> bool | None:
        """Whether it granted a category; ``None`` if nothing is known of it."""
        if self.kind is not AnswerKind.PARTLY:
            return self.kind is AnswerKind.ACCEPTED
        return True if category in self.allowed else False if category in self.refused else None


def shortened(value: str, key: bytes) -> str:
    """A stored value without what may identify somebody: JSON and words stay, and whatever is long and random within them is
    replaced by a keyed hash (``#3f...``). Percent-encoding and base64 of text are taken off, the latter with ``base64:`` before it.

    Args:
        key: of the hashes; new for each run, so that they can be compared within it and nowhere else.
    """
    if len(value) > _MAX_VALUE:
        return _hash(value, key)
    text = unquote(value).strip()
    inner = _from_base64(text)
    prefix, text = ("base64:", inner) if inner is not None else ("", text)
    try:
        document = parse_exactly(text)
    except JsonError:
        return prefix + _without_identifiers(text, key)
    if isinstance(document, (dict, list)):
        return prefix + json.dumps(_bare(document, key), separators=(",", ":"))
    return prefix + _without_identifiers(text, key)


def _from_base64(text: str) -> str | None:
    """Text in base64: only where it holds structure, as words may be valid base64 as well."""
    if len(text) < 8 or not text.isascii():
        return None
    try:
        found = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    return found if found[:1] in ("{", "[") or (":" in found and found.isprintable()) else None


def _bare(document: Json, key: bytes) -> Json:
    match document:
        case dict():
            return {_without_identifiers(name, key): _bare(value, key) for name, value in document.items()}
        case list():
            return [_bare(value, key) for value in document]
        case str():
            return _without_identifiers(document, key)
        case _:
            return document


def _without_identifiers(text: str, key: bytes) -> str:
    if "@" in text or text.count(" ") > _MAX_WORDS:
        return _hash(text, key)
    return _RUN.sub(lambda found: found[0] if _is_words(found[0]) else _hash(found[0], key), text)


def _is_words(run: str) -> bool:
    """Whether a run of letters is words, as ``necessary_and_statistics``, and no identifier."""
    return not any(letter.isdigit() for letter in run) and (run.islower() or run.isupper() or "_" in run or "-" in run)


def _hash(text: str, key: bytes) -> str:
    return "#" + hmac.new(key, text.encode(errors="replace"), hashlib.sha256).hexdigest()[:_HASHED]
