"""Consent cookies whose grammar is declared by a policy file."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from addon.consent.declared import declared_format
from addon.consent.signal import Answer, MalformedSignal
from vendor_catalog import DeclaredFormat

CATEGORIES = frozenset({"stats", "ads"})
SHAPES: dict[str, dict[str, Any]] = {
    "json": {"answered_key": "decided", "categories_at": "choices", "dated_key": "at"},
    "pairs": {"answered_key": "decided"},
    "list": {"separator": "|"},
    "word": {"words": {"all": ["stats", "ads"], "some": ["stats"], "none": []}},
}
SAMPLES = {
    "json": {
        "granted": '{"decided":true,"choices":{"stats":true,"Ads":"yes"}}',
        "partial": '{"decided":true,"choices":{"stats":1,"ads":0}}',
        "refused": '{"decided":true,"choices":{"stats":false,"ads":null}}',
        "unanswered": '{"decided":false,"choices":{"stats":true,"ads":true}}',
    },
    "pairs": {
        "granted": "decided:1,stats:yes,ads:true",
        "partial": "decided:1,stats:yes,ads:no",
        "refused": "decided:1,stats:no,ads:",
        "unanswered": "stats:yes,ads:yes",
    },
    "list": {"granted": "ads|Stats|other", "partial": "stats", "refused": ""},
    "word": {"granted": "All", "partial": "some", "refused": "none"},
}
MEANT = {
    "granted": {"stats": True, "ads": True},
    "partial": {"stats": True, "ads": False},
    "refused": {"stats": False, "ads": False},
}
steady = settings(deadline=None, derandomize=True)


def read(shape: str, value: str, **more: Any) -> Answer:
    grammar = DeclaredFormat(shape=shape, **SHAPES[shape] | more)  # type: ignore[arg-type]
    return declared_format(grammar, CATEGORIES)("site", {"site": value})


@pytest.mark.parametrize("encoded", [False, True])
@pytest.mark.parametrize(("shape", "sample"), [(shape, sample) for shape, said in SAMPLES.items() for sample in said])
def test_every_shape_tells_its_answers_apart(shape: str, sample: str, encoded: bool) -> None:
    value = SAMPLES[shape][sample]
    answer = read(shape, quote(value, safe="") if encoded else value)
    assert answer.answered is (sample != "unanswered")
    if sample != "unanswered":
        assert answer.keys == MEANT[sample]


def test_base64_is_taken_off() -> None:
    value = base64.urlsafe_b64encode(SAMPLES["json"]["partial"].encode()).decode().rstrip("=")
    assert read("json", value, base64=True).keys == MEANT["partial"]
    with pytest.raises(MalformedSignal, match="not base64"):
        read("json", "{}", base64=True)


def test_a_list_of_what_is_granted_may_stand_in_json() -> None:
    answer = read("json", '{"decided":1,"choices":["ads",7]}')
    assert (answer.answered, answer.keys) == (True, {"stats": False, "ads": True})


@pytest.mark.parametrize(
    ("value", "at"),
    [("1767225600000", 1767225600.0), ("1767225600", 1767225600.0), ('"2026-01-01T00:00:00Z"', 1767225600.0)],
)
def test_the_moment_of_the_choice_is_read_if_it_is_declared(value: str, at: float) -> None:
    assert read("json", f'{{"decided":true,"at":{value},"choices":{{"ads":true}}}}').effective_at == at
    assert read("json", f'{{"decided":false,"at":{value},"choices":{{"ads":true}}}}').effective_at is None


@pytest.mark.parametrize("value", ['"soon"', "-1", "1e400", "[]", '"2026-01-01"'])
def test_what_is_no_moment_is_none(value: str) -> None:
    assert read("json", f'{{"decided":true,"at":{value},"choices":{{"ads":true}}}}').effective_at is None


def test_a_marker_may_name_the_values_that_count() -> None:
    said = {"answered_values": ["saved"]}
    assert read("pairs", "decided:saved,ads:yes", **said).answered is True
    assert read("pairs", "decided:shown,ads:yes", **said).answered is False


@pytest.mark.parametrize(
    ("shape", "value"),
    [
        ("json", "{"),
        ("json", "[]"),
        ("json", '{"decided":true}'),
        ("json", '{"decided":true,"choices":{"ads":"perhaps"}}'),
        ("pairs", "ads:perhaps"),
        ("word", "perhaps"),
    ],
)
def test_a_value_that_the_declaration_does_not_cover_is_refused(shape: str, value: str) -> None:
    with pytest.raises(MalformedSignal):
        read(shape, value)


def test_only_declared_categories_are_read_and_kept() -> None:
    answer = read("pairs", "decided:1,ads:yes,user:jane@shop.example,other:yes")
    assert answer.keys == {"ads": True}
    assert "jane" not in answer.evidence


@steady
@given(st.sampled_from(sorted(SHAPES)), st.text(max_size=200))
def test_arbitrary_text_is_no_grant_and_no_crash(shape: str, value: str) -> None:
    try:
        answer = read(shape, value)
    except MalformedSignal:
        return
    if True in answer.keys.values():
        assert any(word in value.lower() for word in ("stats", "ads", "all", "some"))


@steady
@given(st.data())
def test_a_damaged_refusal_is_no_grant(data: st.DataObject) -> None:
    shape = data.draw(st.sampled_from(["json", "pairs"]))
    value = SAMPLES[shape]["refused"]
    at = data.draw(st.integers(0, len(value)))
    try:
        answer = read(shape, value[:at] + data.draw(st.sampled_from(["", "%", "x", "\x00"])) + value[at + 1 :])
    except MalformedSignal:
        return
    assert True not in answer.keys.values()


@pytest.mark.parametrize(
    ("more", "value", "keys"),
    [
        ({"granted_at": "yes", "refused_at": "no"}, '{"yes":["Stats"],"no":["ads"]}', {"stats": True, "ads": False}),
        ({"granted_at": "yes", "refused_at": "no"}, '{"yes":["ads"],"no":["ads"]}', {"ads": None}),
        ({"value_at": "on"}, '{"stats":{"on":true},"ads":{"on":false}}', {"stats": True, "ads": False}),
        ({"value_at": "on", "named_at": "as"}, '{"x":{"on":true,"as":["stats","ads"]}}', {"stats": True, "ads": True}),
        ({"only_granted": True}, '{"stats":true}', {"stats": True, "ads": False}),
        ({"site_keys": ["more"]}, '{"more":true,"other":true}', {"more": True}),
        ({"every_key": True}, '{"more":true,"stats":false}', {"more": True, "stats": False}),
    ],
)
def test_json_in_its_other_forms(more: dict[str, Any], value: str, keys: dict[str, bool | None]) -> None:
    grammar = DeclaredFormat(shape="json", **more)
    assert declared_format(grammar, CATEGORIES)("site", {"site": value}).keys == keys


@pytest.mark.parametrize("value", ['{"yes":["stats"]}', '{"yes":"stats","no":[]}', "[]"])
def test_two_lists_of_which_one_is_missing_are_refused(value: str) -> None:
    grammar = DeclaredFormat(shape="json", granted_at="yes", refused_at="no")
    with pytest.raises(MalformedSignal):
        declared_format(grammar, CATEGORIES)("site", {"site": value})


def test_pairs_may_have_a_prefix() -> None:
    grammar = DeclaredFormat(shape="pairs", key_prefix="c.", only_granted=True, dated_key="t")
    read_it = declared_format(grammar, CATEGORIES)
    answer = read_it("site", {"site": "c.stats:1,ads:1,t:1777629600000"})
    assert answer.keys == {"stats": True, "ads": False}
    assert answer.effective_at == 1777629600.0
    with pytest.raises(MalformedSignal):
        read_it("site", {"site": "stats:1"})


def test_a_value_that_is_written_by_default_too_is_no_answer() -> None:
    grammar = DeclaredFormat(shape="json", is_answer=False)
    assert declared_format(grammar, CATEGORIES)("site", {"site": '{"stats":true}'}).answered is None


@pytest.mark.parametrize(
    "wrong",
    [{"granted_at": "a"}, {"refused_at": "a"}, {"shape": "pairs", "value_at": "a"}, {"shape": "list", "named_at": "a"}],
)
def test_what_does_not_go_together_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="go"):
        DeclaredFormat(**{"shape": "json"} | wrong)
