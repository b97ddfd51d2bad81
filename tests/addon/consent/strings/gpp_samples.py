"""GPP strings of the specification, of the official library and of real cookies, for the tests of header and sections."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from addon.consent.strings.gpp import READ_SECTIONS, Section, parse_gpp
from tests.addon.consent.wire import MAY_2026, Bits

NAT_OUT = "DBABLA~CEAVAAAAAABA.YA"
NAT_NOT_OUT = "DBABLA~CAAqAAAAAABA.QA"
CA_OUT = "DBABBg~BAUAAABA.QA"
USP_AND_CA = "DBACTMA~1YYN~BAQAAABA.QA"
TCF_AND_USP = "DBACNYA~CPXxRfAPXxRfAAfKABENB-CgAAAAAAAAAAYgAAAAAAAA~1YNN"
TCF_CANADA_AND_USP = "DBABjw~CPXxRfAPXxRfAAfKABENB-CgAAAAAAAAAAYgAAAAAAAA~1YNN"
TCF_ALONE = "DBABMA~CPXxRfAPXxRfAAfKABENB-CgAAAAAAAAAAYgAAAAAAAA"

# Cookies that OneTrust (OTGPPConsent) and Google's UMP wrote, found in public code, by what the official library reads in
# them: sale, sharing, targeted advertising, GPC. The last three are version 1 in the widths of version 2.
CAPTURED = {
    "DBABLA~BAQCAAAACZA.QA": (None, None, False, False),
    "DBABLA~BVQqAAAACgA.QA": (False, False, False, False),
    "DBABLA~BVQVAAAABgA.QA": (True, True, True, False),
    "DBABLA~BVRqAAAAAmA.QA": (False, False, False, False),
    "DBABLA~BAAAAAAAAgA.QA": (None, None, None, False),
    "DBABL~BVQVAAAAAg": (True, True, True, None),
    "DBABL~BVQqAAAAAg": (False, False, False, None),
    "DBABLA~BVQqAAAAAAA": (False, False, False, None),
    "DBABBg~BUUAAAGA.QA": (True, True, None, False),
    "DBABLA~BVQqAAAAAAKA.QA": (False, False, False, False),
    "DBABLA~BVQqAAAAAABY.QA": (False, False, False, False),
    "DBABLA~BVQqAAAAAAJY.QA": (False, False, False, False),
}

# Made with npm @iabgpp/cmpapi 3.2.0 in Node 20: a GppModel was filled in (every section with all 1, all 2 and seeded random
# values, with and without GPC; several sections together), encoded, and its fields are what GppModel made of the result, less
# the type of the GPC subsection.
ORACLE: list[dict[str, Any]] = json.loads(Path(__file__).with_name("gpp_strings.json").read_text("utf-8"))


def _section_header(number: int, listed: int) -> str:
    bits = Bits().add(number, 6).add(1, 6).add(listed, 12)
    return (bits.add(0, 1).fibonacci(1) if listed else bits).segment()


def canada(express: Iterable[int] = (), implied: Iterable[int] = (), vendors: Bits | None = None) -> str:
    """A string for Canada with vendors as the library wrote them before: in 16-bit numbers."""
    bits = Bits().add(1, 6).add(round(MAY_2026.timestamp() * 10), 36).add(round(MAY_2026.timestamp() * 10), 36)
    bits.add(50, 12).add(2, 12).add(1, 6).add(4, 6).add(13, 6).add(9, 12).add(2, 6).add(0, 1).ids((), 12)
    bits.ids(express, 24).ids(implied, 24)
    bits.text += (vendors or Bits().bitfield_of((), 0)).text
    return bits.bitfield_of((), 0).add(0, 12).segment()


GOLDEN = [NAT_OUT, NAT_NOT_OUT, CA_OUT, USP_AND_CA, TCF_AND_USP, TCF_CANADA_AND_USP, TCF_ALONE, *CAPTURED]
EVERY = [*GOLDEN, *(case["string"] for case in ORACLE)]
US_SECTIONS = sorted(READ_SECTIONS - {2, 5, 6})

# made with the same library: vendors 2, 7, 755 to 762 and 800; and restrictions with disclosed vendors
CANADA = "DBABDA~BQulbq_Qulbq_AyACAENAJCAAeeAABgAAAZBAEMOio1qGABgAEAA.YAAAAAAAAAA"
CANADA_RESTRICTED = "DBABDA~BQulbrDQulbrDAAAAAENAACAAAAAAAAAAAAAAAAAEOAcJACwBNlVhIABuA.YAAAAAAAAAA.IF5wAlZJRg"
SECTION_HEADERS = {
    (number, listed): _section_header(number, listed) for number in (24, 25, 26, 27) for listed in (0, 1)
}
"""Of the newer sections: id, and how many subsections follow the core."""


def facts(section: Section) -> tuple[bool | None, ...]:
    """Sale, sharing, targeted advertising, GPC."""
    return (
        section.sale_opted_out,
        section.sharing_opted_out,
        section.targeted_advertising_opted_out,
        section.gpc,
    )


def only(text: str) -> Section:
    (section,) = parse_gpp(text).sections.values()
    return section


def header(*ids: int) -> str:
    """With every id for itself."""
    bits = Bits().add(3, 6).add(1, 6).add(len(ids), 12)
    for before, number in zip((0, *ids), ids, strict=False):
        bits.add(0, 1).fibonacci(number - before)
    return bits.segment()
