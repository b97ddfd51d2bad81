"""The reports of the in-page probe, a browser extension or the tester, validated here wherever they come from.

The shapes are public (``docs/observing.md``). Reports cross the proxy like all traffic, so a recorded capture holds them and is
judged like the live one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, ValidationError

from vendor_catalog import mark_words

MAX_REPORT_BYTES = 64 * 1024
"""A report larger than that is refused: the probe sends a few hundred bytes at a time."""
_MAX_VALUES, _MAX_DEPTH = 2000, 4
"""How much one answer of a script interface may hold."""

Moment = Annotated[float, Field(ge=0, le=4_102_444_800_000, allow_inf_nan=False)]
"""Milliseconds since 1970, by the page's own clock."""
Name = Annotated[str, Field(min_length=1, max_length=200)]


class ObservationError(Exception):
    """A report cannot be used; the message names the field and says what was expected."""


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


def _within_bounds(state: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """An interface's answer, if its size and depth are within the limits."""
    level: list[JsonValue] = list(state.values())
    count = 0
    for _ in range(_MAX_DEPTH):
        count += len(level)
        if count > _MAX_VALUES:
            raise ValueError(f"more than {_MAX_VALUES} values")
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer if isinstance(outer, list) else ())
        ]
        if not level:
            return state
    raise ValueError(f"nested deeper than {_MAX_DEPTH}")


class ConsentValue(_Shape):
    """A consent manager's stored answer, as a script wrote or found it."""

    kind: Literal["consent"]
    name: Name
    """Name of the cookie or storage key."""
    value: Annotated[str, Field(max_length=8192)] | None
    """What stands in it; null if it is not there."""
    where: Literal["cookie", "storage"]
    """A cookie, or local storage."""
    written: bool
    """Whether the probe saw the value being written, so that ``at`` dates the choice; otherwise the value was already there."""
    at: Moment


class ConsentAsked(_Shape):
    """The answer of a consent manager's script interface, or what it passed to a listener."""

    kind: Literal["consent"]
    where: Literal["api"]
    manager: Name
    """Catalogue id of the consent manager whose file describes the interface."""
    name: Name
    """The global that was read: ``__tcfapi``, ``Cookiebot``."""
    event: Name | None = None
    """Its last event that was seen in this page: ``consent.changed``, ``cc:onChange``."""
    state: Annotated[dict[Name, JsonValue], Field(min_length=1, max_length=20), AfterValidator(_within_bounds)]
    """What it answered, by the names that the catalogue gives: text, numbers, true and false, and lists or maps of those."""
    chosen_at: Moment | None = None
    """When the person clicked, if an event reported this state just after the click; otherwise the time of the choice is
    unknown."""
    at: Moment


class BannerSeen(_Shape):
    """A consent banner came, went, was clicked, still stands open while its manager has nothing stored, or stood open like that when the
    page was left."""

    kind: Literal["banner"]
    event: Literal["shown", "hidden", "clicked", "open", "left"]
    manager: Name | None = None
    """Catalogue id of the consent manager, where its selector found it."""
    generic: bool = False
    """Whether it is only a dialog with buttons that looks like one, of nobody the catalogue knows. Its clicks are no answer."""
    label: Annotated[str, Field(max_length=120)] | None = None
    """Text of the button."""
    at: Moment


class Names(_Shape):
    """Names of the cookies and storage keys that scripts wrote. Never their values."""

    kind: Literal["names"]
    cookies: Annotated[list[Name], Field(max_length=200)] = []
    storage: Annotated[list[Name], Field(max_length=200)] = []
    at: Moment


type Consent = Annotated[ConsentValue | ConsentAsked, Field(discriminator="where")]
type Observation = Annotated[Consent | BannerSeen | Names, Field(discriminator="kind")]


class Report(_Shape):
    """What one page observed."""

    key: Annotated[str, Field(max_length=100)]
    """The key that the proxy gave to this page."""
    sent_at: Moment
    framed: bool = False
    """Whether the page is a frame in another one."""
    observations: Annotated[list[Observation], Field(min_length=1, max_length=100)]


def page_of(key: str) -> str:
    """The part of a page's key by which its reports are known as its own. It is no secret: alone it opens nothing."""
    return key.partition(".")[0]


class MarkKind(StrEnum):
    """What the tester did."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    WITHDREW = "withdrew"
    NOTE = "note"


class Mark(_Shape):
    """The tester's words."""

    text: Annotated[str, Field(min_length=1, max_length=500)]
    kind: MarkKind = MarkKind.NOTE
    site: Name | None = None
    """The site (registrable domain) or app (bundle id) it is about; without it, the one last used."""


_WORD = re.compile(r"[\w'’]+")


@dataclass(frozen=True, slots=True)
class _Vocabulary:
    kinds: tuple[tuple[MarkKind, re.Pattern[str]], ...]
    hedges: frozenset[str]


@lru_cache(maxsize=1)
def _vocabulary() -> _Vocabulary:
    """The kinds of marks that the words of every language stand for."""
    languages = mark_words().values()

    def beginning_with(kind: MarkKind) -> re.Pattern[str]:
        stems = {re.escape(stem) for words in languages for stem in getattr(words, kind)}
        return re.compile(rf"(?<!\w)(?:{'|'.join(sorted(stems))})")

    kinds = tuple((kind, beginning_with(kind)) for kind in (MarkKind.ACCEPTED, MarkKind.REJECTED, MarkKind.WITHDREW))
    return _Vocabulary(kinds, frozenset(hedge for words in languages for hedge in words.hedges))


def kind_of(text: str) -> MarkKind:
    """The kind of mark that a tester's words stand for, in any language of the catalogue: ``rejected all`` is a refusal. Words
    that name more than one choice, or negate or narrow one, are a note: nothing is guessed."""
    lowered = unicodedata.normalize("NFC", text).lower()
    vocabulary = _vocabulary()
    found = [kind for kind, stems in vocabulary.kinds if stems.search(lowered)]
    hedged = not vocabulary.hedges.isdisjoint(_WORD.findall(lowered))
    return found[0] if len(found) == 1 and not hedged else MarkKind.NOTE


def parse_report(content: bytes) -> Report:
    """A report from its bytes.

    Raises:
        ObservationError: naming the field.
    """
    return _parsed(Report, content)


def parse_mark(content: bytes) -> Mark:
    """A mark from its bytes.

    Raises:
        ObservationError: naming the field.
    """
    return _parsed(Mark, content)


def _parsed[Shape: BaseModel](shape: type[Shape], content: bytes) -> Shape:
    if len(content) > MAX_REPORT_BYTES:
        raise ObservationError(f"{len(content)} bytes; at most {MAX_REPORT_BYTES} are read")
    try:
        return shape.model_validate_json(content)
    except ValidationError as error:
        raise ObservationError("; ".join(explained(error.errors(include_url=False))[:5])) from None


def explained(problems: Iterable[Mapping[str, Any]]) -> list[str]:
    """Each problem as ``observations.0.at: what was expected``; never the value, which may be a person's."""
    return [f"{'.'.join(str(part) for part in each['loc']) or 'the body'}: {each['msg']}" for each in problems]
