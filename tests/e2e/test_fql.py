"""Conditions as consentwire reads them, beside Segment's own evaluators (the npm packages that pages run)."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from addon.decode.segment.fql import compiled, subscribed

from .conftest import WEB

pytestmark = pytest.mark.usefixtures("packages")

NAMES = ("Order Completed", "order completed", "Order*", "a.b", "", "type")
PATHS = (
    "type",
    "event",
    "userId",
    "name",
    "properties.plan",
    "properties.cart.total",
    "traits.plan",
    "context.app.name",
    "typ",
)
VALUES = st.one_of(
    st.sampled_from(NAMES),
    st.integers(-3, 3),
    st.booleans(),
    st.none(),
    st.floats(-2, 2).map(lambda each: round(each, 1)),
)
OPERATORS = ("=", "!=", "<", "<=", ">", ">=")


def answers_of(questions: list[dict[str, Any]]) -> list[bool | None]:
    """What Segment's evaluators answer; ``None`` where they throw."""
    command = ["node", str(WEB / "fql.mjs")]
    run = subprocess.run(command, input=json.dumps(questions), capture_output=True, text=True, check=True)
    answers: list[bool | None] = json.loads(run.stdout)
    return answers


@st.composite
def messages(draw: st.DrawFn) -> dict[str, Any]:
    inner = st.dictionaries(st.sampled_from(["plan", "cart", "total", "app", "name"]), VALUES, max_size=3)
    nested = st.dictionaries(
        st.sampled_from(["plan", "cart", "app"]), VALUES | inner | st.lists(VALUES, max_size=2), max_size=3
    )
    parts = {"type": st.sampled_from(["track", "page", "identify"])}
    optional = {
        "event": VALUES,
        "name": VALUES,
        "userId": VALUES,
        "properties": nested,
        "traits": nested,
        "context": nested,
    }
    return draw(st.fixed_dictionaries(parts, optional=optional))


literals = VALUES.map(lambda value: {"value": value})
operands = st.one_of(
    st.sampled_from(PATHS),
    literals,
    st.tuples(st.sampled_from(["lowercase", "length", "typeof"]), st.sampled_from(PATHS)).map(list),
)
leaves = st.one_of(
    st.tuples(st.sampled_from(OPERATORS), operands, operands).map(list),
    st.tuples(st.sampled_from(["contains", "match"]), operands, literals).map(list),
    st.tuples(st.just("in"), operands, st.lists(literals, max_size=3)).map(list),
    st.sampled_from(PATHS),
)
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.tuples(st.just("!"), inner).map(list),
        st.lists(inner, min_size=1, max_size=3).flatmap(
            lambda parts: st.sampled_from([["and", *parts], ["or", *parts]])
        ),
    ),
    max_leaves=6,
)
words = st.sampled_from(
    [
        *PATHS,
        *OPERATORS,
        *('"track"', '"Order Completed"', '"Order*"', '"*d"', "5", "-1", "1.5", "true", "false", "null"),
        *("and", "or", "!", "(", ")", ",", "contains(", "match("),
    ]
)
comparisons = st.tuples(
    st.sampled_from(PATHS),
    st.sampled_from(OPERATORS),
    st.sampled_from(['"track"', '"Order Completed"', "2", "-1.5", "true", "false", "null"]),
).map(" ".join)
functions = st.tuples(
    st.sampled_from(["", "!"]),
    st.sampled_from(["contains", "match"]),
    st.sampled_from(PATHS),
    st.sampled_from(['"Order"', '"Order*"', '"*ed"', '"*"', '"a*b"', '""']),
).map(lambda parts: f"{parts[0]}{parts[1]}({parts[2]}, {parts[3]})")
parts = st.one_of(
    comparisons,
    functions,
    st.lists(comparisons | functions, min_size=1, max_size=3).map(lambda each: f"({' or '.join(each)})"),
)
subscriptions = st.one_of(
    st.lists(parts, min_size=1, max_size=3).flatmap(
        lambda each: st.sampled_from([" and ".join(each), " or ".join(each)])
    ),
    st.tuples(parts, parts, parts).map(lambda each: f"{each[0]} and {each[1]} or {each[2]}"),
    st.lists(words, max_size=12).map(" ".join),
)
many = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@many
@given(st.lists(st.tuples(trees, messages()), min_size=100, max_size=150))
def test_a_compiled_condition_is_answered_as_tsub_answers_it_or_not_at_all(
    pairs: list[tuple[Any, dict[str, Any]]],
) -> None:
    theirs = answers_of([{"compiled": json.dumps(tree), "message": message} for tree, message in pairs])
    ours = [compiled(json.dumps(tree))(message) for tree, message in pairs]
    wrong = [
        (pair, mine, real) for pair, mine, real in zip(pairs, ours, theirs, strict=True) if mine not in (None, real)
    ]
    assert not wrong


@many
@given(st.lists(st.tuples(subscriptions, messages()), min_size=100, max_size=150))
def test_a_subscription_is_answered_as_the_actions_answer_it_or_not_at_all(
    pairs: list[tuple[str, dict[str, Any]]],
) -> None:
    theirs = answers_of([{"subscribed": text, "message": message} for text, message in pairs])
    ours = [subscribed(text)(message) for text, message in pairs]
    wrong = [
        (pair, mine, real) for pair, mine, real in zip(pairs, ours, theirs, strict=True) if mine not in (None, real)
    ]
    assert not wrong


def test_what_workspaces_write_is_answered_by_both() -> None:
    message = {
        "type": "track",
        "event": "Order Completed",
        "userId": None,
        "properties": {"plan": "pro", "cart": {"total": 12}},
    }
    conditions = {
        'type = "track"': True,
        'type = "track" and event = "Order Completed"': True,
        'type = "identify" or type = "group"': False,
        'type = "track" and (event = "A" or event = "Order Completed")': True,
        'type = "track" and userId != null': False,
        "properties.cart.total >= 10": True,
        'type = "track" and contains(event, "Order")': True,
        'type = "track" and !match(event, "Order*")': False,
    }
    assert answers_of([{"subscribed": text, "message": message} for text in conditions]) == list(conditions.values())
    assert [subscribed(text)(message) for text in conditions] == list(conditions.values())
