"""TC strings against the official library's, and against everything that can happen to one on the way."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from addon.consent.strings.tcf import Restriction, TCString, TCStringError, decode
from tests.addon.consent.wire import BASE64URL, MAY_2026, Bits, Core, disclosed, tc_string

from .tc_samples import ACCEPTED, BANNER_OPEN, IN_THE_SPECIFICATION, REFUSED, SOME, day

steady = settings(deadline=None, derandomize=True)

_NAMES = ["refused", "banner open", "accepted", "some", "in the specification"]
GOLDEN = [REFUSED, BANNER_OPEN, ACCEPTED, SOME, IN_THE_SPECIFICATION]

# Made with npm @iabtechlabtcf/core 1.5.21 in Node 20: a model was filled in (vendors, gaps, restrictions, custom purposes,
# segments in several orders; ten of them by a seeded generator), encoded by TCString.encode, and its fields are what
# TCString.decode made of the result. Ids are written "1-3 7".
ORACLE: list[dict[str, Any]] = json.loads(Path(__file__).with_name("tc_strings.json").read_text("utf-8"))
ORACLE_STRINGS = [case["string"] for case in ORACLE]

_march_2 = {
    "created": "2026-03-02T00:00:00.000Z",
    "last_updated": "2026-03-02T00:00:00.000Z",
    "cmp_id": 300,
    "cmp_version": 1,
    "consent_screen": 1,
    "language": "EN",
    "vendor_list_version": 177,
    "policy_version": 5,
    "service_specific": True,
    "non_standard_texts": False,
    "special_features": "",
    "purposes": "",
    "legitimate_interests": "",
    "purpose_one_treatment": False,
    "publisher_country": "DE",
    "vendors": "",
    "vendors_li": "",
    "restrictions": [],
    "disclosed": "91 755",
    "allowed": None,
    "publisher": None,
}
GOLDEN_FIELDS = [
    (REFUSED, _march_2),
    (BANNER_OPEN, _march_2 | {"legitimate_interests": "2 7-11", "vendors_li": "755"}),
    (
        ACCEPTED,
        _march_2 | {"special_features": "1", "purposes": "1-11", "legitimate_interests": "2 7-11", "vendors": "91 755"},
    ),
    (SOME, _march_2 | {"purposes": "1 8-9", "vendors": "755"}),
    (
        IN_THE_SPECIFICATION,
        _march_2
        | {
            "created": "2025-06-03T00:00:00.000Z",
            "last_updated": "2025-06-03T00:00:00.000Z",
            "cmp_id": 880,
            "cmp_version": 0,
            "consent_screen": 0,
            "vendor_list_version": 48,
            "policy_version": 2,
            "vendors": "1-4",
            "disclosed": "1-5 100 404",
            "publisher": {
                "purposes": "",
                "legitimate_interests": "",
                "custom_purposes": "",
                "custom_legitimate_interests": "",
            },
        },
    ),
]


def ids(text: str) -> frozenset[int]:
    """``"1-3 7"`` as a set."""
    parts = (part.partition("-") for part in text.split())
    return frozenset(number for first, _, last in parts for number in range(int(first), int(last or first) + 1))


def as_decoded(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Expected fields, with times and ids as the decoder gives them."""
    expected = dict(fields)
    for field in ("created", "last_updated"):
        expected[field] = datetime.fromisoformat(fields[field])
    for field in ("special_features", "purposes", "legitimate_interests", "vendors", "vendors_li"):
        expected[field] = ids(fields[field])
    for field in ("disclosed", "allowed"):
        expected[field] = None if fields[field] is None else ids(fields[field])
    if fields["publisher"] is not None:
        expected["publisher"] = {field: ids(text) for field, text in fields["publisher"].items()}
    expected["restrictions"] = [item | {"vendors": ids(item["vendors"])} for item in fields["restrictions"]]
    return expected


def all_fields(string: TCString) -> dict[str, Any]:
    found = asdict(string)
    found["restrictions"] = sorted(found["restrictions"], key=lambda item: (item["purpose"], item["type"]))
    return found


def consent_in(string: TCString) -> set[tuple[str, int]]:
    """Everything positive that a person, or a publisher for itself, can have agreed to."""
    given = {
        "purpose": string.purposes,
        "legitimate interest": string.legitimate_interests,
        "special feature": string.special_features,
        "vendor": string.vendors,
        "vendor's legitimate interest": string.vendors_li,
        "publisher's purpose": string.publisher.purposes if string.publisher else frozenset(),
        "publisher's custom purpose": string.publisher.custom_purposes if string.publisher else frozenset(),
    }
    return {(kind, number) for kind, numbers in given.items() for number in numbers}


# --- what an honest string says


@pytest.mark.parametrize(("text", "fields"), GOLDEN_FIELDS, ids=_NAMES)
def test_every_field_of_the_golden_strings_is_read(text: str, fields: dict[str, Any]) -> None:
    assert all_fields(decode(text)) == as_decoded(fields)


@pytest.mark.parametrize("case", ORACLE, ids=[case["name"] for case in ORACLE])
def test_every_field_is_read_as_the_official_library_reads_it(case: dict[str, Any]) -> None:
    assert all_fields(decode(case["string"])) == as_decoded(case["fields"])


def test_the_official_strings_are_diverse() -> None:
    strings = [decode(text) for text in ORACLE_STRINGS]
    assert len(strings) >= 30
    assert len({string.cmp_id for string in strings}) >= 25
    assert len({string.language for string in strings}) >= 20
    assert any(65535 in string.vendors for string in strings)
    assert any(string.restrictions for string in strings)
    assert any(string.allowed is not None for string in strings)


@steady
@given(st.sets(st.integers(1, 400), max_size=60))
def test_vendors_are_the_same_as_ranges_and_as_bits(vendors: set[int]) -> None:
    as_bits = Core(vendors=Bits().bitfield_of(vendors, 400))
    as_ranges = Core(vendors=Bits().ranges_of(((vendor, vendor) for vendor in sorted(vendors)), 400))
    assert decode(tc_string(as_bits)) == decode(tc_string(as_ranges))
    assert decode(tc_string(as_bits)).vendors == vendors


def test_ranges_may_touch_and_overlap() -> None:
    core = Core(vendors=Bits().ranges_of([(1, 3), (2, 5), (6, 6)], 10))
    assert decode(tc_string(core)).vendors == {1, 2, 3, 4, 5, 6}


@pytest.mark.parametrize(
    ("first", "last", "highest"),
    [(0, 0, 10), (0, 5, 10), (5, 4, 10), (11, 11, 10), (9, 11, 10), (1, 1, 0)],
    ids=["vendor 0", "from 0", "backwards", "one beyond", "range beyond", "none at all"],
)
def test_a_range_that_cannot_be_is_refused(first: int, last: int, highest: int) -> None:
    entries = Bits().add(1, 12).add(1, 1).add(first, 16).add(last, 16)
    vendors = Bits().add(highest, 16).add(1, 1)
    vendors.text += entries.text
    with pytest.raises(TCStringError, match=f"vendors {first} to {last}"):
        decode(tc_string(Core(vendors=vendors)))


def test_segments_may_come_in_any_order() -> None:
    core = Core(purposes=[1]).segment()
    shown, allowed = disclosed(3), Bits().add(2, 3).bitfield_of([7], 9).segment()
    publisher = Bits().add(3, 3).ids([1, 2], 24).ids([7], 24).add(2, 6).ids([2], 2).ids([1], 2).segment()
    whole = decode(f"{core}.{shown}.{allowed}.{publisher}")
    assert whole.disclosed == frozenset({3})
    assert whole.allowed == frozenset({7})
    assert whole.publisher is not None
    assert whole.publisher.purposes == {1, 2}
    assert whole.publisher.custom_purposes == {2}
    assert whole.publisher.custom_legitimate_interests == {1}
    for order in ((allowed, publisher, shown), (publisher, shown, allowed), (shown, publisher, allowed)):
        assert decode(".".join((core, *order))) == whole


def test_a_missing_segment_is_told_from_an_empty_one() -> None:
    core = Core().segment()
    assert decode(core).disclosed is None
    assert decode(f"{core}.{disclosed()}").disclosed == frozenset()


def test_restrictions_keep_purpose_type_and_vendors() -> None:
    bits = Bits().add(2, 12).add(2, 6).add(0, 2).ranges([(1, 3), (9, 9)]).add(7, 6).add(1, 2).ranges([(65535, 65535)])
    found = decode(tc_string(Core(restrictions=bits))).restrictions
    assert found == (Restriction(2, 0, frozenset({1, 2, 3, 9})), Restriction(7, 1, frozenset({65535})))


@pytest.mark.parametrize(("purpose", "kind"), [(0, 0), (2, 3)])
def test_a_restriction_that_does_not_exist_is_refused_as_the_official_library_refuses_it(
    purpose: int, kind: int
) -> None:
    bits = Bits().add(1, 12).add(purpose, 6).add(kind, 2).ranges([(1, 1)])
    with pytest.raises(TCStringError, match="do not exist"):
        decode(tc_string(Core(restrictions=bits)))


# --- what a broken string must not become


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "ends within Version"),
        ("C", "ends within Created"),
        (".", "core string: ends within Version"),
        (f"{Core().segment()}.", "segment 2: ends within SegmentType"),
        (f"{REFUSED}.", "segment 3: ends within SegmentType"),
        (f".{REFUSED}", "core string: ends within Version"),
        ("BOEFEAyOEFEAyAHABDENAI4AAAB9vABAASA", "version 1; only version 2"),
        ("DBABLA~CEAVAAAAAABA.YA", "is no base64url"),
        (f"{REFUSED}=", "segment 2: '=' at character 12 is no base64url"),
        (REFUSED.replace("A", "+", 1), r"'\+' at character"),
        (REFUSED.replace("A", "/", 1), "'/' at character"),
        (REFUSED.replace("A", "А", 1), "'А' at character"),  # Cyrillic
        (REFUSED + "\n", "is no base64url"),
        (" " + REFUSED, "' ' at character 0"),
        ("${GDPR_CONSENT_755}", "is no base64url"),
        ("A" * 40_001, "40001 characters"),
        (REFUSED.replace(".", ".A"), "segment 2: type 0 does not exist"),
        (f"{Core().segment()}.{Bits().add(4, 3).bitfield_of([1], 1).segment()}", "segment 2: type 4 does not exist"),
        (f"{Core().segment()}.{disclosed(1)}.{disclosed(1)}", "segment 3: a second segment of type 1"),
        (Core(language=(26, 0)).segment(), "ConsentLanguage is no two letters"),
    ],
)
def test_what_is_no_tc_string_says_why(text: str, reason: str) -> None:
    with pytest.raises(TCStringError, match=reason):
        decode(text)


def test_padding_is_zero() -> None:
    core = Core(vendors=Bits().bitfield_of([1], 2))
    assert len(core.bits().text) % 6 != 0, "a case with padding, or this shows nothing"
    assert decode(core.segment())
    assert decode(core.segment() + "AA")  # encoders that fill up bytes, or words
    with pytest.raises(TCStringError, match="follow its last field and are not zero"):
        decode(core.segment(padding="1"))
    with pytest.raises(TCStringError, match="follow its last field and are not zero"):
        decode(core.segment() + "AB")


@pytest.mark.parametrize("text", [*GOLDEN, *ORACLE_STRINGS], ids=[*_NAMES, *(case["name"] for case in ORACLE)])
def test_a_string_cut_short_never_grants_more_than_the_whole(text: str) -> None:
    whole = decode(text)
    granted, core_ends = consent_in(whole), text.find(".") if "." in text else len(text)
    for cut in range(len(text)):
        try:
            part = decode(text[:cut])
        except TCStringError:
            continue
        assert cut >= core_ends or set(text[cut:core_ends]) == {"A"}, "only padding may be missing from the core"
        assert consent_in(part) <= granted
        assert (part.disclosed or set()) <= (whole.disclosed or set())


@pytest.mark.parametrize("text", GOLDEN, ids=_NAMES)
def test_one_wrong_character_never_raises_anything_else(text: str) -> None:
    for at in range(len(text)):
        for wrong in BASE64URL + ".=~ \x00é":
            try:
                decode(text[:at] + wrong + text[at + 1 :])
            except TCStringError:
                continue


@pytest.mark.parametrize("text", ORACLE_STRINGS, ids=[case["name"] for case in ORACLE])
def test_one_wrong_bit_never_raises_anything_else(text: str) -> None:
    step = max(len(text) // 20, 1)
    for at in range(0, len(text), step):
        if text[at] == ".":
            continue
        for bit in range(6):
            wrong = BASE64URL[BASE64URL.index(text[at]) ^ 1 << bit]
            try:
                decode(text[:at] + wrong + text[at + 1 :])
            except TCStringError:
                continue


@steady
@given(st.text() | st.text(alphabet=BASE64URL + ".", max_size=300).map(lambda rest: f"C{rest}"))
def test_no_text_raises_anything_else(text: str) -> None:
    try:
        decode(text)
    except TCStringError:
        return


def test_a_few_bits_cannot_name_more_vendors_than_memory_holds() -> None:
    restriction = Bits().add(2, 6).add(0, 2).ranges([(1, 65535)]).text
    bits = Bits().add(4000, 12)
    bits.text += restriction * 4000
    with pytest.raises(TCStringError, match="names more vendors than any list has"):
        decode(Core(restrictions=bits).segment())


def test_restrictions_of_many_vendors_for_every_purpose_are_still_read() -> None:
    bits = Bits().add(33, 12)
    for number in range(33):
        bits.add(number // 3 + 1, 6).add(number % 3, 2).ranges([(1, 2000)])
    assert len(decode(Core(restrictions=bits).segment()).restrictions) == 33


# --- the rules of its own version


@pytest.mark.parametrize("text", GOLDEN, ids=_NAMES)
def test_the_golden_strings_break_no_rule(text: str) -> None:
    assert decode(text).breaches() == []


@pytest.mark.parametrize(
    ("created", "required"),
    [("2026-03-01", True), ("2026-02-28", False), ("2026-03-02", True), ("2024-08-01", False), ("2020-01-01", False)],
)
def test_disclosed_vendors_are_required_of_strings_created_since_march_2026(created: str, required: bool) -> None:
    core = Core(created=day(created)).segment()
    assert any("disclosed vendors" in breach for breach in decode(core).breaches()) is required
    assert decode(f"{core}.{disclosed(1)}").breaches() == []
    assert decode(f"{core}.{disclosed()}").breaches() == [], "an empty segment is a segment"


def test_an_old_string_that_was_updated_later_is_judged_by_its_creation() -> None:
    core = Core(created=day("2025-12-01"), last_updated=day("2026-05-01"), policy_version=2).segment()
    assert decode(core).breaches() == []


@pytest.mark.parametrize("purpose", [3, 4, 5, 6])
def test_legitimate_interest_for_purposes_3_to_6_ended_with_policy_4(purpose: int) -> None:
    for policy, broken in ((2, False), (3, False), (4, True), (5, True), (63, True)):
        string = decode(tc_string(Core(legitimate_interests=[2, purpose, 7], policy_version=policy)))
        found = [breach for breach in string.breaches() if f"purpose {purpose}" in breach]
        assert bool(found) is broken


@pytest.mark.parametrize("purpose", [2, 7, 8, 9, 10, 11])
def test_legitimate_interest_for_the_other_purposes_is_no_breach(purpose: int) -> None:
    assert decode(tc_string(Core(legitimate_interests=[purpose]))).breaches() == []


def test_a_global_string_was_valid_before_policy_4() -> None:
    assert decode(tc_string(Core(service_specific=False, policy_version=2))).breaches() == []
    assert decode(tc_string(Core(service_specific=False, policy_version=3))).breaches() == []
    (breach,) = decode(tc_string(Core(service_specific=False, policy_version=4))).breaches()
    assert "not service-specific" in breach


def test_two_timestamps_were_valid_before_policy_4() -> None:
    later = MAY_2026 + timedelta(days=1)
    assert decode(tc_string(Core(last_updated=later, policy_version=3))).breaches() == []
    (breach,) = decode(tc_string(Core(last_updated=later))).breaches()
    assert "different Created and LastUpdated" in breach


def test_policy_versions_that_do_not_exist_yet_are_read() -> None:
    assert decode(tc_string(Core(policy_version=63))).policy_version == 63


def test_every_breach_is_told() -> None:
    core = Core(legitimate_interests=[3, 6], service_specific=False, last_updated=MAY_2026 + timedelta(days=1))
    breaches = decode(core.segment()).breaches()
    assert len(breaches) == 4
    assert any("purpose 3, 6" in breach for breach in breaches)
