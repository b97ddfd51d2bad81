"""IAB Canada's TC strings version 1 (section 5, ``tcfcav1``, of a GPP string), read strictly, as those for the EU are.

What the EU calls consent is here express consent, and what it calls legitimate interest is implied consent. Vendors stand in one of two
ways: ranges in Fibonacci code, as the specification has them, or in 16-bit numbers, as the official library wrote them before. Nothing
in the string says which, so both are tried, and a string that fits both with different content is refused. Source:
github.com/InteractiveAdvertisingBureau/Global-Privacy-Platform, Sections/Canada; ``@iabgpp/cmpapi`` 3.2.0, TcfCaV1CoreSegment.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from .tcf import Restriction, TCStringBits, TCStringError

_MAX_CHARACTERS = 40_000


@dataclass(frozen=True, slots=True)
class TCStringCanada:
    """Everything in the string but the publisher's own purposes. Sets hold ids, from 1."""

    created: datetime
    last_updated: datetime
    cmp_id: int
    cmp_version: int
    consent_screen: int
    language: str
    vendor_list_version: int
    policy_version: int
    non_standard_stacks: bool
    special_features: frozenset[int]
    express_purposes: frozenset[int]
    implied_purposes: frozenset[int]
    express_vendors: frozenset[int]
    implied_vendors: frozenset[int]
    restrictions: tuple[Restriction, ...]
    """Type 0 is not allowed, 1 requires express consent, 2 implied consent."""
    disclosed: frozenset[int] | None
    """``None`` if the segment is missing."""


class _Bits(TCStringBits):
    def __init__(self, segment: str, name: str, *, fibonacci: bool) -> None:
        super().__init__(segment, name)
        self._fibonacci = fibonacci

    def ranges(self, field: str, highest: int) -> frozenset[int]:
        if not self._fibonacci:
            return super().ranges(field, highest)
        found: set[int] = set()
        last = 0
        for _ in range(self.integer(12, f"{field} entries")):
            is_range = self.flag(field)
            first = last + self.fibonacci(field)
            last = first + self.fibonacci(field) if is_range else first
            self.count(field, first, last, highest)
            found.update(range(first, last + 1))
        return frozenset(found)


def decode(text: str) -> TCStringCanada:
    """A TC string of IAB Canada.

    Raises:
        TCStringError: if any of it is not as the format has it.
    """
    if len(text) > _MAX_CHARACTERS:
        raise TCStringError(f"{len(text)} characters; no TC string is that long")
    found: list[TCStringCanada] = []
    problem: TCStringError | None = None
    for fibonacci in (True, False):
        try:
            string = _decode(text, fibonacci=fibonacci)
        except TCStringError as error:
            problem = problem or error
        else:
            found.append(string)
    if not found:
        raise problem or TCStringError("neither as the specification nor as the official library writes it")
    if any(string != found[0] for string in found):
        raise TCStringError("its vendors can be read in two ways, which differ")
    return found[0]


def _decode(text: str, *, fibonacci: bool) -> TCStringCanada:
    core_text, *others = text.split(".")
    core = _Bits(core_text, "core string", fibonacci=fibonacci)
    version = core.integer(6, "Version")
    if version != 1:
        raise TCStringError(f"version {version}; for Canada only version 1 is in use")
    disclosed: frozenset[int] | None = None
    seen: set[int] = set()
    for number, segment_text in enumerate(others, start=2):
        segment = _Bits(segment_text, f"segment {number}", fibonacci=fibonacci)
        kind = segment.integer(3, "SubsectionType")
        if kind in seen or kind not in (1, 3):
            raise TCStringError(f"segment {number}: type {kind}, which does not exist or stands there twice")
        seen.add(kind)
        if kind == 1:
            disclosed = segment.vendors("DisclosedVendors")
        else:
            segment.publisher()
        segment.finish()
    return _core(core, disclosed)


def _core(bits: _Bits, disclosed: frozenset[int] | None) -> TCStringCanada:
    # read in the order of the format: keyword arguments are evaluated as they stand
    string = TCStringCanada(
        **bits.head(),
        non_standard_stacks=bits.flag("UseNonStandardStacks"),
        special_features=bits.ids(12, "SpecialFeatureExpressConsent"),
        express_purposes=bits.ids(24, "PurposesExpressConsent"),
        implied_purposes=bits.ids(24, "PurposesImpliedConsent"),
        express_vendors=bits.vendors("VendorExpressConsent"),
        implied_vendors=bits.vendors("VendorImpliedConsent"),
        restrictions=bits.restrictions(lambda: bits.vendors("PubRestrictions")),
        disclosed=disclosed,
    )
    bits.finish()
    return string
