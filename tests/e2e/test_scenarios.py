"""Every scenario, live through ``consentwire run`` with real clients; the capture analysed again must say the same."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from addon.policy import Policy
from addon.runner import Analysis, analyse_files, open_captures, opened

from .origin import Origin
from .proxy import Run
from .scenarios import SCENARIOS, Scenario, close

CAPTURES = Path(__file__).parents[2] / "captures"


def findings(database: Path) -> Counter[tuple[str | None, ...]]:
    """What counts, told without ids and times."""
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute(
            "SELECT rule, severity, verdict, phase, vendor, destination, category, site, event_name"
            " FROM violations WHERE verdict <> 'cleared'"
        )
        return Counter(rows)


def analysed(capture: Path, database: Path) -> Counter[tuple[str | None, ...]]:
    with opened(database) as store:
        (result,) = analyse_files(open_captures([capture]), store, Policy())
    assert isinstance(result, Analysis), result
    return findings(database)


def play(scenario: Scenario, web: Path, browser: Browser | None, folder: Path) -> Run:
    """Plays a scenario through a live capture, which is complete afterwards."""
    arguments = ("--no-datasette", "--probe" if scenario.probe else "--no-probe")
    with Origin(web, scenario.site or "", scenario.banner) as origin, Run(folder, origin.port, *arguments) as run:
        origin.answers |= scenario.answers
        if scenario.browse is not None:
            assert browser is not None
            context = browser.new_context(proxy={"server": run.url}, ignore_https_errors=True, locale="en-GB")
            scenario.browse(context.new_page(), origin)
            close(context)
        if scenario.program is not None:
            scenario.program(web, run.url, origin)
        assert run.stop() == 0, run.output
    return run


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_live_capture_finds_what_the_capture_that_ships_is_expected_to_show(
    scenario: Scenario, web: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    browser = request.getfixturevalue("browser") if scenario.browse is not None else None
    run = play(scenario, web, browser, tmp_path)
    live = findings(run.database)
    assert analysed(run.flows, tmp_path / "again.db") == live
    if scenario.clean:
        assert not live
    if scenario.probe:
        assert not [row for row in live if row[2] == "unproven"]
    if request.config.getoption("--record"):
        from .recording import record

        record(scenario, run.flows, CAPTURES)
    expected = json.loads((CAPTURES / f"{scenario.name}.expected.json").read_text())
    # how often an SDK sends, and what the page asks for after it, differs from run to run; what is found does not
    assert {without_verdict(row) for row in live} == {without_verdict(row) for row in expected["kinds"]}


def without_verdict(row: Sequence[str | None]) -> tuple[str | None, ...]:
    return (*row[:2], *row[3:])
