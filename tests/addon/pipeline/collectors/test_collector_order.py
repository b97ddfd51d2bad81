"""Collectors are found in their folder and called in the order that they declare; one more fact is one more file."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from addon.exchange import Exchange
from addon.pipeline import collectors
from addon.pipeline.collectors import collectors_in_order, in_order
from addon.pipeline.collectors.collector import Collector
from addon.records import GapRecord
from tests.addon.building import Browser, message, pipeline_of, run, undated_choice

_OF_ITS_OWN = '''
"""What somebody adds who wants to know one thing more."""

from addon.pipeline.collectors.collector import Collector


class LogoutCollector(Collector):
    AFTER = ("cookies",)

    def __init__(self, capture, others):
        super().__init__(capture, others)
        self.calls = []
        self._logouts = {}

    def facts(self, read):
        self.calls.append("facts")

    def evidence(self, context):
        self.calls.append("evidence")

    def exchange(self, context):
        self.calls.append("exchange")
        if context.exchange.path == "/logout":
            self._logouts[context.session.id] = context.number

    def message(self, context, event, act):
        self.calls.append("message")

    def act(self, session, act):
        self.calls.append(type(act).__name__)

    def remainder(self):
        self.calls.append("remainder")

    def close(self, session):
        self.calls.append("close")
        if session.id in self._logouts:
            self.emitter.gap("logged-out", session.site, "the person logged out", self._logouts[session.id])

    def finish(self):
        self.calls.append("finish")


COLLECTOR = LogoutCollector
'''


@pytest.fixture
def a_file_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The folder of collectors with one file more in it."""
    (tmp_path / "logouts.py").write_text(_OF_ITS_OWN)
    monkeypatch.setattr(collectors, "__path__", [*collectors.__path__, str(tmp_path)])
    collectors_in_order.cache_clear()
    yield collectors
    collectors_in_order.cache_clear()
    sys.modules.pop(f"{collectors.__name__}.logouts", None)


def named(*after: str) -> type[Collector]:
    return type("Named", (Collector,), {"AFTER": after})


def modules_in_order() -> list[str]:
    return [kind.__module__.rpartition(".")[2] for kind in collectors_in_order()]


def test_each_comes_after_those_that_it_names() -> None:
    order = modules_in_order()
    for kind in collectors_in_order():
        place = order.index(kind.__module__.rpartition(".")[2])
        assert all(order.index(name) < place for name in kind.AFTER)


@pytest.mark.parametrize(
    ("earlier", "later"),
    [("messages", "calls"), ("messages", "cookies"), ("signals", "consent"), ("cookies", "identifier_sharing")],
)
def test_what_the_order_is_for(earlier: str, later: str) -> None:
    order = modules_in_order()
    assert order.index(earlier) < order.index(later)


def test_the_order_does_not_depend_on_the_order_in_which_files_are_found() -> None:
    kinds = {"a": named("c"), "b": named(), "c": named("b"), "d": named()}
    there, back = in_order(kinds), in_order(dict(reversed(kinds.items())))
    assert there == back == (kinds["b"], kinds["d"], kinds["c"], kinds["a"])


def test_a_collector_that_comes_after_none_that_there_is_says_so() -> None:
    with pytest.raises(ValueError, match="the collector a comes after mesages, which is no collector"):
        in_order({"a": named("mesages"), "messages": named()})


def test_collectors_that_wait_for_each_other_say_so() -> None:
    with pytest.raises(ValueError, match=r"come after each other: .*a.*b"):
        in_order({"a": named("b"), "b": named("a")})


@pytest.mark.usefixtures("a_file_more")
def test_one_more_file_is_called_with_everything_that_it_takes_in() -> None:
    browser = Browser(cookies=undated_choice(analytics=False))
    pipeline = pipeline_of()
    for exchange in (browser.open(0), browser.send(1, message("bought"))):
        pipeline.process(exchange)
    pipeline.close()
    (kind,) = (each for each in collectors_in_order() if each.__name__ == "LogoutCollector")
    calls: list[str] = vars(pipeline._collectors.of(kind))["calls"]
    assert calls[:2] == ["evidence", "exchange"]
    # its own comes after the message collector's, which hands the message on when it was brought before the rules
    assert calls[2:] == ["facts", "evidence", "EventAct", "message", "exchange", "remainder", "close", "finish"]


def judged_and_noted(story: list[Exchange]) -> tuple[list[tuple[str, str, str]], list[str | None]]:
    """The violations of a story, and the sites of which a logout was noted."""
    found = run(*story)
    violations = [(one.id, one.rule, one.verdict) for one in found.violations]
    return violations, [gap.host for gap in found.of(GapRecord) if gap.kind == "logged-out"]


def test_one_more_file_keeps_its_state_by_session_and_changes_nothing_else(request: pytest.FixtureRequest) -> None:
    leaving, staying = Browser(cookies=undated_choice(analytics=False)), Browser(host="other.example")
    story = [
        leaving.open(0),
        staying.open(1),
        leaving.send(2, message()),
        leaving.open(3, "/logout"),
        staying.send(4, message()),
    ]
    without, nowhere = judged_and_noted(story)
    request.getfixturevalue("a_file_more")
    assert judged_and_noted(story) == (without, ["shop.example"])
    assert without
    assert nowhere == []
