"""IAB Tech Lab's library for GPP strings: the sections that there are, and their fields."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from addon.consent.strings.gpp_sections import READ_SECTIONS, SECTION_NAMES
from tests.radar.drift import Kind, Unknown, own_words
from tests.radar.javascript import value_of

PACKAGE = "@iabgpp/cmpapi"
_OF_THE_LIBRARY = ("Version", "GpcSegmentType", "SegmentIncluded")
"""How fields end that we read under no name: a segment's number, and whether it stands in the string at all."""


def unknown(folder: Path) -> Iterator[Unknown]:
    encoder = folder / "lib" / "cjs" / "encoder"
    sections: list[tuple[int, str]] = value_of(
        encoder / "section" / "Sections.js", "[...m.Sections.SECTION_ID_NAME_MAP]"
    )
    for number, name in sections:
        if number not in READ_SECTIONS:
            named = "known by name, and not read" if SECTION_NAMES.get(number) == name else "not known at all"
            yield Unknown(PACKAGE, Kind.SECTION, f"{number} {name}", named)
        elif name.startswith("us") and name != "uspv1":
            yield from _fields(encoder / "field" / f"Us{name[2:].capitalize()}Field.js", name)


def _fields(module: Path, section: str) -> Iterator[Unknown]:
    if not module.exists():
        yield Unknown(PACKAGE, Kind.FIELD, f"{section}: {module.name}", "the library names its fields elsewhere now")
        return
    fields: list[str] = value_of(module, "Object.values(Object.values(m)[0])")
    for field in fields:
        if isinstance(field, str) and field not in own_words() and not field.endswith(_OF_THE_LIBRARY):
            yield Unknown(PACKAGE, Kind.FIELD, f"{section}: {field}")
