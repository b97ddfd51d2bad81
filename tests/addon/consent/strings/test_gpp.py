"""GPP strings: their headers, and all that can happen to a string on the way."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from addon.consent.strings.gpp import READ_SECTIONS, Gpp, GppError, parse_gpp, parse_gpp_sid
from tests.addon.consent.wire import BASE64URL, Bits, Core, tc_string

from .gpp_samples import EVERY, GOLDEN, NAT_OUT, ORACLE, TCF_AND_USP, US_SECTIONS, canada, facts, header, only

steady = settings(deadline=None, derandomize=True)


# --- what an honest string says


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
    samples = {2: tc_string(), 5: canada(), 6: "1YNN", 7: "CEAVAAAAAABA", 8: "BAUAAABA"}
    assert parse_gpp("~".join((text, *(samples[number] for number in ids)))).section_ids == ids


def test_a_string_may_have_no_section() -> None:
    assert parse_gpp("DBAA") == Gpp((), {})


@pytest.mark.parametrize("code", ["11", "011", "0011", "1011", "00011", "10011", "01011"])
def test_fibonacci_codes_of_the_specification(code: str) -> None:
    number = ["11", "011", "0011", "1011", "00011", "10011", "01011"].index(code) + 1
    assert Bits().fibonacci(number).text == code
    text = f"{Bits(f'{3:06b}{1:06b}{1:012b}0{code}').segment()}~{tc_string() if number == 2 else '1---'}"
    if number in READ_SECTIONS - {2, 6}:
        with pytest.raises(GppError, match=r"section (usnat|tcfcav1)"):
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


@pytest.mark.parametrize(
    "cut",
    [
        NAT_OUT[:-1],
        "DBABLA~BVQqAAAACgA.Q",
        "DBACTMA~1YYN~BAQAAABA.Q",
        "DBABLA~BVQqAAAACg",
        "DBABLA~BVQqAAAAAA",
        "DBABEYA~BQBQ.Q",
    ],
)
def test_a_string_that_lost_its_padding_is_refused_where_its_other_parts_have_theirs(cut: str) -> None:
    with pytest.raises(GppError, match="cut short"):
        parse_gpp(cut)


@pytest.mark.parametrize(
    "text", ["DBABL~BVQVAAAAAg", "DBABL~CEAVAAAAAABA.YA", "DBABL~CEAVAAAAAABA.Y", "DBABBg~BAUAAABA.Q"]
)
def test_the_padding_of_the_specification_is_no_cut(text: str) -> None:
    assert parse_gpp(text).sections


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
                assert section.read is (section.id in READ_SECTIONS and (section.id != 5 or section.version == 1))
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
