"""What is in which section of the US of a GPP string, as tables of fields and widths. Sources: as in `gpp_sections`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TypedDict


@dataclass(frozen=True, slots=True)
class Field:
    """One field, and how wide it is."""

    name: str
    values: int | None = None
    """How many numbers of 2 bits; ``None`` for one that is no list."""


class _Newer(TypedDict):
    """What the specifications from 2025 on have in common."""

    version_field: str
    may_have_header: bool


class Then(Enum):
    """The one subsection that may follow a core. It has the id 1 in every specification."""

    NOTHING = 0
    GPC = 1
    SENSITIVE_DATA = 2


@dataclass(frozen=True, slots=True)
class Layout:
    """A US section's core, after the 6-bit version."""

    id: int
    version: int
    fields: tuple[Field, ...]
    then: Then = Then.GPC
    """What may follow the core."""
    from_characters: int = 0
    """How long a core is at least that is written so, where the version alone does not tell."""
    version_field: str = "Version"
    may_have_header: bool = False
    """Whether a section header, as the newer specifications have one, may stand in front of the core."""


def _fields(names: str, sensitive: int, child: int, then: str = "") -> tuple[Field, ...]:
    """Notices and opt-outs, sensitive data, known children (one number, or a list), what some add, and the agreement."""
    return (
        *map(Field, names.split()),
        Field("SensitiveDataProcessing", sensitive),
        Field("KnownChildSensitiveDataConsents", None if child == 1 else child),
        *map(Field, then.split()),
        *map(Field, ("MspaCoveredTransaction", "MspaOptOutOptionMode", "MspaServiceProviderMode")),
    )


_NATIONAL = (
    "SharingNotice SaleOptOutNotice SharingOptOutNotice TargetedAdvertisingOptOutNotice SensitiveDataProcessingOptOutNotice"
    " SensitiveDataLimitUseNotice SaleOptOut SharingOptOut TargetedAdvertisingOptOut"
)
_CALIFORNIA = "SaleOptOutNotice SharingOptOutNotice SensitiveDataLimitUseNotice SaleOptOut SharingOptOut"
_OPT_OUTS = "SaleOptOutNotice TargetedAdvertisingOptOutNotice SaleOptOut TargetedAdvertisingOptOut"
_SHARING = f"SharingNotice {_OPT_OUTS}"
_PROCESSING = f"ProcessingNotice {_OPT_OUTS}"
_UTAH = (
    "SharingNotice SaleOptOutNotice TargetedAdvertisingOptOutNotice SensitiveDataProcessingOptOutNotice SaleOptOut"
    " TargetedAdvertisingOptOut"
)
_IOWA = (
    "ProcessingNotice SaleOptOutNotice TargetedAdvertisingOptOutNotice SensitiveDataOptOutNotice SaleOptOut"
    " TargetedAdvertisingOptOut"
)
_PERSONAL = "PersonalDataConsents"
_ADDITIONAL = "AdditionalDataProcessingConsent"
_AGREEMENT = f"MspaCoveredTransaction MspaMode ProcessingNotice {_OPT_OUTS}"
_MSPA = tuple(map(Field, f"{_AGREEMENT} {_ADDITIONAL}".split()))
_MSPA_WITH_CHILDREN = tuple(map(Field, f"{_AGREEMENT} KnownChildSensitiveDataConsents {_ADDITIONAL}".split()))
_NEWER: _Newer = {"version_field": "MspaVersion", "may_have_header": True}
SENSITIVE_DATA = (Field("SensitiveDataProcessing", 8),)

LAYOUTS = (
    Layout(7, 1, _fields(_NATIONAL, 12, 2, _PERSONAL)),
    # cmpapi 3.1.5 wrote version 1 in the widths of version 2 (IABTechLab/iabgpp-es issue 75), and OneTrust's cookies still do;
    # the library tells them by their length, and notices and opt-outs stand in the same place either way
    Layout(7, 1, _fields(_NATIONAL, 16, 3, _PERSONAL), from_characters=12),
    Layout(7, 2, _fields(_NATIONAL, 16, 3, _PERSONAL)),
    Layout(8, 1, _fields(_CALIFORNIA, 9, 2, _PERSONAL)),
    Layout(9, 1, _fields(_SHARING, 8, 1), then=Then.NOTHING),
    Layout(10, 1, _fields(_SHARING, 7, 1)),
    Layout(11, 1, _fields(_UTAH, 8, 1), then=Then.NOTHING),
    Layout(12, 1, _fields(_SHARING, 8, 3)),
    Layout(13, 1, _fields(_PROCESSING, 8, 3, _ADDITIONAL), then=Then.NOTHING),
    Layout(14, 1, _fields(_SHARING, 8, 3, _ADDITIONAL)),
    Layout(15, 1, _fields(_PROCESSING, 11, 3, _ADDITIONAL)),
    Layout(16, 1, _fields(_PROCESSING, 8, 1, _ADDITIONAL)),
    Layout(17, 1, _fields(_PROCESSING, 9, 5, _ADDITIONAL)),
    Layout(18, 1, _fields(_IOWA, 8, 1)),
    Layout(19, 1, _fields(_PROCESSING, 8, 1, _ADDITIONAL)),
    Layout(20, 1, _fields(_PROCESSING, 8, 3, _ADDITIONAL)),
    Layout(21, 1, _fields(_PROCESSING, 10, 5, _ADDITIONAL)),
    Layout(22, 1, _fields(_PROCESSING, 8, 1, _ADDITIONAL)),
    Layout(23, 1, _fields(_PROCESSING, 8, 1, _ADDITIONAL)),
    Layout(24, 1, _MSPA, **_NEWER),
    *(Layout(number, 1, _MSPA_WITH_CHILDREN, Then.SENSITIVE_DATA, **_NEWER) for number in (25, 26, 27)),
)
"""By id, then by version, then by length."""
