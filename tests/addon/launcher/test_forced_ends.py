"""Live captures that are ended by force, by their terminal or their disk: real processes, and what they leave."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from benchmarks.kills import LiveRun, free_port, origin
from tests.addon.store.rows_made import query

pytestmark = pytest.mark.skipif(not Path("/proc").exists(), reason="processes are found in /proc")


@pytest.fixture(scope="module")
def upstream() -> Iterator[int]:
    with origin() as port:
        yield port


@pytest.fixture
def runs(upstream: int) -> Iterator[Callable[..., LiveRun]]:
    made: list[LiveRun] = []

    def run(database: Path, *options: str, group: bool = False, log: Path | None = None) -> LiveRun:
        made.append(LiveRun(database, upstream, *options, group=group, log=log))
        made[-1].wait_until_up()
        return made[-1]

    yield run
    for each in made:
        each.process.kill()
        each.process.wait()


def until(true: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def stored(run: LiveRun, count: int) -> Callable[[], bool]:
    return lambda: query(run.database, "SELECT count(*) FROM exchanges")[0][0] >= count


def gaps(database: Path) -> dict[str, str]:
    return dict(query(database, "SELECT kind, reason FROM gaps"))


def command(*arguments: object) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "addon.cli", *map(str, arguments)]
    return subprocess.run(
        line, capture_output=True, text=True, check=False, timeout=120, env=os.environ | {"COLUMNS": "250"}
    )


def send(run: LiveRun, count: int, name: str = "m", size: int = 0) -> None:
    for place in range(count):
        run.send(f"{name}{place}", size=size)


@pytest.mark.parametrize("how", ["SIGHUP", "SIGTERM", "SIGTERM to the group", "SIGHUP to the group"])
def test_what_ends_a_terminal_or_a_service_ends_a_capture_as_ctrl_c_does(
    how: str, runs: Callable[..., LiveRun], tmp_path: Path
) -> None:
    run = runs(tmp_path / "a.db", group=True)
    send(run, 20)
    name, _, group = how.partition(" ")
    os.kill(-run.process.pid if group else run.process.pid, signal.Signals[name])
    assert run.process.wait(timeout=60) == 0, run.said()
    assert query(run.database, "SELECT count(*) FROM exchanges") == [(20,)]
    assert query(run.database, "SELECT exchanges_read, ended_at IS NOT NULL FROM captures") == [(20, 1)]
    assert not {"internal-error", "capture-cut-short"} & set(gaps(run.database))
    assert sorted(path.name for path in tmp_path.glob("a.db*") if path != run.log) == ["a.db"]


def test_a_terminal_that_is_closed_ends_a_capture_with_a_whole_database(upstream: int, tmp_path: Path) -> None:
    port, database = free_port(), tmp_path / "a.db"
    terminal, inside = os.openpty()
    arguments = ["run", "--no-datasette", "--port", str(port), "--db", str(database)]
    arguments += ["--mode", f"reverse:http://127.0.0.1:{upstream}", "--", "--set", f"confdir={tmp_path / 'conf'}"]
    process = subprocess.Popen(
        [sys.executable, "-m", "addon.cli", *arguments],
        stdin=inside,
        stdout=inside,
        stderr=inside,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509, no thread of ours holds a lock here
    )
    os.close(inside)
    until(lambda: listens(port))
    run = LiveRun.__new__(LiveRun)
    run.port = port
    send(run, 5)
    os.close(terminal)
    process.wait(timeout=60)
    assert query(database, "SELECT count(*) FROM exchanges") == [(5,)]
    assert query(database, "SELECT count(*) FROM captures WHERE ended_at IS NOT NULL") == [(1,)]
    assert "capture-cut-short" not in gaps(database)


def test_a_capture_that_was_killed_is_given_its_end_by_whoever_opens_it_next(
    runs: Callable[..., LiveRun], tmp_path: Path
) -> None:
    run = runs(tmp_path / "a.db")
    send(run, 5)
    until(stored(run, 5))
    analysis = run.analysis()
    os.kill(analysis, signal.SIGKILL)
    run.process.kill()
    run.process.wait()
    assert query(run.database, "SELECT ended_at FROM captures") == [(None,)]
    assert "capture-cut-short: the proxy was ended by force" in command("check", run.database).stdout
    (row,) = query(
        run.database, "SELECT exchanges_read, ended_at, (SELECT max(started_at) FROM exchanges) FROM captures"
    )
    assert row[0] == 5
    assert row[1] == row[2]
    assert "capture-cut-short" in gaps(run.database)


def test_captures_beside_each_other_in_one_database_do_not_end_each_other(
    runs: Callable[..., LiveRun], tmp_path: Path
) -> None:
    first, second = runs(tmp_path / "a.db"), runs(tmp_path / "a.db")
    send(first, 3, "first")
    send(second, 3, "second")
    until(stored(first, 6))
    os.kill(first.analysis(), signal.SIGSTOP)  # so that nobody of its own gives it an end
    os.kill(first.analysis(), signal.SIGKILL)
    first.process.kill()
    first.process.wait()
    command("check", first.database)
    send(second, 3, "more")
    assert second.end() == 0, second.said()
    assert query(first.database, "SELECT count(*) FROM exchanges WHERE capture_id = 2") == [(6,)]
    assert query(first.database, "SELECT DISTINCT capture_id FROM gaps WHERE kind = 'capture-cut-short'") == [(1,)]


def test_a_run_whose_analysis_was_killed_says_last_that_it_is_incomplete_and_exits_with_3(
    runs: Callable[..., LiveRun], tmp_path: Path
) -> None:
    run = runs(tmp_path / "a.db")
    send(run, 5)
    until(stored(run, 5))
    os.kill(run.analysis(), signal.SIGKILL)
    send(run, 5, "more")
    until(lambda: "started anew (1 of 3)" in run.said())
    assert run.end() == 3
    assert "This capture is incomplete: the analysis ended early" in run.said().strip().splitlines()[-1]
    assert query(run.database, "SELECT count(*), count(DISTINCT query) FROM exchanges") == [(10, 10)]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("no small disk can be mounted here (that takes root)")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=False)


def test_a_disk_that_is_full_to_the_end_is_said_last_with_an_exit_code_and_a_gap(
    runs: Callable[..., LiveRun], small_disk: Path, tmp_path: Path
) -> None:
    conf = small_disk / "conf"
    conf.symlink_to(tmp_path, target_is_directory=True)
    run = runs(small_disk / "a.db", log=tmp_path / "log")
    send(run, 500, size=6000)
    assert run.end() == 3, run.said()
    last = run.said().strip().splitlines()[-1]
    assert re.search(r"This capture is incomplete: \d+ records could not be stored: .*database or disk is full", last)
    kept = query(run.database, "SELECT count(*) FROM exchanges")[0][0]
    assert kept < 500, "the disk was large enough"
    assert "could not be stored" in gaps(run.database)["records-lost"]
    assert query(run.database, "SELECT exchanges_read, ended_at IS NOT NULL FROM captures") == [(500, 1)]
    assert run.said().count("database or disk is full; what passes by waits in memory") == 1


def test_a_log_that_finds_no_room_ends_no_capture(
    runs: Callable[..., LiveRun], small_disk: Path, tmp_path: Path
) -> None:
    run = runs(tmp_path / "a.db", log=small_disk / "log")
    with suppress(OSError):
        (small_disk / "filling").write_bytes(bytes(4 << 20))
    send(run, 100)
    (small_disk / "filling").unlink()
    run.end()
    assert query(run.database, "SELECT count(*) FROM exchanges") == [(100,)]
    assert query(run.database, "SELECT count(*) FROM captures WHERE ended_at IS NOT NULL") == [(1,)]


def test_a_database_that_is_deleted_is_said_at_once_and_goes_on_beside_it(
    runs: Callable[..., LiveRun], tmp_path: Path
) -> None:
    run = runs(tmp_path / "a.db")
    send(run, 5)
    until(stored(run, 5))
    run.database.unlink()
    send(run, 5, "more")
    until(lambda: "was deleted, renamed or replaced while the capture ran" in run.said())
    send(run, 5, "last")
    assert run.end() == 3
    rescued = tmp_path / "a-rescued.db"
    assert str(rescued) in run.said().strip().splitlines()[-1]
    assert query(rescued, "SELECT count(*) FROM exchanges") == [(15,)]
    assert "database-moved" in gaps(rescued)


def test_a_damaged_database_is_refused_by_every_command_that_would_use_it(
    tmp_path: Path, runs: Callable[..., LiveRun]
) -> None:
    run = runs(tmp_path / "a.db")
    send(run, 30)
    assert run.end() == 0
    content = bytearray(run.database.read_bytes())
    for page in range(3, len(content) // 4096):
        content[page * 4096 : page * 4096 + 200] = os.urandom(200)
    run.database.write_bytes(content)
    captures = sorted(Path("captures").glob("*.mitm"))[:1]
    for arguments in (
        ("run", "--no-datasette", "--port", free_port(), "--db", run.database),
        ("analyze", *captures, "--db", run.database),
        ("check", run.database),
        ("serve", run.database, "--port", free_port(), "--no-open"),
    ):
        done = command(*arguments)
        assert done.returncode == 2, arguments
        assert "the database is damaged" in done.stderr
        assert "Traceback" not in done.stderr


def test_a_database_that_is_taken_is_said_so_within_seconds(tmp_path: Path) -> None:
    command("analyze", *sorted(Path("captures").glob("*.mitm"))[:1], "--db", tmp_path / "a.db")
    with closing(sqlite3.connect(tmp_path / "a.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        started = time.monotonic()
        done = command("run", "--no-datasette", "--port", free_port(), "--db", tmp_path / "a.db")
        took = time.monotonic() - started
    assert done.returncode == 2
    assert "another program is writing to it" in done.stderr
    assert took < 20, "it was half a minute"


def test_datasette_goes_with_a_run_that_is_killed(runs: Callable[..., LiveRun], tmp_path: Path) -> None:
    port = free_port()
    run = runs(tmp_path / "a.db", "--datasette-port", str(port))
    until(lambda: listens(port))
    run.process.kill()
    run.process.wait()
    until(lambda: not listens(port), seconds=15)


def test_a_temporary_folder_of_a_long_name_hinders_no_capture(
    upstream: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / ("x" * 90)
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    run = LiveRun(tmp_path / "a.db", upstream)
    run.wait_until_up()
    until(lambda: "Proxy on port" in run.said())
    send(run, 1)
    assert run.end() == 0, run.said()
    assert "Traceback" not in run.said()


def test_what_a_killed_run_leaves_in_the_temporary_folder_goes_when_the_next_one_starts(
    upstream: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    for end in ("kill", "stop"):
        run = LiveRun(tmp_path / f"{end}.db", upstream)
        run.wait_until_up()
        until(lambda: "Proxy on port" in run.said())  # noqa: B023
        send(run, 1)
        if end == "kill":
            analysis = run.analysis()
            run.process.kill()
            run.process.wait()
            until(lambda: not Path(f"/proc/{analysis}").exists())  # noqa: B023
            assert list(temporary.glob("pymp-*")) and list(temporary.glob("consentwire-*/run-*.json"))
        else:
            assert run.end() == 0
    assert not list(temporary.glob("pymp-*")) and not list(temporary.glob("consentwire-*/run-*.json"))
    shutil.rmtree(temporary)
