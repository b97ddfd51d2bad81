"""IAB Tech Lab's library for TC strings: the kinds of segments and of publisher restrictions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.radar.drift import Kind, Unknown
from tests.radar.javascript import value_of

PACKAGE = "@iabtcf/core"
_SEGMENTS = {0: "core", 1: "vendorsDisclosed", 2: "vendorsAllowed", 3: "publisherTC"}
_RESTRICTIONS = {0: "NOT_ALLOWED", 1: "REQUIRE_CONSENT", 2: "REQUIRE_LI"}


def unknown(folder: Path) -> Iterator[Unknown]:
    model = folder / "lib" / "cjs" / "model"
    for number, name in enumerate(value_of(model / "SegmentIDs.js", "m.SegmentIDs.ID_TO_KEY")):
        if _SEGMENTS.get(number) != name:
            yield Unknown(PACKAGE, Kind.SEGMENT, f"{number} {name}")
    restrictions = value_of(model / "RestrictionType.js", "Object.entries(m.RestrictionType)")
    for name, number in restrictions:
        if isinstance(number, int) and _RESTRICTIONS.get(number) != name:
            yield Unknown(PACKAGE, Kind.RESTRICTION, f"{number} {name}")
