"""The sections of GPP strings: every field as the official library reads it, and nothing guessed of what is not known."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from addon.consent.strings.gpp import READ_SECTIONS, GppError, Section, parse_gpp
from addon.consent.strings.gpp_sections import SECTION_NAMES, read_section
from addon.consent.strings.tcf import TCString
from addon.consent.strings.tcf import decode as decode_tcf
from tests.addon.consent.wire import Bits, Core, tc_string

from .gpp_samples import (
    CA_OUT,
    CANADA,
    CANADA_RESTRICTED,
    CAPTURED,
    NAT_NOT_OUT,
    NAT_OUT,
    ORACLE,
    SECTION_HEADERS,
    TCF_CANADA_AND_USP,
    US_SECTIONS,
    USP_AND_CA,
    canada,
    facts,
    header,
    only,
)

LATE = {"usin", "usky", "usri"}
"""Sections whose sensitive data stands in a subsection of its own."""
steady = settings(deadline=None, derandomize=True)


@pytest.mark.parametrize(
    ("text", "name", "version", "said"),
    [
        (NAT_OUT, "usnat", 2, (True, True, True, True)),
        (NAT_NOT_OUT, "usnat", 2, (False, False, False, False)),
        (CA_OUT, "usca", 1, (True, True, None, False)),
    ],
)
def test_golden_strings(text: str, name: str, version: int, said: tuple[bool | None, ...]) -> None:
    section = only(text)
    assert (section.name, section.version, section.read) == (name, version, True)
    assert facts(section) == said
    assert section.raw_length == len(text.partition("~")[2])


def test_a_golden_string_of_two_sections() -> None:
    found = parse_gpp(USP_AND_CA)
    assert found.section_ids == (6, 8)
    assert list(found.sections) == [6, 8]
    us_privacy, california = found.sections.values()
    assert (us_privacy.name, us_privacy.version, us_privacy.raw_length) == ("uspv1", 1, 4)
    assert us_privacy.fields == {"Version": 1, "Notice": "Y", "OptOutSale": "Y", "LspaCovered": "N"}
    assert facts(us_privacy) == (True, None, None, None)
    assert facts(california) == (True, None, None, False)


@pytest.mark.parametrize("text", CAPTURED)
def test_captured_cookies(text: str) -> None:
    assert facts(only(text)) == CAPTURED[text]


@pytest.mark.parametrize("case", ORACLE, ids=[case["name"] for case in ORACLE])
def test_every_field_is_read_as_the_official_library_reads_it(case: dict[str, Any]) -> None:
    found = parse_gpp(case["string"])
    assert {section.name: dict(section.fields) for section in found.sections.values()} == case["sections"]


def test_the_official_strings_have_every_us_section_with_every_number_in_every_field() -> None:
    seen: dict[tuple[str, str], set[object]] = {}
    for case in ORACLE:
        for name, said in case["sections"].items():
            for field, value in said.items():
                seen.setdefault((name, field), set()).update(value if isinstance(value, list) else [value])
    assert {name for name, _ in seen} == {SECTION_NAMES[number] for number in (*US_SECTIONS, 6)}
    for (name, field), values in seen.items():
        if field not in {"Version", "MspaVersion"} and name != "uspv1":
            assert values >= {1, 2} or values == {True, False}, (name, field)


def test_the_same_version_in_two_widths_is_told_by_its_length() -> None:
    short, long = only("DBABLA~BVQqAAAACgA.QA"), only("DBABLA~BVQqAAAAAAKA.QA")
    assert short.version == long.version == 1
    assert len(short.fields["SensitiveDataProcessing"]) == 12  # type: ignore[arg-type]
    assert len(long.fields["SensitiveDataProcessing"]) == 16  # type: ignore[arg-type]
    assert (short.fields["PersonalDataConsents"], short.fields["MspaCoveredTransaction"]) == (2, 2)
    assert (long.fields["PersonalDataConsents"], long.fields["MspaCoveredTransaction"]) == (2, 2)


def test_the_tc_string_in_it_is_read_as_any_tc_string() -> None:
    text = tc_string(Core(purposes=[1, 7]), 3)
    section = only(f"DBABMA~{text}")
    assert section.tcf == decode_tcf(text)
    assert section.tcf is not None
    assert section.fields == {each.name: getattr(section.tcf, each.name) for each in fields(TCString)}
    assert facts(section) == (None, None, None, None)


@steady
@given(st.sampled_from(ORACLE), st.data())
def test_every_number_that_a_field_can_have_is_read(case: dict[str, Any], data: st.DataObject) -> None:
    """By the order of fields that the official library gives, with numbers that it was not asked to write."""
    names = [name for name in case["sections"] if name != "uspv1"]
    if not names:
        return
    name = data.draw(st.sampled_from(names))
    number = st.integers(0, 2)
    expected: dict[str, object] = {}
    bits = Bits()
    for field, value in case["sections"][name].items():
        if field in {"Version", "MspaVersion"}:
            expected[field] = value
            bits.add(value, 6)
        elif field != "Gpc" and not (field == "SensitiveDataProcessing" and name in LATE):
            numbers = data.draw(
                st.lists(number, min_size=len(value), max_size=len(value)) if isinstance(value, list) else number
            )
            expected[field] = numbers
            for each in numbers if isinstance(numbers, list) else [numbers]:
                bits.add(each, 2)
    section_id = next(number for number, known in SECTION_NAMES.items() if known == name)
    section = read_section(section_id, bits.segment())
    assert section.fields == expected
    assert section.gpc is None
    meaning = {0: None, 1: True, 2: False}
    assert section.sale_opted_out is meaning[expected["SaleOptOut"]]  # type: ignore[index]
    assert section.sharing_opted_out is meaning[expected.get("SharingOptOut", 0)]  # type: ignore[index]
    targeted = expected.get("TargetedAdvertisingOptOut", 0)
    assert section.targeted_advertising_opted_out is meaning[targeted]  # type: ignore[index]


@pytest.mark.parametrize("number", sorted(set(SECTION_NAMES) - READ_SECTIONS))
def test_a_section_whose_layout_is_not_known_is_kept_unread(number: int) -> None:
    text = f"{header(number)}~BVVqAAAAAAA.QA"
    assert only(text) == Section(number, SECTION_NAMES[number], None, {}, 14, read=False)


def test_ids_that_were_not_given_out_are_kept_too() -> None:
    found = parse_gpp(f"{header(6, 28, 999)}~1YNN~?=%~x")
    assert [(section.id, section.name, section.read, section.raw_length) for section in found.sections.values()] == [
        (6, "uspv1", True, 4),
        (28, "section28", False, 3),
        (999, "section999", False, 1),
    ]
    assert facts(found.sections[999]) == (None, None, None, None)


# By hand from the specification: the section's id, version 1, and the list of the subsections behind the core. The rest is as the
# library writes it, in the specification's padding.
WITH_HEADER = {
    24: (f"{SECTION_HEADERS[24, 1]}.BRVQ.Y", (True, None, True, True)),
    25: (f"{SECTION_HEADERS[25, 1]}.BRWl.VVU", (False, None, False, None)),
    26: (f"{SECTION_HEADERS[26, 0]}.BQBQ", (True, None, True, None)),
    27: (f"{SECTION_HEADERS[27, 0]}.BRWl", (False, None, False, None)),
}


@pytest.mark.parametrize("number", WITH_HEADER)
def test_the_header_of_the_specification_and_the_bare_core_of_the_library_say_the_same(number: int) -> None:
    text, said = WITH_HEADER[number]
    core, *subsections = text.split(".")[1:]
    bare = read_section(number, ".".join([core, *subsections]))
    with_header = read_section(number, text)
    assert text[0] == "YZab"[number - 24]
    assert (with_header.name, with_header.read) == (bare.name, True) == (SECTION_NAMES[number], True)
    assert dict(with_header.fields) == dict(bare.fields)
    assert facts(with_header)[:3] == facts(bare)[:3]
    assert facts(with_header) == (said[0], said[1], said[2], said[3])


@pytest.mark.parametrize("number", WITH_HEADER)
def test_a_section_that_begins_otherwise_is_refused(number: int) -> None:
    text, _ = WITH_HEADER[number]
    head, core, *_ = text.split(".")
    wrong_version = Bits().add(number, 6).add(2, 6).add(0, 12).segment()
    two_listed = Bits().add(number, 6).add(1, 6).add(2, 12).add(0, 1).fibonacci(1).add(0, 1).fibonacci(1).segment()
    other_listed = Bits().add(number, 6).add(1, 6).add(1, 12).add(0, 1).fibonacci(2).segment()
    for refused in (
        f"C{core[1:]}",  # another version of the agreement than the library knows
        head,  # a header alone
        f"{head}.{core}.YA.YA",
        f"{wrong_version}.{core}",
        f"{two_listed}.{core}.YA.YA",
        f"{other_listed}.{core}.YA",
        f"{Bits().add(number - 1, 6).add(1, 6).add(0, 12).segment()}.{core}",
    ):
        with pytest.raises(GppError):
            read_section(number, refused)


def test_a_header_tells_of_a_subsection_that_was_cut_off() -> None:
    text, _ = WITH_HEADER[24]
    with pytest.raises(GppError, match="lists 1 subsections after the core, and 0 follow"):
        read_section(24, text.rpartition(".")[0])


def test_the_string_for_canada_is_read_in_both_ways_of_writing_vendors() -> None:
    fibonacci = only(CANADA)
    assert fibonacci.tcf_canada is not None
    assert fibonacci.tcf_canada.express_purposes == {1, 2, 3, 4, 7, 8, 9, 10}
    assert fibonacci.tcf_canada.implied_purposes == {5, 6}
    assert fibonacci.tcf_canada.express_vendors == {2, 7, *range(755, 763), 800}
    assert fibonacci.tcf_canada.implied_vendors == {12}
    earlier = read_section(5, canada(express=[1, 2], vendors=Bits().ranges_of([(755, 762), (800, 800)], 800)))
    assert earlier.tcf_canada is not None
    assert earlier.tcf_canada.express_vendors == {*range(755, 763), 800}


def test_restrictions_and_disclosed_vendors_for_canada_are_read() -> None:
    string = only(CANADA_RESTRICTED).tcf_canada
    assert string is not None
    assert [(each.purpose, each.type, set(each.vendors)) for each in string.restrictions] == [
        (7, 0, {755, 756, 757, 900}),
        (2, 1, {1, 2, 3}),
    ]
    assert string.disclosed == {12, 755}


def test_a_string_for_canada_cut_short_is_refused() -> None:
    for cut in range(len("DBABDA~B"), len(CANADA) - len(".YAAAAAAAAAA")):
        try:
            string = only(CANADA[:cut]).tcf_canada
        except GppError:
            continue
        assert string == only(CANADA).tcf_canada  # what is missing is padding


def test_another_string_in_the_place_of_canadas_is_kept_unread() -> None:
    """The specification's own example has a string for the EU there."""
    found = parse_gpp(TCF_CANADA_AND_USP)
    assert not found.sections[5].read
    assert found.sections[6].sale_opted_out is False
