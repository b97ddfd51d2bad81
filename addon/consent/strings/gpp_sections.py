"""The sections of a GPP string, read by the tables of `gpp_layouts`.

Sources: IAB Tech Lab, Global Privacy Platform, ``Sections/`` (ids, field names, N-Bitfield sizes), and the official
``@iabgpp/cmpapi`` 3.2.0, whose encoder made the strings that the tests compare with
(github.com/InteractiveAdvertisingBureau/Global-Privacy-Platform, github.com/IABTechLab/iabgpp-es).

US sections are a 6-bit version and 2-bit numbers: of a notice 1 is given and 2 is not, of an opt-out **1 is opted out** and 2 is
not, and 0 is always "not applicable". 3 does not exist. Of ``MspaCoveredTransaction`` only some specifications have a 0; it says
nothing of the person, so it is read in all.

Maryland, Indiana, Kentucky and Rhode Island (24 to 27) begin in two ways, which the first six bits tell apart. The library writes
the core at once, whose first field is ``MspaVersion``, 1. The specification puts a section header in front: the section's own id, the
version of its specification, and the subsections after the core, which is always there and is not listed
(IABTechLab/iabgpp-java pull request 109). Anything else is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields

from .bits import Bits
from .gpp_layouts import LAYOUTS, SENSITIVE_DATA, Field, Layout, Then
from .tcf import TCString, TCStringError
from .tcf import decode as decode_tcf
from .tcf_canada import TCStringCanada
from .tcf_canada import decode as decode_tcf_canada
from .us_privacy import UsPrivacyError, parse_us_privacy

TCF_EU_V2 = 2
TCF_CANADA_V1 = 5
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
    """By the specification's names (for ``tcfeuv2`` and ``tcfcav1``: by the attributes of `TCString` and `TCStringCanada`). US
    fields are 0, 1 or 2, lists of them, ``Gpc`` a boolean that is only there if its subsection is; the fields of ``uspv1`` are
    letters."""
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
    tcf_canada: TCStringCanada | None = None
    """The TC string in ``tcfcav1``."""
    paddings: tuple[bool | None, ...] = field(default=(), compare=False, repr=False)
    """How each of its parts is padded, as `Bits.finish` says it; empty for what is no section of the US."""


_US_SECTIONS = frozenset(layout.id for layout in LAYOUTS)
_WITH_HEADER = frozenset(layout.id for layout in LAYOUTS if layout.may_have_header)
READ_SECTIONS = frozenset({TCF_EU_V2, TCF_CANADA_V1, US_PRIVACY_V1}) | _US_SECTIONS
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
    if section_id == TCF_CANADA_V1:
        return _tcf_canada(name, text)
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


def _tcf_canada(name: str, text: str) -> Section:
    if text.startswith("C"):  # version 2, an EU string, as the specification's own example has it there
        return Section(TCF_CANADA_V1, name, None, {}, len(text), read=False)
    try:
        string = decode_tcf_canada(text)
    except TCStringError as error:
        raise GppError(f"section {name}: {error}") from error
    said = {attribute.name: getattr(string, attribute.name) for attribute in fields(string)}
    return Section(TCF_CANADA_V1, name, 1, said, len(text), tcf_canada=string)


def _us_privacy(name: str, text: str) -> Section:
    try:
        string = parse_us_privacy(text)
    except UsPrivacyError as error:
        raise GppError(f"section {name}: {error}") from error
    said = {"Version": string.version, "Notice": text[1], "OptOutSale": text[2], "LspaCovered": text[3]}
    return Section(US_PRIVACY_V1, name, string.version, said, len(text), sale_opted_out=string.opted_out)


def _us(section_id: int, name: str, text: str) -> Section:
    parts = text.split(".")
    headers, listed = [], None
    if section_id in _WITH_HEADER:
        header = _header(section_id, name, parts[0])
        if header is not None:
            listed, padding = header
            headers.append(padding)
            del parts[0]
    if listed is not None and len(parts) != 1 + listed:
        raise GppError(f"section {name}: lists {listed} subsections after the core, and {len(parts) - 1} follow")
    return _core(section_id, name, parts, len(text), headers)


def _header(section_id: int, name: str, text: str) -> tuple[int, bool | None] | None:
    """How many subsections a section header lists beside the core, and how it is padded; ``None`` if the core stands here."""
    bits = _Bits(text, f"section {name}, header")
    if bits.integer(6, "SectionID") != section_id:
        return None
    version = bits.integer(6, "Version")
    if version != 1:
        raise GppError(f"section {name}: version {version}, which is not known")
    listed = bits.integer(12, "SubSections")
    for _ in range(min(listed, 2)):
        if bits.flag("SubSections") or bits.fibonacci("SubSections") != 1 or listed > 1:
            raise GppError(f"section {name}: lists other subsections than 1")
    return listed, bits.finish()


def _core(section_id: int, name: str, parts: list[str], length: int, headers: list[bool | None]) -> Section:
    """A section from its core and what follows it.

    Args:
        parts: the core, and subsections if there are any.
        length: characters of the whole section.
        headers: how its header is padded, if it has one.
    """
    core_text, subsections = parts[0] if parts else "", parts[1:]
    core = _Bits(core_text, f"section {name}")
    version = core.integer(6, "Version")
    # behind a header the version of the agreement is no version of the layout
    layout = _layout(section_id, 1 if headers else version, len(core_text))
    if layout is None:
        raise GppError(f"section {name}: version {version}, which is not known")
    numbers = dict(_numbers(core, layout.fields))
    paddings = [*headers, core.finish()]
    possible = int(layout.then is not Then.NOTHING)
    if len(subsections) > possible:
        raise GppError(f"section {name}: {len(subsections)} subsections, of which {possible} can be")
    said: dict[str, object] = {layout.version_field: version, **numbers}
    gpc: bool | None = None
    if subsections and layout.then is Then.GPC:
        gpc, padding = _gpc(subsections[0], name)
        said["Gpc"] = gpc
        paddings.append(padding)
    elif subsections:
        sensitive = _Bits(subsections[0], f"section {name}, sensitive data")
        said |= _numbers(sensitive, SENSITIVE_DATA)
        paddings.append(sensitive.finish())
    return Section(
        section_id,
        name,
        version,
        said,
        length,
        sale_opted_out=_opted_out(numbers.get("SaleOptOut")),
        sharing_opted_out=_opted_out(numbers.get("SharingOptOut")),
        targeted_advertising_opted_out=_opted_out(numbers.get("TargetedAdvertisingOptOut")),
        gpc=gpc,
        paddings=tuple(paddings),
    )


def _layout(section_id: int, version: int, characters: int) -> Layout | None:
    """The last in the table that fits."""
    fitting = [
        layout
        for layout in LAYOUTS
        if (layout.id, layout.version) == (section_id, version) and layout.from_characters <= characters
    ]
    return fitting[-1] if fitting else None


def _numbers(core: _Bits, layout: Iterable[Field]) -> Iterable[tuple[str, int | list[int]]]:
    for each in layout:
        if each.values is None:
            yield each.name, core.choice(each.name)
        else:
            yield each.name, [core.choice(each.name) for _ in range(each.values)]


def _opted_out(number: int | list[int] | None) -> bool | None:
    return _OPTED_OUT[number] if isinstance(number, int) else None


def _gpc(text: str, name: str) -> tuple[bool, bool | None]:
    """Global Privacy Control, and how its subsection is padded."""
    bits = _Bits(text, f"section {name}, GPC")
    kind = bits.integer(2, "SubsectionType")
    if kind != 1:
        raise GppError(f"section {name}: a subsection of type {kind}; only 1, GPC, can follow the core")
    gpc = bits.flag("Gpc")
    return gpc, bits.finish()
