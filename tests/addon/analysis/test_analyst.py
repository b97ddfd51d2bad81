"""The analysis beside the proxy: a process of its own that is never waited for, and leaves a complete database."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from addon import __version__
from addon.analysis import Analyst, Verdicts, analyst, note_early_end
from addon.policy import Policy
from addon.records import CaptureRecord
from addon.store import Database
from tests.addon.building import META_PIXEL, NOON, Browser
from tests.addon.store.rows_made import query
from vendor_catalog import shipped_catalogue


class Heard:
    def __init__(self) -> None:
        self.verdicts: Verdicts = []
        self.event = threading.Event()

    def __call__(self, verdicts: Verdicts) -> None:
        self.verdicts += verdicts
        self.event.set()


@contextmanager
def analysing(path: Path) -> Iterator[tuple[Analyst, Heard]]:
    database = Database(path)
    number = database.claim("live", None)
    database.close()
    capture = CaptureRecord(
        id=number, kind="live", path=None, digest=None, started_at=NOON, ended_at=None, policy=None, tool_version=__version__
    )  # fmt: skip
    heard = Heard()
    yield Analyst(path, capture, Policy(), shipped_catalogue(), heard), heard


def leak() -> list:  # type: ignore[type-arg]
    browser = Browser()
    return [browser.open(0), browser.pixel(1, META_PIXEL), browser.open(2)]


def test_what_is_put_in_is_judged_in_order_and_comes_back(tmp_path: Path) -> None:
    with analysing(tmp_path / "a.db") as (made, heard):
        made.put(leak())
        assert heard.event.wait(30)
        made.gap("tls-refused", "pinned.example", "the client refused it")
        assert made.close(NOON + 10, 3)
    assert {violation.rule for violation, _ in heard.verdicts} == {"destination-without-consent"}
    assert query(tmp_path / "a.db", "SELECT exchanges_read, ended_at IS NOT NULL FROM captures") == [(3, 1)]
    assert query(tmp_path / "a.db", "SELECT count(*) FROM exchanges") == [(3,)]
    assert query(tmp_path / "a.db", "SELECT host FROM gaps WHERE kind = 'tls-refused'") == [("pinned.example",)]


def test_an_analysis_that_is_killed_is_said_and_does_not_hang_the_proxy(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with analysing(tmp_path / "a.db") as (made, heard):
        made.put(leak())
        assert heard.event.wait(30)
        time.sleep(0.5)  # the writer gathers for a moment
        os.kill(made._process.pid, signal.SIGKILL)
        made._process.join(10)
        made.put(leak())
        started = time.monotonic()
        assert not made.close(NOON + 10, 6)
        assert time.monotonic() - started < 20
    assert "the analysis ended early" in caplog.text
    note_early_end(tmp_path / "a.db", 1)
    assert query(tmp_path / "a.db", "SELECT kind FROM gaps WHERE id = '1.g-end'") == [("internal-error",)]
    assert query(tmp_path / "a.db", "SELECT count(*) FROM exchanges") == [(3,)]


def test_more_than_can_wait_is_left_out_and_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analyst, "_MAX_UNSENT", -1)
    with analysing(tmp_path / "a.db") as (made, _):
        made.put(leak())
        assert made.close(NOON + 10, 3)
    (reason,) = query(tmp_path / "a.db", "SELECT reason FROM gaps WHERE kind = 'records-lost'")
    assert reason[0].startswith("3 exchanges were not analysed")


def test_a_proxy_that_vanishes_leaves_what_was_judged(tmp_path: Path) -> None:
    with analysing(tmp_path / "a.db") as (made, heard):
        made.put(leak())
        assert heard.event.wait(30)
        socket.socket(fileno=os.dup(made._connection.fileno())).shutdown(socket.SHUT_RDWR)
        made._process.join(30)
        assert made._process.exitcode == 0
    assert query(tmp_path / "a.db", "SELECT count(*) FROM exchanges") == [(3,)]


def test_an_exchange_that_another_addon_spoilt_costs_itself_alone(tmp_path: Path) -> None:
    first, pixel, last = leak()
    with analysing(tmp_path / "a.db") as (made, _):
        made.put([first, replace(pixel, failure=object()), last])
        assert made.close(NOON + 10, 3)
    assert query(tmp_path / "a.db", "SELECT count(*) FROM exchanges") == [(2,)]
    assert query(tmp_path / "a.db", "SELECT kind, host FROM gaps WHERE kind = 'internal-error'") == [
        ("internal-error", pixel.host)
    ]
