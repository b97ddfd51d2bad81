"""The tokens of a page's beginning: what is a tag, and what only looks like one within a comment, a script or an attribute.

One pass from the front, by hand: no regular expression meets a page, and each byte is looked at a bounded number of times,
whatever the page repeats. Source: WHATWG HTML 13.2.5 (tokenization), as far as a reader must follow it who wants to know
where tags begin and end; XML 1.0 for pages that are served as XHTML.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

_SPACE = frozenset(b"\t\n\x0c\r ")
_LETTERS = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
_TAG_NAME_ENDS = _SPACE | frozenset(b"/>")
_ATTRIBUTE_NAME_ENDS = _SPACE | frozenset(b"/>=")
_UNQUOTED_ENDS = _SPACE | frozenset(b">")
_QUOTES = frozenset(b"\"'")
_GREATER, _SLASH, _EQUALS = b">/="
_RAW_TEXT = frozenset(
    (b"script", b"style", b"title", b"textarea", b"noscript", b"noframes", b"xmp", b"iframe", b"noembed", b"plaintext")
)
"""Elements in which nothing is a tag but their own end. ``noscript`` is one where scripts run, and elsewhere is no probe."""


class Kind(Enum):
    """What a token is."""

    START = "start tag"
    END = "end tag"
    ASIDE = "comment, document type, processing instruction, or what a raw text element holds"
    TEXT = "anything else"


@dataclass(frozen=True, slots=True)
class Token:
    """One token, from ``at`` up to ``end`` (bytes)."""

    kind: Kind
    at: int
    end: int
    name: bytes = b""
    """A tag's; in lower case in HTML. Empty if the text ends before the name does."""
    attributes: dict[bytes, bytes] = field(default_factory=dict)
    """As they are written, character references included; of two of one name the first. Empty for end tags."""
    whole: bool = True
    """Whether its end is there; otherwise the text ends within it."""
    empty: bool = False
    """Whether a start tag ends with ``/>``, which means something in XML only."""


def tokens(text: bytes, at: int, *, xml: bool) -> Iterator[Token]:
    """The tokens of a page from a byte on, without white space between them. One that is not whole is the last."""
    reader = _Reader(text, xml)
    while (at := _past(text, at, _SPACE)) < len(text):
        token = reader.token(at)
        yield token
        at = token.end
        if token.kind is Kind.START and token.whole and token.name in _RAW_TEXT and not xml:
            closing = reader.raw_text_end(token.name, at)
            if closing is None:
                yield Token(Kind.ASIDE, at, len(text), whole=False)
                return
            at = closing
        if not token.whole:
            return


def _past(text: bytes, at: int, passed: frozenset[int]) -> int:
    while at < len(text) and text[at] in passed:
        at += 1
    return at


def _until(text: bytes, at: int, ends: frozenset[int]) -> int:
    while at < len(text) and text[at] not in ends:
        at += 1
    return at


class _Reader:
    def __init__(self, text: bytes, xml: bool) -> None:
        self._text = text
        self._named = text if xml else text.lower()
        """The text as names in it are compared; as long as the text."""
        self._xml = xml

    def token(self, at: int) -> Token:
        following = self._text[at + 1 : at + 2]
        if self._text[at] != ord("<"):
            return self._up_to_next_tag(at)
        if not following:
            return self._cut(at)
        if following[0] in _LETTERS:
            return self._tag(Kind.START, at, at + 1)
        match following:
            case b"!":
                return self._declaration(at)
            case b"?":
                return self._aside(at, at + 2, b"?>" if self._xml else b">")
            case b"/":
                return self._end_tag(at)
            case _:
                return self._up_to_next_tag(at)

    def raw_text_end(self, name: bytes, at: int) -> int | None:
        """Where the end tag begins that ends a raw text element; ``None`` if it is not there."""
        if name == b"plaintext":
            return None
        if name == b"script":
            return self._script_end(at)
        closing = b"</" + name
        while (at := self._named.find(closing, at)) >= 0:
            if self._is_word(at, closing):
                return at
            at += len(closing)
        return None

    def _script_end(self, at: int) -> int | None:
        """As for others, but between ``<!--`` and ``-->`` a script may hold a whole script element."""
        escaped = inner = False
        while (opening := self._named.find(b"<", at)) >= 0:
            if escaped and (closed := self._named.find(b"-->", at, opening)) >= 0:
                escaped = inner = False
                at = closed + 3
                continue
            at = opening + 1
            if not escaped and self._named.startswith(b"<!--", opening):
                escaped = True
                at = opening + 2
            elif escaped and self._is_word(opening, b"<script"):
                inner = True
            elif self._is_word(opening, b"</script"):
                if not inner:
                    return opening
                inner = False
        return None

    def _is_word(self, at: int, word: bytes) -> bool:
        """Whether a tag of exactly this name begins here."""
        after = at + len(word)
        return self._named.startswith(word, at) and after < len(self._text) and self._text[after] in _TAG_NAME_ENDS

    def _cut(self, at: int, kind: Kind = Kind.ASIDE, name: bytes = b"") -> Token:
        return Token(kind, at, len(self._text), name, whole=False)

    def _up_to_next_tag(self, at: int) -> Token:
        following = self._text.find(b"<", at + 1)
        return Token(Kind.TEXT, at, len(self._text) if following < 0 else following)

    def _aside(self, at: int, inside: int, closing: bytes) -> Token:
        end = self._text.find(closing, inside)
        return self._cut(at) if end < 0 else Token(Kind.ASIDE, at, end + len(closing))

    def _declaration(self, at: int) -> Token:
        """What begins with ``<!``."""
        text = self._text
        if text.startswith(b"<!--", at):
            return self._aside(at, at + 4, b"-->") if self._xml else self._comment(at)
        if len(text) - at < len(b"<![CDATA[") and (b"<!--".startswith(text[at:]) or self._xml):
            return self._cut(at)
        if self._xml and text.startswith(b"<![CDATA[", at):
            end = text.find(b"]]>", at)
            return self._cut(at) if end < 0 else Token(Kind.TEXT, at, end + 3)
        # in XML the ">" that ends a document type may come after others, in quotes or in a subset of its own
        return self._document_type(at) if self._xml else self._aside(at, at + 2, b">")

    def _comment(self, at: int) -> Token:
        """A comment of HTML, which ends with ``-->`` or ``--!>``, or at once with ``<!-->`` or ``<!--->``."""
        text, inside = self._text, at + 4
        for abrupt in (b">", b"->"):
            if text.startswith(abrupt, inside):
                return Token(Kind.ASIDE, at, inside + len(abrupt))
        while (dashes := text.find(b"--", inside)) >= 0:
            for closing in (b"-->", b"--!>"):
                if text.startswith(closing, dashes):
                    return Token(Kind.ASIDE, at, dashes + len(closing))
            inside = dashes + 1
        return self._cut(at)

    def _document_type(self, at: int) -> Token:
        """A document type of XML; with a subset of its own it counts as text, because nothing here reads that."""
        inside = at + 2
        while (inside := _until(self._text, inside, _QUOTES | frozenset(b"[>"))) < len(self._text):
            match self._text[inside : inside + 1]:
                case b">":
                    return Token(Kind.ASIDE, at, inside + 1)
                case b"[":
                    return Token(Kind.TEXT, at, inside + 1)
                case quote:
                    closing = self._text.find(quote, inside + 1)
                    if closing < 0:
                        break
                    inside = closing + 1
        return self._cut(at)

    def _end_tag(self, at: int) -> Token:
        following = self._text[at + 2 : at + 3]
        if not following:
            return self._cut(at)
        if following[0] in _LETTERS:
            return self._tag(Kind.END, at, at + 2)
        return self._aside(at, at + 2, b">")  # also </>, which is nothing at all

    def _tag(self, kind: Kind, at: int, name_at: int) -> Token:
        text = self._text
        name_end = _until(text, name_at, _TAG_NAME_ENDS)
        if name_end == len(text):
            return self._cut(at, kind)
        name = self._named[name_at:name_end]
        attributes: dict[bytes, bytes] = {}
        here = name_end
        while (here := _past(text, here, _SPACE | {_SLASH})) < len(text):
            if text[here] == _GREATER:
                found = attributes if kind is Kind.START else {}
                return Token(kind, at, here + 1, name, found, empty=text[here - 1] == _SLASH)
            # an attribute's name may begin with "=", and nowhere else hold one
            attribute_end = _until(text, here + 1, _ATTRIBUTE_NAME_ENDS)
            attribute = self._named[here:attribute_end]
            here = _past(text, attribute_end, _SPACE)
            value = b""
            if here < len(text) and text[here] == _EQUALS:
                stated = self._value(here + 1)
                if stated is None:
                    break
                value, here = stated
            attributes.setdefault(attribute, value)
        return self._cut(at, kind, name)

    def _value(self, at: int) -> tuple[bytes, int] | None:
        """An attribute's value from behind its ``=`` on, and what comes next; ``None`` if the text ends within it."""
        text = self._text
        at = _past(text, at, _SPACE)
        if at < len(text) and text[at] in _QUOTES:
            end = text.find(text[at : at + 1], at + 1)
            return None if end < 0 else (text[at + 1 : end], end + 1)
        end = _until(text, at, _UNQUOTED_ENDS)
        return None if end == len(text) else (text[at:end], end)
