"""IAB Global Privacy Platform strings (``gpp``, ``__gpp``, ``OTGPPConsent``): a header that lists sections, and the sections.

``DBABLA~CEAVAAAAAABA.YA`` is a header, and section 7 with a subsection. Layout from the IAB Tech Lab's "Global Privacy Platform
String" version 1 (``Core/Consent String Specification.md``). Read strictly, as TC strings are: a string of which one section is
broken says nothing at all, and a section whose layout is not known is kept unread.

Who writes one pads all its parts alike: to whole characters, as the specification says, or to whole bytes first, as the official
library does. So a string whose beginning is padded to bytes and whose last part is not was cut short, and is refused.

What no reader can see: a string that lost the ``.`` and the optional subsection at its end is as valid as it was with it, unless its
section lists its subsections; one that lost padding alone may have lost nothing, if no other part shows how it was padded; and a
changed bit can make another valid string. The opt-outs of a string cut short are those of the whole, or an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .bits import Bits
from .gpp_sections import READ_SECTIONS, GppError, Section, read_section

__all__ = ["READ_SECTIONS", "Gpp", "GppError", "Section", "parse_gpp", "parse_gpp_sid"]

_MAX_CHARACTERS = 50_000
_HEADER_TYPE = 3
_NO_SECTION_APPLIES = "-1"
_MAX_SID_CHARACTERS = 1_000
_MAX_SID_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Gpp:
    """A whole GPP string."""

    section_ids: tuple[int, ...]
    """As the header lists them, which is in ascending order."""
    sections: Mapping[int, Section]
    """By id; every id of ``section_ids``, those that are not read here included."""


class _Bits(Bits):
    error = GppError


def parse_gpp(text: str) -> Gpp:
    """A GPP string.

    Args:
        text: as on the wire, not percent-encoded.

    Returns:
        All its sections. Which of them apply to the person is not in the string: see `parse_gpp_sid`.

    Raises:
        GppError: if it is no GPP string, the header lists other sections than follow, or one that is read here is broken.
    """
    if len(text) > _MAX_CHARACTERS:
        raise GppError(f"{len(text)} characters; no GPP string is that long")
    header, *texts = text.split("~")
    section_ids, padding = _section_ids(header, len(texts))
    sections = {number: read_section(number, part) for number, part in zip(section_ids, texts, strict=True)}
    paddings = [padding, *(each for section in sections.values() for each in section.paddings)]
    ends_read = bool(sections) and bool(sections[section_ids[-1]].paddings)
    if ends_read and paddings[-1] is False and True in paddings:
        raise GppError("cut short: its other parts are padded to whole bytes, and the last is not")
    return Gpp(section_ids, sections)


def _section_ids(header: str, following: int) -> tuple[tuple[int, ...], bool | None]:
    """The ids in the header, of which there must be as many as sections follow, and how it is padded."""
    bits = _Bits(header, "header")
    kind, version = bits.integer(6, "Type"), bits.integer(6, "Version")
    if kind != _HEADER_TYPE:
        raise GppError(f"header: type {kind}; a GPP string begins with type {_HEADER_TYPE}, the letter D")
    if version != 1:
        raise GppError(f"header: version {version}; only version 1 exists")
    found: list[int] = []
    last = 0
    for _ in range(bits.integer(12, "number of section ids")):
        is_range = bits.flag("section ids")
        first = last + bits.fibonacci("section ids")
        last = first + bits.fibonacci("section ids") if is_range else first
        if len(found) + last - first >= following:
            raise GppError(f"header: lists section {last} and more than the {following} sections that follow")
        found.extend(range(first, last + 1))
    padding = bits.finish()
    if len(found) != following:
        raise GppError(f"header: lists {len(found)} sections, and {following} follow")
    return tuple(found), padding


def parse_gpp_sid(text: str) -> frozenset[int]:
    """The sections that apply, from ``gpp_sid``: ids with ``,`` between them (on mobile ``_``).

    Args:
        text: as on the wire, not percent-encoded.

    Returns:
        The ids, from 1; none for ``-1``, which says that no section applies.

    Raises:
        GppError: for anything else. Nothing at all, or a macro that was not expanded, is no statement that none applies.
    """
    if text == _NO_SECTION_APPLIES:
        return frozenset()
    if len(text) > _MAX_SID_CHARACTERS:
        raise GppError(f"gpp_sid: {len(text)} characters; no list of section ids is that long")
    found: set[int] = set()
    for number in text.replace("_", ",").split(","):
        if not (number.isascii() and number.isdigit()) or number[0] == "0" or len(number) > _MAX_SID_DIGITS:
            raise GppError(f"gpp_sid: {number[:20]!r} is no section id")
        found.add(int(number))
    return frozenset(found)
