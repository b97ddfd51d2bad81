"""The analysis beside the proxy: a process of its own that is never waited for, and leaves a complete database."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from addon import __version__
from addon.policy import Policy
from addon.records import CaptureRecord
from addon.runner import LiveAnalysis, Verdicts, lag, live_analysis
from addon.runner.backlog import MAX_BYTES
from addon.store import Database, Lag, lag_of
from tests.addon.building import META_PIXEL, NOON, Browser
from tests.addon.store.rows_made import query
from vendor_catalog import shipped_catalogue


class ReceivedVerdicts:
    def __init__(self) -> None:
        self.verdicts: Verdicts = []
        self.event = threading.Event()

    def __call__(self, verdicts: Verdicts) -> None:
        self.verdicts += verdicts
        self.event.set()


@contextmanager
def analysing(path: Path) -> Iterator[tuple[LiveAnalysis, ReceivedVerdicts]]:
    database = Database(path)
    number, running = database.begin()
    database.close()
    capture = CaptureRecord(
        id=number, kind="live", path=None, digest=None, started_at=NOON, ended_at=None, policy=None, tool_version=__version__
    )  # fmt: skip
    received = ReceivedVerdicts()
    made = LiveAnalysis(path, capture, Policy(), shipped_catalogue(), received, running)
    try:
        yield made, received
    finally:
        made._abandon()


def leak() -> list:  # type: ignore[type-arg]
    browser = Browser()
    return [browser.open(0), browser.pixel(1, META_PIXEL), browser.open(2)]


def test_what_is_put_in_is_judged_in_order_and_comes_back(tmp_path: Path) -> None:
    with analysing(tmp_path / "a.db") as (made, received):
        made.put(leak())
        assert received.event.wait(30)
        made.gap("tls-refused", "pinned.example", "the client refused it")
        assert made.close(NOON + 10, 3).losses == ()
    assert {violation.rule for violation, _ in received.verdicts} == {"destination-without-consent"}
    assert query(tmp_path / "a.db", "SELECT exchanges_read, ended_at IS NOT NULL FROM captures") == [(3, 1)]
    assert query(tmp_path / "a.db", "SELECT count(*) FROM exchanges") == [(3,)]
    assert query(tmp_path / "a.db", "SELECT host FROM gaps WHERE kind = 'tls-refused'") == [("pinned.example",)]


def kinds(path: Path) -> dict[str, str]:
    """Kind of gap -> its reason."""
    return dict(query(path, "SELECT kind, reason FROM gaps"))


def exchanges(path: Path) -> int:
    return int(query(path, "SELECT count(*) FROM exchanges")[0][0])


def until(true: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def kill(made: LiveAnalysis, how: signal.Signals = signal.SIGKILL) -> None:
    os.kill(made._process.pid, how)


def store_first(made: LiveAnalysis, received: ReceivedVerdicts) -> None:
    """Three exchanges, which are in the database then."""
    made.put(leak())
    assert received.event.wait(30)
    until(lambda: made._backlog.waiting().exchanges == 0)


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_analysis, "_PAUSES", (0.01, 0.01, 0.01))


@pytest.mark.usefixtures("hurried")
def test_an_analysis_that_is_killed_is_started_anew_and_nothing_is_lost_or_there_twice(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "a.db"
    with analysing(path) as (made, received):
        store_first(made, received)
        made.gap("websocket", "a.example", "noted before")
        until(lambda: not made._backlog.waiting().unread)
        kill(made)
        made.gap("websocket", "a.example", "noted before")
        made.put(leak())
        until(lambda: "started anew (1 of 3)" in caplog.text)
        outcome = made.close(NOON + 10, 6)
    assert len(outcome.losses) == 1
    assert "the analysis ended early (ended by signal 9)" in outcome.losses[0]
    assert exchanges(path) == 6
    assert query(path, "SELECT count(DISTINCT id), count(*) FROM sessions") == [(2, 2)]
    assert "nothing after it is more than unproven" in kinds(path)["analysis-restarted"]
    assert query(path, "SELECT count(*) FROM gaps WHERE reason = 'noted before'") == [(1,)]
    assert query(path, "SELECT exchanges_read, ended_at IS NOT NULL FROM captures") == [(6, 1)]


@pytest.mark.usefixtures("hurried")
def test_what_rests_on_half_a_timeline_is_unproven(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with analysing(path) as (made, received):
        store_first(made, received)
        kill(made)
        made.put(leak())
        made.close(NOON + 10, 6)
    before, after = query(
        path,
        "SELECT verdict, explanation FROM violations WHERE rule = 'destination-without-consent' ORDER BY session_id",
    )
    assert before[0] == "likely"
    assert after[0] == "unproven"
    assert "Unproven all the same: the analysis was started anew at" in after[1]


@pytest.mark.usefixtures("hurried")
def test_an_analysis_that_ends_again_and_again_is_given_up_loudly_and_noted_at_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.db"
    with analysing(path) as (made, received):
        store_first(made, received)
        for restarts in range(4):
            until(lambda restarts=restarts: made._restarts == restarts and made._ready)  # type: ignore[misc]
            kill(made)
        until(lambda: "analysis-ended" in kinds(path))
        assert "NOTHING IS RECORDED ANY MORE" in caplog.text
        assert lag_of(path, 1) == Lag(0.0, 0, stopped=True)
        made.put(leak())
        started = time.monotonic()
        outcome = made.close(NOON + 10, 6)
        assert time.monotonic() - started < 10
    assert "it ended 4 times and is not started again; 3 exchanges were not analysed" in outcome.losses[-1]
    assert query(path, "SELECT count FROM gaps WHERE kind = 'analysis-ended'") == [(3,)]
    assert kinds(path)["analysis-ended"] == outcome.losses[-1]
    assert exchanges(path) == 3
    assert query(path, "SELECT exchanges_read, ended_at IS NOT NULL FROM captures") == [(6, 1)]
    assert [found.name for found in tmp_path.iterdir()] == ["a.db"]


@pytest.mark.usefixtures("hurried")
def test_an_analysis_that_stands_still_is_said_to_and_started_anew_with_what_waited(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, seconds in (("_BEHIND_SECONDS", 0.5), ("_SILENT_SECONDS", 1.0), ("_SAID_SECONDS", 0.0)):
        monkeypatch.setattr(lag, name, seconds)
    monkeypatch.setattr(live_analysis, "_HUNG_SECONDS", 8.0)
    path = tmp_path / "a.db"
    with analysing(path) as (made, received):
        store_first(made, received)
        until(lambda: not made._lag._most)
        caplog.clear()
        kill(made, signal.SIGSTOP)
        made.put(leak())
        until(lambda: (behind := lag_of(path, 1)) is not None and behind.seconds > 0.5)
        until(lambda: exchanges(path) == 6)
        until(lambda: "has caught up" in caplog.text)
        assert len(made.close(NOON + 10, 6).losses) == 1
    messages = [record.getMessage() for record in caplog.records]
    order = ("seconds behind; 3 exchanges", "has not answered for 1", "is ended", "started anew (1 of 3)", "caught up")
    places = [next(place for place, each in enumerate(messages) if part in each) for part in order]
    assert places == sorted(places)
    assert len([each for each in messages if "seconds behind; 3" in each]) == 1, "once an episode"


def test_the_end_is_waited_for_as_long_as_it_gets_on_and_says_what_remains(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_analysis, "_REMAINING_SECONDS", 0.2)
    path = tmp_path / "a.db"
    with analysing(path) as (made, received):
        store_first(made, received)
        kill(made, signal.SIGSTOP)
        made.put(leak())
        timer = threading.Timer(1.5, kill, (made, signal.SIGCONT))
        timer.start()
        assert made.close(NOON + 10, 6).losses == ()
    assert "3 exchanges (0.0 MiB) wait for the analysis; Ctrl-C leaves that out" in caplog.text
    assert exchanges(path) == 6


def test_ctrl_c_ends_the_wait_with_a_gap_and_only_once_that_was_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_analysis, "_REMAINING_SECONDS", 1.0)
    path = tmp_path / "a.db"
    before = signal.getsignal(signal.SIGINT)
    with analysing(path) as (made, received):
        store_first(made, received)
        kill(made, signal.SIGSTOP)
        made.put(leak())
        for seconds in (0.3, 2.0):  # the first is that of somebody who pressed twice
            threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGINT)).start()
        started = time.monotonic()
        outcome = made.close(NOON + 10, 6)
        assert 1.0 < time.monotonic() - started < 20
    assert "Ctrl-C ended the wait while 3 exchanges" in outcome.losses[-1]
    assert kinds(path)["analysis-ended"] == outcome.losses[-1]
    assert query(path, "SELECT ended_at IS NOT NULL FROM captures") == [(1,)]
    assert signal.getsignal(signal.SIGINT) is before


def test_more_than_can_wait_is_left_out_counted_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with analysing(tmp_path / "a.db") as (made, _):
        monkeypatch.setattr(made._backlog, "_most", 0)
        made.put(leak())
        monkeypatch.setattr(made._backlog, "_most", MAX_BYTES)
        outcome = made.close(NOON + 10, 3)
    assert kinds(tmp_path / "a.db")["records-lost"].startswith("3 exchanges in 0 seconds were not analysed")
    assert query(tmp_path / "a.db", "SELECT count FROM gaps WHERE kind = 'records-lost'") == [(3,)]
    assert outcome.losses == ("3 exchanges were not analysed; the table gaps says when and why",)
    assert "what passes by is left out until it has caught up" in caplog.text


def test_a_proxy_that_vanishes_leaves_what_was_judged_with_an_end_and_a_gap(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with analysing(path) as (made, received):
        made.put(leak())
        assert received.event.wait(30)
        monkey = made._running
        assert monkey is not None
        made._over.set()  # nobody is there to start another one
        socket.socket(fileno=os.dup(made._connection.fileno())).shutdown(socket.SHUT_RDWR)
        made._process.join(30)
        assert made._process.exitcode == 0
        monkey.close()
    assert exchanges(path) == 3
    assert "capture-cut-short" in kinds(path)
    (ended, last), = query(path, "SELECT ended_at, (SELECT max(started_at) FROM exchanges) FROM captures")  # fmt: skip
    assert ended == last
    assert [found.name for found in tmp_path.iterdir()] == ["a.db"]


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_that_end_the_proxy_leave_the_analysis_to_its_end(tmp_path: Path, ending: signal.Signals) -> None:
    with analysing(tmp_path / "a.db") as (made, _):
        kill(made, ending)  # even before it has come up
        made.put(leak())
        until(lambda: made._ready)
        kill(made, ending)
        made.put(leak())
        assert made.close(NOON + 10, 6).losses == ()
    assert exchanges(tmp_path / "a.db") == 6


def test_an_exchange_that_another_addon_spoilt_costs_itself_alone(tmp_path: Path) -> None:
    first, pixel, last = leak()
    with analysing(tmp_path / "a.db") as (made, _):
        made.put([first, replace(pixel, failure=object()), last])
        assert made.close(NOON + 10, 3).losses == ()
    assert query(tmp_path / "a.db", "SELECT count(*) FROM exchanges") == [(2,)]
    assert query(tmp_path / "a.db", "SELECT kind, host FROM gaps WHERE kind = 'internal-error'") == [
        ("internal-error", pixel.host)
    ]
