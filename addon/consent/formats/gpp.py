"""GPP strings (``__gpp``, ``OTGPPConsent``, the parameter ``gpp``): what the sections that apply say of sale and sharing.

Which apply stands beside the string (``__gpp_sid``, ``gpp_sid``). Where nothing says so none is judged: a string mostly holds
sections of laws that do not concern this person. Source: IAB Tech Lab, Global Privacy Platform.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import unquote

from addon.consent.signal import Answer, MalformedSignal, NotThisFormat
from addon.consent.strings.gpp import GppError, Section, parse_gpp, parse_gpp_sid
from addon.consent.strings.gpp_sections import TCF_EU_V2
from addon.jsontext import Json
from vendor_catalog import Category

APPLY = "__gpp_sid"


def cookie(name: str, cookies: Mapping[str, str]) -> Answer:
    text = unquote(cookies[name]).strip()
    if not text:
        raise NotThisFormat("empty: a string that was taken away, not a broken one")
    sections = _applying(text, cookies)
    shown = f"{text} (sections that apply: {', '.join(str(section.id) for section in sections) or 'not said'})"
    opted_out = _opted_out(sections)
    if opted_out is None:
        return Answer(None, shown, complete=False)
    return Answer(True if opted_out else None, shown, complete=False, values={Category.MARKETING: not opted_out})


def api(state: Mapping[str, Json], event: str | None) -> Answer:
    """What ``__gpp`` gives a listener, once it says that the string is ready. Source: Global Privacy Platform, CMP API 1.1."""
    text, applicable = state.get("string"), state.get("sections")
    if not isinstance(text, str) or not text or state.get("signal") != "ready" or not isinstance(applicable, list):
        return Answer(None, "no string", complete=False)
    return cookie("gpp", {"gpp": text, APPLY: ",".join(str(section) for section in applicable)})


def tc_string(value: str, apply: str, section: int = TCF_EU_V2) -> str | None:
    """The TC string for the EU, or for Canada, in a GPP string, if it is there and applies."""
    text = unquote(value).strip()
    try:
        found = parse_gpp(text)
        applies = section in parse_gpp_sid(apply)
    except GppError:
        return None
    return text.split("~")[1 + found.section_ids.index(section)] if applies and section in found.section_ids else None


def _applying(text: str, cookies: Mapping[str, str]) -> list[Section]:
    try:
        sections = parse_gpp(text).sections
    except GppError as error:
        raise MalformedSignal(f"GPP string: {error}") from None
    try:
        applying = parse_gpp_sid(unquote(cookies.get(APPLY, "")).strip())
    except GppError:
        return []
    return [section for number, section in sections.items() if number in applying and section.read]


def _opted_out(sections: Iterable[Section]) -> bool | None:
    """Whether any section says so; ``None`` if none speaks of it."""
    said = [
        choice
        for section in sections
        for choice in (section.sale_opted_out, section.sharing_opted_out, section.targeted_advertising_opted_out)
        if choice is not None
    ]
    return any(said) if said else None
