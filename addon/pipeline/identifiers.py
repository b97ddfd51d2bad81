"""By what known vendors know a person, recognised where it turns up again. Values stay in memory, for one session.

An identifier is a value that cannot be met by chance: long, and random to look at. Words, dates, hosts and short numbers are none.
Where a value is in the address of a page, anybody learns it who is told that address, so that it says nothing.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote

from addon.body import BodyError
from addon.consent.timeline import Need
from addon.exchange import Exchange
from addon.jsontext import Json, JsonError, parse_exactly
from addon.judge.acts.act import Place

_MIN, _MAX = 16, 200
_MAX_VALUE = 4000
_MAX_TEXT = 16 * 1024
_MAX_BODY = 64 * 1024
_MAX_TOKENS = 500
_MAX_IDENTIFIERS = 300
_MAX_SIGHTINGS = 1000
_MAX_DEPTH = 3

_TOKEN = re.compile(rf"[A-Za-z0-9_.~-]{{{_MIN},{_MAX}}}")
_PARTS = re.compile(r"[-_.~]+")
_PIECES = re.compile(r"[|.:;,&=~*!$]+")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_NUMBERS = re.compile(r"([A-Za-z]{2}[0-9]?\.)?([0-9]+\.)*[0-9]{6,}\.[0-9]{6,}|[0-9]{17,}")
"""Two numbers, as Google Analytics and Meta name a browser, or one that no clock shows."""
_DATE = re.compile(r"(19|20)[0-9]{2}-?[01][0-9]-?[0-3][0-9]")
_HOST_END = re.compile(r"\.[A-Za-z]{2,}$")
_GOOGLE_ANALYTICS = re.compile(r"GA[0-9]\.[0-9]+(?:-[0-9]+)?\.([0-9]+\.[0-9]+)")
_JSON_OF_BASE64 = ("eyJ", "JTdC")
"""How base64 of ``{"`` and of its percent-encoding begins."""
_NAMES_PERSON = re.compile(
    r"\$?(anonymous|device|distinct|visitor|client|browser|profile|person|user|end_?user)_?id|u?uid|guid|id",
    re.IGNORECASE,
)
_OF_SITE = re.compile(r"\$?user_?id", re.IGNORECASE)
"""What a site calls its own customers by, whoever else is told."""
_TEXT_TYPES = ("text/", "application/json", "application/x-www-form-urlencoded", "application/x-ndjson")


def is_identifier(token: str) -> bool:
    """Whether a value can only be met again because somebody passed it on."""
    if not _MIN <= len(token) <= _MAX or _DATE.match(token) or _HOST_END.search(token):
        return False
    if _UUID.fullmatch(token) or _NUMBERS.fullmatch(token):
        return len(set(token)) > 4
    parts = _PARTS.split(token)
    digits = sum(letter.isdigit() for letter in token)
    if any(len(part) >= 10 and _is_mixed(part) for part in parts):
        return True
    cases = any(letter.isupper() for letter in token) and any(letter.islower() for letter in token)
    return cases and digits >= 3 and not any(part.isalpha() and len(part) >= 5 for part in parts)


def _is_mixed(part: str) -> bool:
    return part.isalnum() and not part.isdigit() and sum(letter.isdigit() for letter in part) >= 3


def identifiers_in_cookie(name: str, value: str) -> Iterator[tuple[str, bool]]:
    """The identifiers that a vendor's cookie holds, each with whether the site itself gave it.

    Whole, or a part between the marks that vendors put between parts, or the members of a JSON object that name a person.
    """
    text = unquote(value[:_MAX_VALUE]).strip().strip('"')
    document = _document(text)
    if document is not None:
        yield from _members(document)
        return
    analytics = _GOOGLE_ANALYTICS.fullmatch(text)
    pieces = [text, analytics[1]] if analytics else [text, *_PIECES.split(text)]
    for piece in dict.fromkeys(pieces):
        if _TOKEN.fullmatch(piece) and is_identifier(piece):
            yield piece, _OF_SITE.search(name) is not None


def _document(text: str) -> Json:
    if text.startswith(_JSON_OF_BASE64):
        try:
            text = unquote(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_").decode())
        except (binascii.Error, ValueError):
            return None
    if not text.startswith("{"):
        return None
    try:
        return parse_exactly(text)
    except JsonError:
        return None


def _members(document: Json, depth: int = 0) -> Iterator[tuple[str, bool]]:
    for key, value in document.items() if isinstance(document, dict) else ():
        if isinstance(value, str) and _NAMES_PERSON.fullmatch(key) and is_identifier(value):
            yield value, _OF_SITE.fullmatch(key) is not None
        elif depth < _MAX_DEPTH:
            yield from _members(value, depth + 1)


def tokens(text: str) -> Iterator[str]:
    """What in a text may be an identifier: as it stands, and with its percent-encoding taken off."""
    for form in (text, unquote(text)) if "%" in text else (text,):
        for found in _TOKEN.finditer(form):
            yield found[0]
            if "." in found[0]:
                yield from (part for part in found[0].split(".") if len(part) >= _MIN)


def carried(exchange: Exchange) -> Iterator[tuple[str, str]]:
    """What a request carries, token by token, each with where it was: not in what browsers add by themselves (``Referer``)."""
    referer = exchange.request_headers.get("referer") or ""
    left = _MAX_TOKENS
    for where, text in _places(exchange):
        for token in tokens(text):
            if left <= 0:
                return
            left -= 1
            if token not in referer:
                yield token, where


def _places(exchange: Exchange) -> Iterator[tuple[str, str]]:
    yield "its path", exchange.path[:_MAX_TEXT]
    yield "its query", exchange.query[:_MAX_TEXT]
    for name, value in exchange.cookies():
        yield f"its cookie {name[:60]}", value[:_MAX_VALUE]
    yield "its body", _body(exchange)


def _body(exchange: Exchange) -> str:
    body = exchange.request_body
    kind = exchange.request_headers.get("content-type")
    if body is None or not 0 < len(body.raw) <= _MAX_BODY or not (kind is None or kind.lower().startswith(_TEXT_TYPES)):
        return ""
    try:
        content = body.content()
    except BodyError:
        return ""  # of nobody known: nothing that would be read is lost
    return content[:_MAX_BODY].decode(errors="replace")


@dataclass(frozen=True, slots=True)
class Identifier:
    """What one value is, without the value."""

    label: str
    need: Need
    given_by_site: bool


@dataclass(frozen=True, slots=True)
class Sighting:
    """A value that an unlisted third party got."""

    place: Place
    host: str
    where: str


@dataclass(slots=True)
class IdentifierRegistry:
    """The identifiers of one session."""

    known: dict[str, Identifier] = field(default_factory=dict)
    _seen: dict[str, Sighting] = field(default_factory=dict)
    """What unlisted third parties got of which nothing is known: the first of each value."""
    _public: set[str] = field(default_factory=set)
    filed: dict[str, int] = field(default_factory=dict)
    """Third party's host -> the consent generation in which its case was last filed."""

    def learn(self, value: str, identifier: Identifier) -> Sighting | None:
        """Notes an identifier. Gives out where an unlisted third party got it before it was known."""
        if value not in self.known and len(self.known) < _MAX_IDENTIFIERS:
            self.known[value] = identifier
        return None if value in self._public else self._seen.pop(value, None)

    def publish(self, address: str) -> None:
        """Notes the address of a page: what is in it, others learn without being given it."""
        for token in tokens(address[:_MAX_TEXT]):
            if len(self._public) < _MAX_SIGHTINGS:
                self._public.add(token)

    def recognise(self, token: str) -> Identifier | None:
        """What a value is; ``None`` if it is nobody's, or in a page's address."""
        return None if token in self._public else self.known.get(token)

    def sight(self, token: str, sighting: Sighting) -> None:
        """Keeps a value of which nothing is known yet."""
        if token not in self._seen and len(self._seen) < _MAX_SIGHTINGS and is_identifier(token):
            self._seen[token] = sighting
