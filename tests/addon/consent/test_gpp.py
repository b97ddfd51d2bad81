"""GPP strings against the specification, the official library and real cookies, and against all that can happen to one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from addon.consent.gpp import READ_SECTIONS, Gpp, GppError, Section, parse_gpp, parse_gpp_sid
from addon.consent.gpp_sections import SECTION_NAMES, read_section
from addon.consent.tcf import TCString
from addon.consent.tcf import decode as decode_tcf

from .wire import BASE64URL, Bits, Core, tc_string

steady = settings(deadline=None, derandomize=True)

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

GOLDEN = [NAT_OUT, NAT_NOT_OUT, CA_OUT, USP_AND_CA, TCF_AND_USP, TCF_CANADA_AND_USP, TCF_ALONE, *CAPTURED]
EVERY = [*GOLDEN, *(case["string"] for case in ORACLE)]
US_SECTIONS = sorted(READ_SECTIONS - {2, 6})


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


# --- what an honest string says


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
        if field != "Version" and name != "uspv1":
            assert values >= {1, 2} or values == {True, False}, (name, field)


def test_the_same_version_in_two_widths_is_told_by_its_length() -> None:
    short, long = only("DBABLA~BVQqAAAACgA.QA"), only("DBABLA~BVQqAAAAAAKA.QA")
    assert short.version == long.version == 1
    assert len(short.fields["SensitiveDataProcessing"]) == 12  # type: ignore[arg-type]
    assert len(long.fields["SensitiveDataProcessing"]) == 16  # type: ignore[arg-type]
    assert (short.fields["PersonalDataConsents"], short.fields["MspaCoveredTransaction"]) == (2, 2)
    assert (long.fields["PersonalDataConsents"], long.fields["MspaCoveredTransaction"]) == (2, 2)


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("DBABM", (2,)),
        ("DBABMA", (2,)),
        ("DBABLA", (7,)),
        ("DBABL", (7,)),
        ("DBABBg", (8,)),
        ("DBABjw", (5, 6)),
        ("DBACNY", (2, 6)),
        ("DBACNYA", (2, 6)),
        ("DBACTMA", (6, 8)),
        ("DBABrw", (7, 8)),
    ],
)
def test_golden_headers(text: str, ids: tuple[int, ...]) -> None:
    samples = {2: tc_string(), 5: "x", 6: "1YNN", 7: "CEAVAAAAAABA", 8: "BAUAAABA"}
    assert parse_gpp("~".join((text, *(samples[number] for number in ids)))).section_ids == ids


def test_a_string_may_have_no_section() -> None:
    assert parse_gpp("DBAA") == Gpp((), {})


def test_the_tc_string_in_it_is_read_as_any_tc_string() -> None:
    text = tc_string(Core(purposes=[1, 7]), 3)
    section = only(f"DBABMA~{text}")
    assert section.tcf == decode_tcf(text)
    assert section.tcf is not None
    assert section.fields == {each.name: getattr(section.tcf, each.name) for each in fields(TCString)}
    assert facts(section) == (None, None, None, None)


@pytest.mark.parametrize("code", ["11", "011", "0011", "1011", "00011", "10011", "01011"])
def test_fibonacci_codes_of_the_specification(code: str) -> None:
    number = ["11", "011", "0011", "1011", "00011", "10011", "01011"].index(code) + 1
    assert Bits().fibonacci(number).text == code
    text = f"{Bits(f'{3:06b}{1:06b}{1:012b}0{code}').segment()}~{tc_string() if number == 2 else '1---'}"
    if number in READ_SECTIONS - {2, 6}:
        with pytest.raises(GppError, match="section usnat"):
            parse_gpp(text)
    else:
        assert parse_gpp(text).section_ids == (number,)


@steady
@given(st.sets(st.integers(28, 9_000), max_size=40), st.booleans())
def test_every_list_of_ids_is_read_from_a_header(ids: set[int], as_ranges: bool) -> None:
    listed, entries, last = sorted(ids), Bits(), 0
    groups: list[list[int]] = []
    for number in listed:
        if as_ranges and groups and groups[-1][-1] == number - 1:
            groups[-1].append(number)
        else:
            groups.append([number])
    for group in groups:
        entries.add(int(len(group) > 1), 1).fibonacci(group[0] - last)
        last = group[-1]
        if len(group) > 1:
            entries.fibonacci(last - group[0])
    bits = Bits(f"{3:06b}{1:06b}{len(groups):012b}{entries.text}")
    assert parse_gpp("~".join((bits.segment(), *("x" for _ in listed)))).section_ids == tuple(listed)


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
        if field == "Version":
            expected[field] = value
            bits.add(value, 6)
        elif field != "Gpc":
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


# --- what is not known is not guessed


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


def test_maryland_indiana_kentucky_and_rhode_island_are_not_read() -> None:
    """The specification puts a section header in front, the official library does not: the same letters would mean two things."""
    assert not {24, 25, 26, 27} & READ_SECTIONS
    assert set(range(7, 24)) < READ_SECTIONS


# --- what a broken string must not become


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "header: ends within Type"),
        ("D", "header: ends within Version"),
        ("DB", "header: ends within number of section ids"),
        ("DBAB", "header: ends within section ids"),
        ("DBABLA", "lists section 7 and more than the 0 sections that follow"),
        ("DBABLA~", "section usnat is empty"),
        ("DBACTMA~1YYN", "lists section 8 and more than the 1 sections"),
        ("DBACTMA~1YYN~", "section usca is empty"),
        ("DBACTMA~~BAQAAABA.QA", "section uspv1 is empty"),
        (f"{NAT_OUT}~1YYN", "header: lists 1 sections, and 2 follow"),
        ("DBAA~1YYN", "header: lists 0 sections, and 1 follow"),
        (f"{NAT_OUT}~", "header: lists 1 sections, and 2 follow"),
        (TCF_AND_USP.partition("~")[2], "header: type 2; a GPP string begins with type 3"),
        ("DCABLA~CEAVAAAAAABA.YA", "header: version 2"),
        ("DAABLA~CEAVAAAAAABA.YA", "header: version 0"),
        ("DBABLB~CEAVAAAAAABA.YA", "header: 6 bits follow its last field and are not zero"),
        (" DBABLA~CEAVAAAAAABA.YA", "header: ' ' at character 0"),
        ("DBABLA~CEAVAAAAAABA.YA\n", r"section usnat, GPC: '\\n' at character 2"),
        ("DBABLA=~CEAVAAAAAABA.YA", "header: '=' at character 6"),
        ("DBABLA%7ECEAVAAAAAABA.YA", "header: '%' at character 6"),
        ("DBABLA~CEAVAAAAAABA+YA", r"section usnat: '\+' at character 12"),
        ("DBABLА~CEAVAAAAAABA.YA", "header: 'А' at character 5"),  # Cyrillic
        ("DBABLA~CEAV", "section usnat: ends within SensitiveDataProcessing"),
        ("DBABLA~CEAVAAAAAAB", "section usnat: ends within MspaOptOutOptionMode"),
        ("DBABLA~DEAVAAAAAABA.YA", "section usnat: version 3"),
        ("DBABLA~AEAVAAAAAABA.YA", "section usnat: version 0"),
        ("DBABBg~CAUAAABA.QA", "section usca: version 2"),
        ("DBABLA~CEA_AAAAAABA.YA", "section usnat: SaleOptOut is 3, which does not exist"),
        ("DBABLA~CEAVAAAAAABB.YA", "section usnat: 2 bits follow"),
        ("DBABLA~BVQqAAAAAgE.QA", "section usnat: 6 bits follow"),
        ("DBABLA~CEAVAAAAAABA.", "section usnat, GPC: ends within SubsectionType"),
        ("DBABLA~CEAVAAAAAABA.IA", "a subsection of type 0; only 1, GPC"),
        ("DBABLA~CEAVAAAAAABA.oA", "a subsection of type 2; only 1, GPC"),
        ("DBABLA~CEAVAAAAAABA.cA", "section usnat, GPC: 9 bits follow"),
        ("DBABLA~CEAVAAAAAABA.YA.YA", "2 subsections, of which 1 can be"),
        ("DBABRg~BAAAAAA.YA", "section usva: 1 subsections, of which 0 can be"),
        ("DBACTMA~1yYN~BAQAAABA.QA", "section uspv1: 'y' for notice"),
        ("DBABMA~CPXxRfAPXxRf", "section tcfeuv2: core string: ends within"),
        ("${GPP_STRING_755}", r"header: '\$' at character 0"),
        ("D" * 50_001, "50001 characters"),
        (f"{Bits(f'{3:06b}{1:06b}{1:012b}0' + '01' * 20).segment()}~x", "a number beyond any in use"),
    ],
    ids=lambda it: it[:24],
)
def test_what_is_no_gpp_string_says_why(text: str, reason: str) -> None:
    with pytest.raises(GppError, match=reason):
        parse_gpp(text)


def test_a_range_of_thousands_of_sections_is_refused_before_it_is_listed() -> None:
    bits = Bits(f"{3:06b}{1:06b}{1:012b}1").fibonacci(1).fibonacci(40_000)
    with pytest.raises(GppError, match="lists section 40001 and more than the 2 sections that follow"):
        parse_gpp(f"{bits.segment()}~x~x")


def cut_anywhere(text: str) -> Iterator[tuple[int, Gpp]]:
    """What can still be read of a string, cut before each of its characters."""
    for cut in range(len(text)):
        try:
            yield cut, parse_gpp(text[:cut])
        except GppError:
            continue


@pytest.mark.parametrize("text", EVERY)
def test_a_string_cut_short_is_refused_or_has_the_opt_outs_of_the_whole(text: str) -> None:
    """What can be missing unseen: padding, subsections that are optional, and what follows the opt-outs where version 1 comes
    in two widths. GPC may be gone, and is then not said; it is never turned off."""
    whole = parse_gpp(text)
    for cut, part in cut_anywhere(text):
        assert cut > text.rfind("~"), "a whole section is never missed"
        assert part.section_ids == whole.section_ids
        for number, section in part.sections.items():
            assert facts(section)[:3] == facts(whole.sections[number])[:3]
            assert section.gpc in {None, whole.sections[number].gpc}
            assert section.tcf is None or section.tcf == whole.sections[number].tcf


def test_a_missing_gpc_subsection_cannot_be_told_from_one_that_was_never_there() -> None:
    assert only(NAT_OUT).gpc is True
    assert only(NAT_OUT.rpartition(".")[0]).gpc is None


@pytest.mark.parametrize("purposes", [[], [1], range(1, 12)])
def test_a_tc_string_cut_short_grants_nothing_more(purposes: list[int]) -> None:
    text = f"DBABMA~{tc_string(Core(purposes=purposes, vendors=Bits().bitfield_of([755], 800)), 755)}"
    whole = only(text).tcf
    assert whole is not None
    for _, part in cut_anywhere(text):
        string = part.sections[2].tcf
        assert string is not None
        assert string.purposes <= whole.purposes
        assert string.vendors <= whole.vendors


def flipped(text: str, at: int) -> Iterator[str]:
    """The string with one of the six bits of one character turned."""
    if text[at] in BASE64URL:
        for bit in range(6):
            yield text[:at] + BASE64URL[BASE64URL.index(text[at]) ^ 1 << bit] + text[at + 1 :]


@pytest.mark.parametrize("text", [*GOLDEN, *(case["string"] for case in ORACLE[::7])])
def test_one_wrong_character_never_raises_anything_else(text: str) -> None:
    for at in range(len(text)):
        for wrong in BASE64URL + ".~=%? \x00é":
            try:
                found = parse_gpp(text[:at] + wrong + text[at + 1 :])
            except GppError:
                continue
            assert tuple(found.sections) == found.section_ids
            assert found.section_ids == tuple(sorted(set(found.section_ids)))
            for section in found.sections.values():
                assert section.read is (section.id in READ_SECTIONS)
                assert set(facts(section)) <= {True, False, None}


@pytest.mark.parametrize("text", EVERY)
def test_one_flipped_bit_of_a_section_never_turns_an_opt_out_into_none(text: str) -> None:
    """1 and 2 are two bits apart, and so are the versions 1 and 2. A flipped bit of the header can still have a section read as
    another one, and of "not applicable" it can make either; what no redundancy protects, nothing can detect."""
    whole = parse_gpp(text)
    for at in range(text.index("~") + 1 if "~" in text else len(text), len(text)):
        for wrong in flipped(text, at):
            try:
                found = parse_gpp(wrong)
            except GppError:
                continue
            assert found.section_ids == whole.section_ids
            for number, section in found.sections.items():
                if section.name == "uspv1":
                    continue  # letters, whose codes are no bits of this alphabet
                for before, after in zip(facts(whole.sections[number])[:3], facts(section)[:3], strict=True):
                    assert (before, after) not in {(True, False), (False, True)}


def test_some_flipped_bits_cannot_be_detected() -> None:
    assert facts(only("DBABLA~CEAVAAAAAABA.QA")) == (True, True, True, False), "GPC is one bit: YA becomes QA"
    assert only("DBABLA~CEABAAAAAABA.YA").sale_opted_out is None, "an opt-out becomes not applicable"
    assert only("DBABBg~BAAAAABA.QA").sale_opted_out is None
    assert only("DBABBg~BACAAABA.QA").sharing_opted_out is None
    assert only("DBABBg~BAIAAABA.QA").sale_opted_out is None
    assert only("DBABBg~BAgAAABA.QA").sale_opted_out is False, "and not applicable becomes not opted out"


@steady
@given(
    st.text()
    | st.text(alphabet=BASE64URL + ".~", max_size=120).map(lambda rest: f"DB{rest}")
    | st.sampled_from(US_SECTIONS).flatmap(
        lambda number: st.text(alphabet=BASE64URL + ".", max_size=20).map(lambda rest: f"{header(number)}~B{rest}")
    )
)
def test_no_text_raises_anything_else(text: str) -> None:
    try:
        parse_gpp(text)
    except GppError:
        return


# --- gpp_sid


@pytest.mark.parametrize(
    ("text", "ids"),
    [("7", {7}), ("7,8", {7, 8}), ("2,6", {2, 6}), ("7_8", {7, 8}), ("8,8", {8}), ("-1", set()), ("99", {99})],
)
def test_gpp_sid_names_the_sections_that_apply(text: str, ids: set[int]) -> None:
    assert parse_gpp_sid(text) == ids


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "0",
        "07",
        "-2",
        "-1,7",
        "7,",
        ",7",
        "7,,8",
        "7, 8",
        "7.8",
        "usnat",
        "${GPP_SID}",
        "٧",
        "²",
        "12345",
        "7\n",
        "7," * 600,
    ],
    ids=lambda it: it[:12],
)
def test_what_is_no_list_of_section_ids_does_not_say_that_none_applies(text: str) -> None:
    with pytest.raises(GppError, match="gpp_sid"):
        parse_gpp_sid(text)


@steady
@given(st.text() | st.text(alphabet="0123456789,_-", max_size=20))
def test_no_gpp_sid_raises_anything_else(text: str) -> None:
    try:
        found = parse_gpp_sid(text)
    except GppError:
        return
    assert found or text == "-1"
