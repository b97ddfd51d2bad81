"""IAB TCF v2 consent strings, read strictly: whatever is short, of another alphabet or of another version is an error.

Never a guess: a prefix of a real string must not decode as consent for everything, which is what lenient readers make
of it. Layout from the IAB Tech Lab's "Consent string and vendor list formats v2" (all numbers big-endian, bits from the
most significant): core string, then optional segments with a 3-bit type in any order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypedDict

from .bits import Bits

_MAX_CHARACTERS = 40_000
_MAX_IN_RANGES = 1_000_000
"""Vendors that the ranges of one segment may name together. A few dozen bits can name all 65,535, again and again; the
longest honest lists (some 1,500 vendors under each purpose's restrictions) stay far below."""
DISCLOSED_MANDATORY_FROM = datetime(2026, 3, 1, tzinfo=UTC)
"""Strings created from this day on must carry the disclosed vendors (TCF 2.3)."""
_POLICY_2_2 = 4
"""From this policy version on, purposes 3 to 6 have no legitimate interest, and both timestamps are one day."""


class TCStringError(ValueError):
    """Not a TC string version 2, or a broken one; says what and where."""


@dataclass(frozen=True, slots=True)
class Restriction:
    """What a publisher restricts: 0 not allowed, 1 consent required, 2 legitimate interest required."""

    purpose: int
    type: int
    vendors: frozenset[int]


@dataclass(frozen=True, slots=True)
class PublisherTC:
    """The publisher's own purposes."""

    purposes: frozenset[int]
    legitimate_interests: frozenset[int]
    custom_purposes: frozenset[int]
    custom_legitimate_interests: frozenset[int]


@dataclass(frozen=True, slots=True)
class TCString:
    """Everything in a TC string. Sets hold ids, from 1."""

    created: datetime
    last_updated: datetime
    cmp_id: int
    cmp_version: int
    consent_screen: int
    language: str
    vendor_list_version: int
    policy_version: int
    service_specific: bool
    non_standard_texts: bool
    special_features: frozenset[int]
    purposes: frozenset[int]
    legitimate_interests: frozenset[int]
    purpose_one_treatment: bool
    publisher_country: str
    vendors: frozenset[int]
    vendors_li: frozenset[int]
    restrictions: tuple[Restriction, ...]
    disclosed: frozenset[int] | None
    """``None`` if the segment is missing."""
    allowed: frozenset[int] | None
    publisher: PublisherTC | None

    def breaches(self) -> list[str]:
        """The rules of its own version that the string breaks, in words."""
        found: list[str] = []
        if self.created >= DISCLOSED_MANDATORY_FROM and self.disclosed is None:
            found.append("created on or after 2026-03-01 without the disclosed vendors segment, which TCF 2.3 requires")
        if self.policy_version >= _POLICY_2_2:
            wrong = sorted(self.legitimate_interests & {3, 4, 5, 6})
            if wrong:
                found.append(
                    f"claims legitimate interest for purpose {', '.join(map(str, wrong))}, which TCF 2.2 abolished"
                )
            if not self.service_specific:
                found.append("is not service-specific, which TCF 2.2 requires")
            if self.created != self.last_updated:
                found.append("has different Created and LastUpdated, which TCF 2.2 requires to be equal")
        return found


class TCHead(TypedDict):
    """Which consent manager made a TC string when, under which list and policy."""

    created: datetime
    last_updated: datetime
    cmp_id: int
    cmp_version: int
    consent_screen: int
    language: str
    vendor_list_version: int
    policy_version: int


class TCStringBits(Bits):
    """With the types that only TC strings have."""

    error = TCStringError

    def __init__(self, segment: str, name: str) -> None:
        super().__init__(segment, name)
        self._in_ranges = 0

    def head(self) -> TCHead:
        """The fields between the version and the purposes, which every kind of TC string has."""
        return {
            "created": self.moment("Created"),
            "last_updated": self.moment("LastUpdated"),
            "cmp_id": self.integer(12, "CmpId"),
            "cmp_version": self.integer(12, "CmpVersion"),
            "consent_screen": self.integer(6, "ConsentScreen"),
            "language": self.letters("ConsentLanguage"),
            "vendor_list_version": self.integer(12, "VendorListVersion"),
            "policy_version": self.integer(6, "TcfPolicyVersion"),
        }

    def letters(self, field: str) -> str:
        codes = (self.integer(6, field), self.integer(6, field))
        if max(codes) > 25:
            raise TCStringError(f"{self._name}: {field} is no two letters")
        return "".join(chr(ord("A") + code) for code in codes)

    def moment(self, field: str) -> datetime:
        """Deciseconds since 1970."""
        deciseconds = self.integer(36, field)
        return datetime.fromtimestamp(deciseconds / 10, UTC)

    def ranges(self, field: str, highest: int) -> frozenset[int]:
        found: set[int] = set()
        for _ in range(self.integer(12, f"{field} entries")):
            is_range = self.flag(field)
            first = self.integer(16, field)
            last = self.integer(16, field) if is_range else first
            self.count(field, first, last, highest)
            found.update(range(first, last + 1))
        return frozenset(found)

    def count(self, field: str, first: int, last: int, highest: int) -> None:
        """Counts the vendors of one range, before they are listed."""
        if not 1 <= first <= last <= highest:
            raise TCStringError(f"{self._name}: {field} names vendors {first} to {last}, beyond 1 to {highest}")
        self._in_ranges += last - first + 1
        if self._in_ranges > _MAX_IN_RANGES:
            raise TCStringError(f"{self._name}: {field} names more vendors than any list has")

    def vendors(self, field: str) -> frozenset[int]:
        highest = self.integer(16, f"{field} maximum")
        if self.flag(f"{field} encoding"):
            return self.ranges(field, highest)
        return self.ids(highest, field)

    def restrictions(self, vendors: Callable[[], frozenset[int]]) -> tuple[Restriction, ...]:
        """What the publisher restricts; ``vendors`` reads those of one restriction."""
        found: list[Restriction] = []
        for _ in range(self.integer(12, "NumPubRestrictions")):
            purpose, kind = self.integer(6, "PubRestrictions purpose"), self.integer(2, "PubRestrictions type")
            if purpose == 0 or kind == 3:
                raise TCStringError(
                    f"{self._name}: PubRestrictions name purpose {purpose} and type {kind}, which do not exist"
                )
            found.append(Restriction(purpose, kind, vendors()))
        return tuple(found)

    def publisher(self) -> PublisherTC:
        """The publisher's own purposes."""
        purposes = self.ids(24, "PubPurposesConsent")
        legitimate_interests = self.ids(24, "PubPurposesLITransparency")
        custom = self.integer(6, "NumCustomPurposes")
        return PublisherTC(
            purposes,
            legitimate_interests,
            self.ids(custom, "CustomPurposesConsent"),
            self.ids(custom, "CustomPurposesLITransparency"),
        )


def decode(text: str) -> TCString:
    """A TC string.

    Raises:
        TCStringError: if any of it is not as the format has it.
    """
    if len(text) > _MAX_CHARACTERS:
        raise TCStringError(f"{len(text)} characters; no TC string is that long")
    core_text, *others = text.split(".")
    core = TCStringBits(core_text, "core string")
    version = core.integer(6, "Version")
    if version != 2:
        raise TCStringError(f"version {version}; only version 2 is in use")
    disclosed: frozenset[int] | None = None
    allowed: frozenset[int] | None = None
    publisher: PublisherTC | None = None
    seen: set[int] = set()
    for number, segment_text in enumerate(others, start=2):
        segment = TCStringBits(segment_text, f"segment {number}")
        kind = segment.integer(3, "SegmentType")
        if kind in seen:
            raise TCStringError(f"segment {number}: a second segment of type {kind}")
        seen.add(kind)
        match kind:
            case 1:
                disclosed = segment.vendors("DisclosedVendors")
            case 2:
                allowed = segment.vendors("AllowedVendors")
            case 3:
                publisher = segment.publisher()
            case _:
                raise TCStringError(f"segment {number}: type {kind} does not exist")
        segment.finish()
    return _core(core, disclosed, allowed, publisher)


def _core(
    bits: TCStringBits, disclosed: frozenset[int] | None, allowed: frozenset[int] | None, publisher: PublisherTC | None
) -> TCString:
    # read in the order of the format: keyword arguments are evaluated as they stand
    string = TCString(
        **bits.head(),
        service_specific=bits.flag("IsServiceSpecific"),
        non_standard_texts=bits.flag("UseNonStandardTexts"),
        special_features=bits.ids(12, "SpecialFeatureOptIns"),
        purposes=bits.ids(24, "PurposesConsent"),
        legitimate_interests=bits.ids(24, "PurposesLITransparency"),
        purpose_one_treatment=bits.flag("PurposeOneTreatment"),
        publisher_country=bits.letters("PublisherCC"),
        vendors=bits.vendors("VendorConsents"),
        vendors_li=bits.vendors("VendorLegitimateInterests"),
        restrictions=bits.restrictions(lambda: bits.ranges("PubRestrictions", 0xFFFF)),
        disclosed=disclosed,
        allowed=allowed,
        publisher=publisher,
    )
    bits.finish()
    return string
