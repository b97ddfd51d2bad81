"""The head of a document: where the in-page probe goes, and which security policies stand in it.

Pure: bytes in, an answer out, in time linear in the bytes, of which ``MAX_HEAD_BYTES`` are looked at and no more. It follows
the insertion modes of WHATWG HTML 13.2.6 up to where the body begins: the probe stands first in the head, or before whatever
makes a browser think of one, and so runs before any other script; what follows is read for ``meta`` elements with policies,
which count as long as they land in the head. In XHTML the script goes into a head that is there, or nowhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

from .markup import Kind, Token, tokens

MAX_HEAD_BYTES = 64 * 1024
"""The head must begin within so many bytes, and policies are known up to there."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_WIDE_STARTS = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff", b"<\x00", b"\x00<")
_ESCAPE = b"\x1b"
_XHTML = b"http://www.w3.org/1999/xhtml"
_IN_HEAD = frozenset(b"html head base basefont bgsound link meta title noscript noframes style script template".split())
"""Start tags that leave the parser in the head, or put their element there after its end."""
_BODY_ENDS = frozenset((b"body", b"html", b"br"))
"""End tags that make a body; others in the head mean nothing, but ``</head>`` before it makes one."""
_WIDE = "it begins as text in UTF-16 or UTF-32 does"
_TOO_FAR = f"its head does not begin within its first {MAX_HEAD_BYTES:,} bytes"
_ESCAPES = "it is written with escape sequences (ISO-2022), so that its tags cannot be told from its text"
_NOT_XHTML = "it is XHTML, and no head was found for certain at its beginning"


@dataclass(frozen=True, slots=True)
class DocumentHead:
    """What the beginning of a page contains."""

    at: int | None
    """Byte offset where the script goes; ``None``: leave it out, or not known yet (see ``complete``)."""
    policies: tuple[str, ...]
    """What each ``<meta http-equiv=content-security-policy>`` says, in order, character references decoded."""
    reason: str | None
    """Why the script is left out, as a part of a sentence about the page ("its head ...")."""
    complete: bool
    """Whether more bytes would change nothing."""


def read_head(top: bytes, *, final: bool, xhtml: bool = False) -> DocumentHead:
    """What the beginning of a page contains.

    Each call reads ``top`` from the front, so a caller to whom a page comes in pieces calls again when it has twice as many
    bytes as the last time (or ``MAX_HEAD_BYTES``, or all): then the calls together are linear, too.

    Args:
        top: the decoded beginning of the page; what goes beyond ``MAX_HEAD_BYTES`` is not looked at.
        final: nothing more comes: this is the whole page, or ``MAX_HEAD_BYTES`` of it. The answer is complete then.
        xhtml: whether it is served as XML (``application/xhtml+xml``). An XML declaration alone changes nothing for a browser.
    """
    whole = final and len(top) < MAX_HEAD_BYTES
    final = final or len(top) >= MAX_HEAD_BYTES
    top = top[:MAX_HEAD_BYTES]
    if top.startswith(_WIDE_STARTS):
        return _left_out(_WIDE)
    if len(top) < 4 and not final:
        return _UNDECIDED
    start = len(_BYTE_ORDER_MARK) if top.startswith(_BYTE_ORDER_MARK) else 0
    read = tokens(top, start, xml=xhtml)
    place = _place_in_xml(read) if xhtml else _place_in_html(read, whole)
    if place is None and whole:
        place = _NOWHERE if xhtml else _Place(len(top))
    if place is None:
        return _left_out(_TOO_FAR) if final else _UNDECIDED
    if place.offset is None:
        return _left_out(_NOT_XHTML)
    if _ESCAPE in top[: place.offset]:
        return _left_out(_ESCAPES)
    policies, ended = _policies(place, read, xhtml)
    return DocumentHead(place.offset, policies, None, final or ended)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the script goes, and the token before which that is, if it is before one."""

    offset: int | None
    following: Token | None = None


_NOWHERE = _Place(None)
_UNDECIDED = DocumentHead(None, (), None, complete=False)


def _left_out(reason: str) -> DocumentHead:
    return DocumentHead(None, (), reason, complete=True)


def _place_in_html(read: Iterator[Token], whole: bool) -> _Place | None:
    """``None`` if the text ends before that is decided. What a whole page breaks off within is nothing to a browser, or a comment,
    so that a script may stand before it."""
    for token in read:
        if not token.whole and (token.kind is not Kind.START or token.name in (b"html", b"head", b"")):
            return _Place(token.at) if whole else None
        match token.kind:
            case Kind.ASIDE:
                pass
            case Kind.START if token.name == b"html":
                pass
            case Kind.START if token.name == b"head":
                return _Place(token.end)
            case Kind.END if token.name not in (b"head", *_BODY_ENDS):
                pass
            case _:
                return _Place(token.at, token)
    return None


def _place_in_xml(read: Iterator[Token]) -> _Place | None:
    wanted = b"html"
    for token in read:
        if not token.whole:
            return None
        if token.kind is Kind.ASIDE:
            continue
        namespace = token.attributes.get(b"xmlns", b"" if wanted == b"html" else _XHTML)
        if token.kind is not Kind.START or token.name != wanted or namespace != _XHTML or token.empty:
            return _NOWHERE
        if wanted == b"head":
            return _Place(token.end)
        wanted = b"head"
    return None


def _policies(place: _Place, read: Iterator[Token], xhtml: bool) -> tuple[tuple[str, ...], bool]:
    """The policies in the head, and whether its end was seen."""
    found: list[str] = []
    depth = 0
    """How many elements stand open between the head and here; in HTML only templates are counted."""
    for token in _from(place.following, read):
        if not token.whole:
            break
        match token.kind:
            case Kind.START:
                if depth == 0 and not xhtml and token.name not in _IN_HEAD:
                    return tuple(found), True
                if depth == 0 and token.name == b"meta":
                    found.extend(_policy(token))
                depth += not token.empty if xhtml else token.name == b"template"
            case Kind.END:
                if depth == 0 and (xhtml or token.name in _BODY_ENDS):
                    return tuple(found), True
                depth -= depth > 0 and (xhtml or token.name == b"template")
            case Kind.TEXT if depth == 0 and not xhtml:
                return tuple(found), True
            case _:
                pass
    return tuple(found), False


def _from(first: Token | None, read: Iterator[Token]) -> Iterator[Token]:
    if first is not None:
        yield first
    yield from read


def _policy(meta: Token) -> list[str]:
    equivalent = _text(meta.attributes.get(b"http-equiv", b""))
    content = _text(meta.attributes.get(b"content", b""))
    return [content] if content and equivalent.lower() == "content-security-policy" else []


def _text(value: bytes) -> str:
    """An attribute's value with its character references decoded; as it is where one is a number too long to be a character's."""
    text = value.decode("utf-8", "replace")
    try:
        return unescape(text)
    except ValueError:
        return text
