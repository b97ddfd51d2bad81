"""Conditions: what they answer, and above all when they do not. Their agreement with Segment's own evaluators is tested in tests/e2e."""

from __future__ import annotations

import fnmatch
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addon.decode.segment.fql import compiled, subscribed
from addon.decode.segment.fql.compiled import glob

MESSAGE: dict[str, Any] = {
    "type": "track",
    "event": "Order Completed",
    "userId": None,
    "properties": {"total": 12.5, "items": ["a"], "plan": "pro", "first": True, "cart": {"count": 3}},
    "context": {"app": {"name": "shop"}},
}


def answer(node: Any, message: dict[str, Any] = MESSAGE) -> bool | None:
    return compiled(json.dumps(node))(message)


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        (["=", "event", {"value": "Order Completed"}], True),
        (["!=", "event", {"value": "Order Completed"}], False),
        (["=", "properties.total", {"value": 12.5}], True),
        (["=", "properties.first", {"value": 1}], False),
        ([">=", "properties.cart.count", {"value": 3}], True),
        (["<", "event", {"value": 3}], False),
        (["and", ["=", "type", {"value": "track"}], ["!", ["contains", "event", {"value": "Viewed"}]]], True),
        (["or", ["=", "type", {"value": "page"}], ["match", "event", {"value": "Order*"}]], True),
        (["in", "event", [{"value": "A"}, {"value": "Order Completed"}]], True),
        (["=", ["lowercase", "event"], {"value": "order completed"}], True),
        ([">", ["length", "properties.items"], {"value": 0}], True),
        (["=", ["typeof", "properties.plan"], {"value": "string"}], True),
        (["=", "properties.missing", {"value": "x"}], False),
        ("properties.first", True),
        (["=", "userId", {"value": None}], True),
    ],
    ids=str,
)
def test_a_compiled_condition_is_evaluated(node: Any, expected: bool) -> None:
    assert answer(node) is expected


@pytest.mark.parametrize(
    "node",
    [
        ["semver", "context.app.version", {"value": ">"}, {"value": "1.0"}],
        ["soundex", "event", {"value": "x"}],
        ["=", "properties.missing", {"value": None}],
        ["=", "context.ip", {"value": "1.2.3.4"}],
        ["=", "receivedAt", {"value": "x"}],
        ["=", "properties.a\\.b", {"value": "x"}],
        ["=", "properties.items.0", {"value": "a"}],
        ["match", "event", {"value": "[A-Z]*"}],
        ["contains", ["lowercase", "event"], {"value": "order"}],
        ["contains", "properties.items", {"value": "a"}],
        ["lowercase", "event"],
        ["=", "properties.cart", {"value": {"count": 3}}],
        ["=", "event"],
        [],
        ["and"],
        [[[]]],
    ],
    ids=str,
)
def test_what_the_evaluators_may_read_differently_is_untold(node: Any) -> None:
    assert answer(node) is None


def test_an_untold_part_does_not_hide_what_the_others_decide() -> None:
    untold = ["soundex", "event"]
    assert answer(["and", untold, ["=", "type", {"value": "page"}]]) is False
    assert answer(["or", untold, ["=", "type", {"value": "track"}]]) is True
    assert answer(["and", untold, ["=", "type", {"value": "track"}]]) is None
    assert answer(["!", untold]) is None


def test_traits_of_a_track_call_were_taken_off_before_it_was_sent() -> None:
    assert answer(["=", "traits.plan", {"value": "pro"}]) is None
    assert answer(["=", "traits.plan", {"value": "pro"}], {"type": "identify", "traits": {}}) is False


def test_a_condition_that_is_no_json_or_endless_is_untold_and_an_empty_one_never_matches() -> None:
    assert compiled("")(MESSAGE) is False
    assert compiled('["=", "event"')(MESSAGE) is None
    assert compiled(json.dumps(["or", *[["=", "event", {"value": "x"}]] * 3000]))(MESSAGE) is None
    assert compiled("[" * 5000 + "]" * 5000)(MESSAGE) is None
    assert answer(["or", *[["=", "event", {"value": "x"}]] * 700]) is None


def test_a_pattern_that_backtracks_does_not_take_long() -> None:
    started = time.perf_counter()
    assert glob("a" * 5000, "*a" * 90 + "b") is False
    assert glob("ab" * 2500, "*a?" * 60 + "b") is None, "what would have to be tried at every place is not"
    for number in range(2000):
        assert glob("abcd" * 500, f"*a*b*c*d*{number}") is False
    assert time.perf_counter() - started < 2


@given(st.text("ab.*?\n", max_size=12), st.text("ab.*?\n", max_size=8))
def test_a_pattern_matches_as_file_names_do(text: str, pattern: str) -> None:
    assert glob(text, pattern) is fnmatch.fnmatchcase(text, pattern)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('type = "track" and event = "Order Completed"', True),
        ('type = "identify" or type = "page"', False),
        ('type = "track" and (event = "A" or event = "Order Completed")', True),
        ('contains(event, "Order")', True),
        ('!contains(event, "Order")', False),
        ('match(event, "Order*")', True),
        ("properties.total > 10", True),
        ('properties.plan != "free"', True),
        ("userId != null", False),
        ("properties.first = true", True),
    ],
)
def test_a_subscription_is_evaluated(text: str, expected: bool) -> None:
    assert subscribed(text)(MESSAGE) is expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "type = *",
        'type = "track" and event = "A" or event = "B"',
        '((type = "track"))',
        '(contains(event, "x"))',
        'type == "track"',
        'type = "track',
        'match(event, "a*b")',
        'event = "a\\"b"',
        "event != null",
        'type = "track" type = "page"',
        "properties.first != true",
        'anonymousId = "x"',
        'properties = "x"',
        'type = "track" and',
    ],
)
def test_a_subscription_beyond_what_is_certainly_understood_is_untold(text: str) -> None:
    assert subscribed(text)(MESSAGE) is None


jsons = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
nodes = st.recursive(
    jsons,
    lambda inner: st.tuples(
        st.sampled_from(["and", "or", "!", "=", "<", "in", "contains", "match", "length", "lowercase", "typeof"]),
        inner,
        inner,
    ).map(list),
    max_leaves=12,
)
payloads = st.dictionaries(st.sampled_from(["type", "event", "properties", "context"]), jsons, max_size=4)


@given(nodes, payloads)
def test_no_compiled_condition_raises(node: Any, payload: dict[str, Any]) -> None:
    assert answer(node, payload) in (True, False, None)


@given(st.text(alphabet='typeevnt.properis=!<>()"*, andor123', max_size=60), payloads)
def test_no_subscription_raises(text: str, payload: dict[str, Any]) -> None:
    assert subscribed(text)(payload) in (True, False, None)
