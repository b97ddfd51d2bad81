"""Verdicts told to people, and marked on mitmproxy's flows."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from mitmproxy import http
from mitmproxy.test import tflow

from addon.live import ConsentWire, LogReporter
from addon.live.marks import mark
from tests.addon.readers.samples import shop
from tests.addon.store.rows_made import query, violation

from .live_captures import KeptViolations, call, capturing


async def test_findings_are_told_while_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("addon.live.capture.GATHER_SECONDS", 0)
    kept = KeptViolations()
    with capturing(tmp_path / "a.db", ConsentWire(kept)) as (made, context):
        for each in shop():
            await context.cycle(made, each)
        wanted = {"event-without-consent", "consent-not-stamped"}
        async with asyncio.timeout(30):
            while not wanted <= {found.rule for found in kept.violations}:  # noqa: ASYNC110, the analysis is another process
                await asyncio.sleep(0.01)


async def test_flows_with_findings_are_marked_and_commented(tmp_path: Path) -> None:
    flows = shop()
    with capturing(tmp_path / "a.db") as (made, context):
        for each in flows:
            await context.cycle(made, each)
        call(made, "done")
        updates = context.master.addons.get("updates")
        assert [each for each in flows if each in updates.flows] == [flows[2]]
    page, settings, message, basket = flows
    assert [each.marked for each in (page, settings, basket)] == ["", "", ""]
    assert message.marked in (":red_circle:", ":large_orange_circle:")
    rules = {line.split()[1].rstrip(":") for line in message.comment.splitlines()}
    assert "event-without-consent" in rules
    found = query(tmp_path / "a.db", "SELECT id FROM violations WHERE exchange_id = '1.3'")
    assert sorted(line.rpartition(" ")[2] for line in message.comment.splitlines()) == sorted(
        f"[{v}]" for (v,) in found
    )


async def test_what_a_capture_lacks_is_said_after_the_last_verdict(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    wire = ConsentWire()
    assert wire.outcome is None
    with capturing(tmp_path / "a.db", wire) as (made, context):
        await context.cycle(made, shop()[0])
        async with asyncio.timeout(30):
            while not query(tmp_path / "a.db", "SELECT 1 FROM exchanges"):  # noqa: ASYNC110, the analysis is another process
                await asyncio.sleep(0.05)
        (tmp_path / "a.db").rename(tmp_path / "elsewhere.db")
        for each in shop()[1:]:
            await context.cycle(made, each)
    assert wire.outcome is not None
    assert wire.outcome.database == tmp_path / "a-rescued.db"
    (loss,) = wire.outcome.losses
    said = [record.getMessage() for record in caplog.records if record.name == "consentwire"]
    assert said[-1] == f"consentwire: {loss}"
    assert any("event-without-consent" in line for line in said[:-1])


def marked(*changes: dict[str, Any], comment: str = "") -> http.HTTPFlow:
    made = tflow.tflow(resp=True)
    made.comment = comment
    for change in changes:
        mark(made, violation(1, **change))
    return made


def test_a_verdict_that_moves_replaces_its_line_and_its_mark() -> None:
    assert marked({"verdict": "unproven"}).marked == ":question:"
    moved = marked({"verdict": "unproven"}, {"verdict": "confirmed", "explanation": "Now we know."})
    assert moved.marked == ":red_circle:"
    assert moved.comment == "confirmed event-without-consent: Now we know. [1.v1]"
    assert marked({"verdict": "likely"}, {"verdict": "cleared"}).marked == ""


def test_the_surest_verdict_of_a_flow_gives_the_mark() -> None:
    made = marked({"verdict": "unproven"}, {"place": 2, "verdict": "likely"}, {"place": 3, "verdict": "cleared"})
    assert made.marked == ":large_orange_circle:"
    assert len(made.comment.splitlines()) == 3


def test_what_people_wrote_into_a_comment_stays_and_marks_nothing() -> None:
    made = marked({"verdict": "cleared"}, comment="confirmed with the team\nsee ticket [12]")
    assert made.comment.splitlines()[:2] == ["confirmed with the team", "see ticket [12]"]
    assert made.marked == ""


def test_a_comment_is_bounded_and_its_lines_are_whole() -> None:
    made = marked(*({"place": place, "explanation": "long " * 30} for place in range(1, 60)))
    assert len(made.comment) <= 2000
    assert all(line.endswith("]") for line in made.comment.splitlines())
    odd = marked({"explanation": "two\nlines\x1b[2J"}, {"explanation": "one"})
    assert odd.comment == "confirmed event-without-consent: one [1.v1]".replace("confirmed", "likely")


def test_findings_are_logged_once_and_without_controls(caplog: pytest.LogCaptureFixture) -> None:
    reporter = LogReporter()
    for change in (
        {},
        {"place": 2},
        {"verdict": "confirmed", "explanation": "\x1b[2J"},
        {"suppressed": "known", "verdict": "unproven"},
    ):
        reporter.violation(violation(1, **change))
    assert len(caplog.messages) == 2
    assert "\x1b" not in caplog.text
