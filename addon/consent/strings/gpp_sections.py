"""The sections of a GPP string: what is in which, as tables of fields and widths.

Sources: IAB Tech Lab, Global Privacy Platform, ``Sections/`` (ids, field names, N-Bitfield sizes), and the official
``@iabgpp/cmpapi`` 3.2.0, whose encoder made the strings that the tests compare with.

US sections are a 6-bit version and 2-bit numbers: of a notice 1 is given and 2 is not, of an opt-out **1 is opted out** and 2 is
not, and 0 is always "not applicable". 3 does not exist. Of ``MspaCoveredTransaction`` only some specifications have a 0; it says
nothing of the person, so it is read in all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields

from .bits import Bits
from .tcf import TCString, TCStringError
from .tcf import decode as decode_tcf
from .us_privacy import UsPrivacyError, parse_us_privacy

TCF_EU_V2 = 2
US_PRIVACY_V1 = 6

_NAMES = (
    "tcfeuv1 tcfeuv2 header signalintegrity tcfcav1 uspv1 usnat usca usva usco usut usct usfl usmt usor ustx usde usia usne"
    " usnh usnj ustn usmn usmd usin usky usri"
)
SECTION_NAMES: Mapping[int, str] = dict(enumerate(_NAMES.split(), start=1))
"""Every section id that is given out, read here or not, and its name in the script interface."""


class GppError(ValueError):
    """Not a GPP string version 1, or a broken one; says what and where."""


@dataclass(frozen=True, slots=True)
class Section:
    """One section. Whether it applies to the person is not in it: that is what ``gpp_sid`` says."""

    id: int
    name: str
    """``usca``; ``section99`` if the id was not given out when this was written."""
    version: int | None
    """As the section says; ``None`` if it was not read."""
    fields: Mapping[str, object]
    """By the specification's names (for ``tcfeuv2``: by the attributes of `TCString`). US fields are 0, 1 or 2, lists of
    them, ``Gpc`` a boolean that is only there if its subsection is; the fields of ``uspv1`` are letters."""
    raw_length: int
    """Characters, without the ``~`` around it."""
    read: bool = True
    """Whether this section's layout is known here. If not, nothing is said of it, and its ``fields`` are empty."""
    sale_opted_out: bool | None = None
    """Of this and the next two: ``True`` opted out, ``False`` did not opt out, ``None`` not applicable, or no such field."""
    sharing_opted_out: bool | None = None
    targeted_advertising_opted_out: bool | None = None
    gpc: bool | None = None
    """Global Privacy Control as the consent manager saw it; ``None`` if it says nothing of it."""
    tcf: TCString | None = None
    """The TC string in ``tcfeuv2``."""


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    values: int | None = None
    """How many numbers of 2 bits; ``None`` for one that is no list."""


@dataclass(frozen=True, slots=True)
class _Layout:
    """A US section's core, after the 6-bit version."""

    id: int
    version: int
    fields: tuple[_Field, ...]
    gpc: bool = True
    """Whether a GPC subsection may follow."""
    from_characters: int = 0
    """How long a core is at least that is written so, where the version alone does not tell."""


def _fields(names: str, sensitive: int, child: int, then: str = "") -> tuple[_Field, ...]:
    """Notices and opt-outs, sensitive data, known children (one number, or a list), what some add, and the agreement."""
    return (
        *map(_Field, names.split()),
        _Field("SensitiveDataProcessing", sensitive),
        _Field("KnownChildSensitiveDataConsents", None if child == 1 else child),
        *map(_Field, then.split()),
        *map(_Field, ("MspaCoveredTransaction", "MspaOptOutOptionMode", "MspaServiceProviderMode")),
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

_LAYOUTS = (
    _Layout(7, 1, _fields(_NATIONAL, 12, 2, _PERSONAL)),
    # cmpapi 3.1.5 wrote version 1 in the widths of version 2 (IABTechLab/iabgpp-es issue 75), and OneTrust's cookies still do;
    # the library tells them by their length, and notices and opt-outs stand in the same place either way
    _Layout(7, 1, _fields(_NATIONAL, 16, 3, _PERSONAL), from_characters=12),
    _Layout(7, 2, _fields(_NATIONAL, 16, 3, _PERSONAL)),
    _Layout(8, 1, _fields(_CALIFORNIA, 9, 2, _PERSONAL)),
    _Layout(9, 1, _fields(_SHARING, 8, 1), gpc=False),
    _Layout(10, 1, _fields(_SHARING, 7, 1)),
    _Layout(11, 1, _fields(_UTAH, 8, 1), gpc=False),
    _Layout(12, 1, _fields(_SHARING, 8, 3)),
    _Layout(13, 1, _fields(_PROCESSING, 8, 3, _ADDITIONAL), gpc=False),
    _Layout(14, 1, _fields(_SHARING, 8, 3, _ADDITIONAL)),
    _Layout(15, 1, _fields(_PROCESSING, 11, 3, _ADDITIONAL)),
    _Layout(16, 1, _fields(_PROCESSING, 8, 1, _ADDITIONAL)),
    _Layout(17, 1, _fields(_PROCESSING, 9, 5, _ADDITIONAL)),
    _Layout(18, 1, _fields(_IOWA, 8, 1)),
    _Layout(19, 1, _fields(_PROCESSING, 8, 1, _ADDITIONAL)),
    _Layout(20, 1, _fields(_PROCESSING, 8, 3, _ADDITIONAL)),
    _Layout(21, 1, _fields(_PROCESSING, 10, 5, _ADDITIONAL)),
    _Layout(22, 1, _fields(_PROCESSING, 8, 1, _ADDITIONAL)),
    _Layout(23, 1, _fields(_PROCESSING, 8, 1, _ADDITIONAL)),
    # 24 to 27 (Maryland, Indiana, Kentucky, Rhode Island) are left out: the specification has a section header in front, which
    # the official library neither writes nor reads, so the same letters mean two things
)
"""By id, then by version, then by length."""

_US_SECTIONS = frozenset(layout.id for layout in _LAYOUTS)
READ_SECTIONS = frozenset({TCF_EU_V2, US_PRIVACY_V1}) | _US_SECTIONS
"""The ids whose sections are read; all others are kept unread."""

_OPTED_OUT = {0: None, 1: True, 2: False}


class _Bits(Bits):
    error = GppError

    def choice(self, field: str) -> int:
        value = self.integer(2, field)
        if value not in _OPTED_OUT:
            raise self.error(f"{self._name}: {field} is {value}, which does not exist")
        return value


def read_section(section_id: int, text: str) -> Section:
    """One section, by its id in the header.

    Args:
        section_id: from 1.
        text: the section, without the ``~`` around it. One whose layout is not known is kept unread, whatever it holds.

    Raises:
        GppError: if it is empty, or its layout is known and any of it is not so, its version included.
    """
    name = SECTION_NAMES.get(section_id, f"section{section_id}")
    if not text:
        raise GppError(f"section {name} is empty")
    if section_id == TCF_EU_V2:
        return _tcf(name, text)
    if section_id == US_PRIVACY_V1:
        return _us_privacy(name, text)
    if section_id in _US_SECTIONS:
        return _us(section_id, name, text)
    return Section(section_id, name, None, {}, len(text), read=False)


def _tcf(name: str, text: str) -> Section:
    try:
        string = decode_tcf(text)
    except TCStringError as error:
        raise GppError(f"section {name}: {error}") from error
    said = {attribute.name: getattr(string, attribute.name) for attribute in fields(string)}
    return Section(TCF_EU_V2, name, 2, said, len(text), tcf=string)


def _us_privacy(name: str, text: str) -> Section:
    try:
        string = parse_us_privacy(text)
    except UsPrivacyError as error:
        raise GppError(f"section {name}: {error}") from error
    said = {"Version": string.version, "Notice": text[1], "OptOutSale": text[2], "LspaCovered": text[3]}
    return Section(US_PRIVACY_V1, name, string.version, said, len(text), sale_opted_out=string.opted_out)


def _us(section_id: int, name: str, text: str) -> Section:
    core_text, *subsections = text.split(".")
    core = _Bits(core_text, f"section {name}")
    version = core.integer(6, "Version")
    layout = _layout(section_id, version, len(core_text))
    if layout is None:
        raise GppError(f"section {name}: version {version}, which is not known")
    numbers = dict(_numbers(core, layout.fields))
    core.finish()
    if len(subsections) > layout.gpc:
        raise GppError(f"section {name}: {len(subsections)} subsections, of which {int(layout.gpc)} can be")
    gpc = _gpc(subsections[0], name) if subsections else None
    said = {"Version": version, **numbers} | ({} if gpc is None else {"Gpc": gpc})
    return Section(
        section_id,
        name,
        version,
        said,
        len(text),
        sale_opted_out=_opted_out(numbers.get("SaleOptOut")),
        sharing_opted_out=_opted_out(numbers.get("SharingOptOut")),
        targeted_advertising_opted_out=_opted_out(numbers.get("TargetedAdvertisingOptOut")),
        gpc=gpc,
    )


def _layout(section_id: int, version: int, characters: int) -> _Layout | None:
    """The last in the table that fits."""
    fitting = [
        layout
        for layout in _LAYOUTS
        if (layout.id, layout.version) == (section_id, version) and layout.from_characters <= characters
    ]
    return fitting[-1] if fitting else None


def _numbers(core: _Bits, layout: Iterable[_Field]) -> Iterable[tuple[str, int | list[int]]]:
    for each in layout:
        if each.values is None:
            yield each.name, core.choice(each.name)
        else:
            yield each.name, [core.choice(each.name) for _ in range(each.values)]


def _opted_out(number: int | list[int] | None) -> bool | None:
    return _OPTED_OUT[number] if isinstance(number, int) else None


def _gpc(text: str, name: str) -> bool:
    bits = _Bits(text, f"section {name}, GPC")
    kind = bits.integer(2, "SubsectionType")
    if kind != 1:
        raise GppError(f"section {name}: a subsection of type {kind}; only 1, GPC, can follow the core")
    gpc = bits.flag("Gpc")
    bits.finish()
    return gpc
