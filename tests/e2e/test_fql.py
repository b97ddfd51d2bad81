"""Conditions as consentwire reads them, beside Segment's own evaluators (the npm packages that pages run)."""

from __future__ import annotations

import json
import random
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

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
OPERATORS = ("=", "!=", "<", "<=", ">", ">=")
TEXTS = ('"track"', '"Order Completed"', '"Order*"', '"*d"', "5", "-1", "1.5", "true", "false", "null")
WORDS = (*PATHS, *OPERATORS, *TEXTS, "and", "or", "!", "(", ")", ",", "contains(", "match(")
PAIRS = 15_000
"""Conditions, each with a message, in every test; the same in every run."""


def answers_of(questions: list[dict[str, Any]]) -> list[bool | None]:
    """What Segment's evaluators answer; ``None`` where they throw."""
    command = ["node", str(WEB / "fql.mjs")]
    run = subprocess.run(command, input=json.dumps(questions), capture_output=True, text=True, check=True)
    answers: list[bool | None] = json.loads(run.stdout)
    return answers


class Writer:
    """Writes conditions and messages by chance: small ones, of few words, so that they meet."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._one = self._chance.choice

    def value(self) -> Any:
        numbers = (self._chance.randint(-3, 3), round(self._chance.uniform(-2, 2), 1))
        return self._one((self._one(NAMES), *numbers, True, False, None))

    def _some(self, keys: tuple[str, ...], made: Callable[[], Any]) -> dict[str, Any]:
        return {key: made() for key in self._chance.sample(keys, self._chance.randint(0, 3))}

    def _nested(self) -> dict[str, Any]:
        inner = ("plan", "cart", "total", "app", "name")
        kinds = (self.value, lambda: self._some(inner, self.value), lambda: [self.value()] * self._chance.randint(0, 2))
        return self._some(("plan", "cart", "app"), lambda: self._one(kinds)())  # noqa: PLW0108, another kind for each

    def message(self) -> dict[str, Any]:
        made: dict[str, Any] = {"type": self._one(("track", "page", "identify"))}
        fields: tuple[tuple[tuple[str, ...], Callable[[], Any]], ...] = (
            (("event", "name", "userId"), self.value),
            (("properties", "traits", "context"), self._nested),
        )
        for names, write in fields:
            made |= {name: write() for name in names if self._chance.random() < 0.5}
        return made

    def _operand(self) -> Any:
        functions = [self._one(("lowercase", "length", "typeof")), self._one(PATHS)]
        return self._one((self._one(PATHS), {"value": self.value()}, functions))

    def _leaf(self) -> Any:
        kinds = (
            lambda: [self._one(OPERATORS), self._operand(), self._operand()],
            lambda: [self._one(("contains", "match")), self._operand(), {"value": self.value()}],
            lambda: ["in", self._operand(), [{"value": self.value()} for _ in range(self._chance.randint(0, 3))]],
            lambda: self._one(PATHS),
        )
        return self._one(kinds)()

    def tree(self, depth: int = 3) -> Any:
        """A condition as the settings hold it compiled."""
        kind = self._one(("leaf", "leaf", "!", "and", "or")) if depth else "leaf"
        if kind == "leaf":
            return self._leaf()
        return [kind, *(self.tree(depth - 1) for _ in range(1 if kind == "!" else self._chance.randint(1, 3)))]

    def _comparison(self) -> str:
        if self._chance.random() < 0.7:
            texts = ('"track"', '"Order Completed"', "2", "-1.5", "true", "false", "null")
            return f"{self._one(PATHS)} {self._one(('=', '!='))} {self._one(texts)}"
        return f"{self._one(PATHS)} {self._one(OPERATORS)} {self._one(TEXTS)}"

    def _function(self) -> str:
        texts = ('"Order"', '"Order*"', '"*ed"', '"*"', '"a*b"', '""')
        return f"{self._one(('', '!'))}{self._one(('contains', 'match'))}({self._one(PATHS)}, {self._one(texts)})"

    def _part(self) -> str:
        single = (self._comparison, self._function)
        if self._chance.random() < 0.7:
            return self._one(single)()
        return f"({' or '.join(self._one(single)() for _ in range(self._chance.randint(1, 3)))})"

    def subscription(self) -> str:
        """A condition as workspaces write it, or words that make none."""
        parts = [self._part() for _ in range(self._chance.randint(1, 3))]
        kind = self._one(("and", "and", "or", "or", "mixed", "words"))
        if kind == "words":
            return " ".join(self._one(WORDS) for _ in range(self._chance.randint(0, 12)))
        if kind == "mixed":
            return f"{self._part()} and {self._part()} or {self._part()}"
        return f" {kind} ".join(parts)


def compare(
    name: str, conditions: list[tuple[str, dict[str, Any]]], ours: Callable[[str], Callable[[Any], bool | None]]
) -> None:
    """Every condition is answered as Segment's package answers it, or not at all."""
    theirs = answers_of([{name: text, "message": message} for text, message in conditions])
    answers = [ours(text)(message) for text, message in conditions]
    assert min(answers.count(True), answers.count(False)) > PAIRS / 100, "enough of them are answered"
    wrong = [
        (condition, answer, real)
        for condition, answer, real in zip(conditions, answers, theirs, strict=True)
        if answer not in (None, real)
    ]
    assert not wrong


def test_a_compiled_condition_is_answered_as_tsub_answers_it_or_not_at_all() -> None:
    writer = Writer(1)
    compare("compiled", [(json.dumps(writer.tree()), writer.message()) for _ in range(PAIRS)], compiled)


def test_a_subscription_is_answered_as_the_actions_answer_it_or_not_at_all() -> None:
    writer = Writer(2)
    compare("subscribed", [(writer.subscription(), writer.message()) for _ in range(PAIRS)], subscribed)


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
