"""A CDP message, or a call to a vendor -> the personal data in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from addon.body import BodyError
from addon.exchange import Exchange
from addon.jsontext import Json, JsonError, mapping, parse

from .detector import MAX_KEY, MAX_TEXT, TYPED, Detector, Leaf, plain, words
from .kinds import all_detectors
from .walk import MAX_NESTED_TEXT, Found, Walk

PLACES = (
    *("properties", "traits", "context", "userId", "anonymousId", "previousId", "groupId", "event", "name"),
    *("query", "body", "referer"),
)
"""What places begin with: parts of a message as most CDPs have them, and parts of a call."""
_MAX_PARTS = 500
_MAX_BODY = 256 * 1024
_MAX_FOUND = 50
_REMEMBERED = 120
"""Characters of a text about which is remembered what was found."""
_SHOWN_KEY = re.compile(r"[\w$:.?\[\] -]{1,40}")
_NUMBER_LIKE = re.compile(r"[0-9]{6}")
_OF_THE_PAGE = words(
    "text innertext textcontent linktext buttontext elementtext eltext alt placeholder arialabel html"
    " innerhtml outerhtml elementschain selector css style class classname stack stacktrace useragent"
)
"""Keys of page content and structure, which is not what people say about themselves."""
_CONTACT_LINK = re.compile(r"(?:mailto|tel|sms|callto|skype|whatsapp|facetime):", re.IGNORECASE)
"""A link by which the site is reached."""


@dataclass(frozen=True, slots=True)
class PersonalData:
    """One kind of personal data at one place."""

    kind: str
    label: str
    """The kind in words, with its article: ``an e-mail address``."""
    place: str
    """``traits.email``, ``context.page.url?email``, ``query.em``, ``body.user.email``, ``products[].note``"""
    doubt: str | None = None
    """What else it may be, as a sentence."""


@dataclass(frozen=True, slots=True)
class Searched:
    """The personal data that was found, and whether everything was searched."""

    found: tuple[PersonalData, ...]
    whole: bool = True


def in_message(message: Mapping[str, Json], kind: str) -> Searched:
    """What a CDP message carries, in whatever parts its CDP has; ``kind`` is its type."""
    walk = Walk(_matters, whole=len(message) <= _MAX_PARTS)
    for part, value in islice(message.items(), _MAX_PARTS):
        walk.document(value, part)
    return _search(walk, kind)


def in_envelope(exchange: Exchange) -> Searched:
    """Personal data in the body of a batch outside its messages; it concerns all of them."""
    walk = Walk(_matters)
    text = _content(exchange, walk)
    if text.lstrip()[:1] == "{":
        parts = mapping(_document(exchange, text))
        if any(_is_batch(value) for value in parts.values()):
            walk.document({key: value for key, value in parts.items() if not _is_batch(value)}, "body")
    return _search(walk, None)


def _is_batch(value: Json) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def in_call(exchange: Exchange) -> Searched:
    """What a call to a vendor carries in its query, its form or JSON body, and in the page's address that it names as referrer."""
    walk = Walk(_matters)
    walk.query(exchange.query, "query")
    walk.document(exchange.request_headers.get("referer"), "referer")
    _body(walk, exchange, _content(exchange, walk))
    return _search(walk, None)


def _content(exchange: Exchange, walk: Walk) -> str:
    """The body as text; empty if there is none, or none that can be read."""
    body = exchange.request_body
    if body is None or not body.raw:
        return ""
    try:
        content = body.content() if len(body.raw) <= _MAX_BODY else None
    except BodyError:
        return ""  # the decoders report it
    if content is None or len(content) > _MAX_BODY:
        walk.whole = False
        return ""
    return content.decode("utf-8", "replace")


def _document(exchange: Exchange, text: str) -> Json:
    """The body as JSON; ``None`` if it is none. Where some of it is no text, the rest is looked at all the same."""
    try:
        if "\N{REPLACEMENT CHARACTER}" in text or exchange.request_body is None:
            return parse(text)[0]
        return exchange.request_body.document()[0]
    except JsonError:
        return None


def _body(walk: Walk, exchange: Exchange, text: str) -> None:
    start = text.lstrip()[:1]
    if start in ("{", "["):
        walk.document(_document(exchange, text), "body")
    elif "=" in text[:MAX_NESTED_TEXT] and start not in ("<", "-"):
        walk.form(text, "body")


def _search(walk: Walk, kind: str | None) -> Searched:
    found: dict[PersonalData, None] = {}
    cut = False
    for each in walk.values():
        name = plain(each.key)
        text = each.value if isinstance(each.value, str) else str(each.value)
        prose = _is_prose(each, name)
        cut = cut or (prose and len(text) > MAX_TEXT)
        text = text[:MAX_TEXT].strip()
        candidates = _candidates(each.key, text)
        if not candidates or name in _OF_THE_PAGE or _CONTACT_LINK.match(text):
            continue
        parents = tuple(plain(key) for key in each.parents)
        leaf = Leaf(key=name, parents=parents, text=text, prose=prose, beside=each.beside, type=kind)
        for detector in candidates:
            if detector.finds(leaf):
                found[PersonalData(detector.kind, detector.label, _place(each), detector.doubts(leaf))] = None
        if len(found) > _MAX_FOUND:
            return Searched(tuple(found), whole=False)
    return Searched(tuple(found), whole=walk.whole and not cut)


def _matters(key: str, value: Json) -> bool:
    """A quick test, by key and text, whether a value may be personal data or hold some."""
    if isinstance(value, str):
        if not value:
            return False
        if len(value) <= _REMEMBERED and len(key) <= MAX_KEY:
            return _seen(key, value)
        return len(value) > MAX_TEXT or bool(_of_key(key[:MAX_KEY])) or _glance().sees(value.strip())
    return value is not None and not isinstance(value, bool) and bool(_of_key(key[:MAX_KEY]))


@lru_cache(maxsize=20_000)
def _seen(key: str, text: str) -> bool:
    """The same for short texts, most of which come with every message."""
    return bool(_of_key(key)) or _glance().sees(text.strip())


def _candidates(key: str, text: str) -> tuple[Detector, ...]:
    """The detectors that have to look at a value."""
    keyed, glance = _of_key(key[:MAX_KEY]), _glance()
    begun = [one for begins, one in glance.beginnings if begins.match(text) and one not in keyed]
    hinted = [one for hint, one in glance.hints if hint.search(text) and one not in keyed and one not in begun]
    return (*keyed, *begun, *hinted)


@lru_cache(maxsize=10_000)
def _of_key(key: str) -> tuple[Detector, ...]:
    name = plain(key)
    return tuple(detector for detector in all_detectors().values() if name in detector.keys)


@dataclass(frozen=True, slots=True)
class _Glance:
    """Cheap patterns by which a text is worth a closer look."""

    beginnings: tuple[tuple[re.Pattern[str], Detector], ...]
    hints: tuple[tuple[re.Pattern[str], Detector], ...]
    begins: re.Pattern[str]
    """All beginnings, and those of what has to be opened: JSON within a text, the parameters of an address."""
    anywhere: tuple[re.Pattern[str], ...]
    """All hints. Each is searched for by itself: together they could not be searched for by their first letters."""

    def sees(self, text: str) -> bool:
        if self.begins.match(text) is not None or "%40" in text:
            return True
        for hint in self.anywhere:  # no generator: every text passes here  # noqa: SIM110
            if hint.search(text) is not None:
                return True
        return False


@lru_cache(maxsize=1)
def _glance() -> _Glance:
    detectors = all_detectors().values()
    beginnings = tuple((re.compile(each.begins), each) for each in detectors if each.begins is not None)
    hints = tuple((re.compile(each.hint), each) for each in detectors if each.hint is not None)
    opened = r"\s*(?:[\[{?]|(?:https?:/)?/[^?#]*[?#])"
    begins = re.compile(rf"\A(?:{'|'.join((*(begins.pattern for begins, _ in beginnings), opened))})")
    return _Glance(beginnings, hints, begins, tuple(hint for hint, _ in hints))


def _is_prose(each: Found, name: str) -> bool:
    is_title = name == "title" and each.parents[-1:] in (("page",), ("properties",))
    is_name = not each.parents and name in ("event", "name")
    return each.in_address or name in TYPED or is_title or is_name


def _place(each: Found) -> str:
    """Where a value stands. A key that may be somebody's data itself is left out."""
    shown = [_shown(key) for key in (*each.parents, each.key)]
    return ".".join(shown).replace(".?", "?")


def _shown(key: str) -> str:
    return _shown_key(key) if len(key) <= MAX_KEY else _shown_key.__wrapped__(key)


@lru_cache(maxsize=5000)
def _shown_key(key: str) -> str:
    if _SHOWN_KEY.fullmatch(key) and not _NUMBER_LIKE.search(key):
        return key
    return "?…" if key.startswith("?") else "…"
