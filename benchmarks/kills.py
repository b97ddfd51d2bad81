"""What is lost, and what is said of it, when processes of a live capture are ended by force under load.

    python -m benchmarks.kills [--kills 60] [--seconds 1.5] [--connections 6] [--jobs 1]

Each run is a ``consentwire run`` before a local server, into the same database as those before it. While clients send requests
through it, half of them Segment messages, SIGKILL ends the proxy, the analysis, or both; where the proxy lives on, it goes on for a
while and is ended by Ctrl-C. Then the database is read as ``consentwire check`` reads it. A response is lost if the client had it and
no exchange with its query is stored. A run is silent if no gap says that it was not whole, be anything lost or not.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from addon.findings.report import read_report
from benchmarks.live import _with_children, free_port

VICTIMS = ("proxy", "analysis", "both")
_WARM = 20
"""Responses after which the time until the kill begins to count."""
_SAYS = ("capture-cut-short", "analysis-restarted", "analysis-ended", "records-lost")


class _Origin(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.do_GET()

    def do_GET(self) -> None:
        body = b"<!doctype html><title>t</title><p>page" if self.command == "GET" else b'{"success":true}'
        self.send_response(200)
        self.send_header("content-type", "text/html" if self.command == "GET" else "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_: object) -> None:
        """Clients that are cut off in the middle are what this is about."""


@contextmanager
def origin() -> Iterator[int]:
    """A local server that answers everything; its port."""
    server = _Server(("127.0.0.1", 0), _Origin)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


class LiveRun:
    """``consentwire run`` before a local server."""

    def __init__(
        self, database: Path, upstream: int, *options: str, group: bool = False, log: Path | None = None
    ) -> None:
        self.port = free_port()
        self.database = database
        self.log = (log or database).with_name(f"{database.name}.{self.port}.log")
        command = [sys.executable, "-m", "addon.cli", "run", "--port", str(self.port), "--db", str(database)]
        command += [*(options or ("--no-datasette",)), "--mode", f"reverse:http://127.0.0.1:{upstream}"]
        command += ["--", "--set", f"confdir={database.parent / 'conf'}", "--set", "keep_host_header=true"]
        with self.log.open("w") as output:
            self.process = subprocess.Popen(
                command,
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=group,
                env=os.environ | {"PYTHONUNBUFFERED": "1", "COLUMNS": "200"},
            )

    def wait_until_up(self, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise RuntimeError(f"the proxy did not start:\n{self.said()}")

    def said(self) -> str:
        return self.log.read_text()

    def analysis(self, seconds: float = 30) -> int:
        """The process of the analysis: the one that has the database open and is not the proxy."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for process in _with_children(self.process.pid)[1:]:
                with suppress(OSError):
                    for file in Path(f"/proc/{process}/fd").iterdir():
                        if file.readlink() == self.database.resolve():
                            return process
            time.sleep(0.05)
        raise RuntimeError("there is no analysis")

    def send(self, place: str, *, connection: http.client.HTTPConnection | None = None, size: int = 0) -> None:
        """One Segment message through the proxy, known by its query."""
        made = connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        message = {"type": "track", "event": "Kept", "anonymousId": "a", "messageId": place, "writeKey": "WK"}
        body = json.dumps(message | {"properties": {"filling": random.randbytes(size // 2).hex()}})
        headers = {"referer": "https://shop.example/", "host": "api.segment.io", "content-type": "application/json"}
        made.request("POST", f"/v1/t?n={place}", body, headers)
        made.getresponse().read()
        if connection is None:
            made.close()

    def end(self, how: signal.Signals = signal.SIGINT, seconds: float = 120) -> int:
        self.process.send_signal(how)
        return self.process.wait(timeout=seconds)


@dataclass
class Load:
    """Clients that send until they are stopped or nothing answers; what was answered, and when."""

    run: LiveRun
    name: str
    connections: int
    answered: dict[str, float] = field(default_factory=dict)
    stop: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Load:
        self._threads = [threading.Thread(target=self._send, args=(each,)) for each in range(self.connections)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        for thread in self._threads:
            thread.join()

    def _send(self, client: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.run.port, timeout=10)
        count = 0
        with suppress(OSError, http.client.HTTPException):
            while not self.stop.is_set():
                place = f"{self.name}-{client}-{count}"
                count += 1
                if count % 2:
                    self.run.send(place, connection=connection)
                else:
                    headers = {"host": "shop.example", "accept": "text/html"}
                    connection.request("GET", f"/page?n={place}", headers=headers)
                    connection.getresponse().read()
                self.answered[place] = time.time()
        connection.close()


@dataclass
class Result:
    """What became of one run."""

    victim: str
    responses: int = 0
    lost: int = 0
    before: float = 0.0
    """Seconds before the kill at which the first lost response was answered."""
    gap: bool = False
    ended: bool = False
    whole: bool = False
    code: int | None = None
    """Of the run, where Ctrl-C ended it."""

    @property
    def silent(self) -> bool:
        """Whether nothing says that the run was not whole, be something lost or not."""
        return not self.gap


def kill(database: Path, upstream: int, victim: str, seconds: float, connections: int, name: str) -> Result:
    """One run with one kill."""
    run = LiveRun(database, upstream)
    run.wait_until_up()
    analysis = run.analysis()
    with Load(run, name, connections) as load:
        while len(load.answered) < _WARM and run.process.poll() is None:
            time.sleep(0.02)
        time.sleep(seconds * random.uniform(0.5, 1.5))
        killed = time.time()
        if victim != "analysis":
            run.process.kill()
        if victim != "proxy":
            os.kill(analysis, signal.SIGKILL)
        if victim == "analysis":
            time.sleep(1.5)
    result = Result(victim, responses=len(load.answered))
    if victim == "analysis":
        result.code = run.end()
    else:
        run.process.wait()
        _wait_for(analysis)
        read_report(database)  # as whoever finds it would: check, serve and the next run do
    with closing(sqlite3.connect(database)) as connection:
        number, ended = connection.execute("SELECT id, ended_at FROM captures ORDER BY id DESC LIMIT 1").fetchone()
        kept = {query.partition("=")[2] for (query,) in connection.execute("SELECT query FROM exchanges")}
        kinds = {kind for (kind,) in connection.execute("SELECT kind FROM gaps WHERE capture_id = ?", (number,))}
        rows = connection.execute("SELECT query FROM exchanges WHERE capture_id = ?", (number,)).fetchall()
        whole = connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        whole = whole and not connection.execute("PRAGMA foreign_key_check").fetchall()
    missing = [at for place, at in load.answered.items() if place not in kept]
    result.lost = len(missing)
    result.before = max((killed - at for at in missing), default=0.0)
    result.gap = bool(kinds & set(_SAYS))
    result.ended = ended is not None
    result.whole = whole and len(rows) == len(set(rows))
    return result


def _wait_for(process: int, seconds: float = 60) -> None:
    """Waits until a process that is not ours has ended, with all its threads: until then its files are open."""
    deadline = time.monotonic() + seconds
    about = Path(f"/proc/{process}")
    while time.monotonic() < deadline:
        try:
            dead = (about / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
            if dead and len(list((about / "task").iterdir())) <= 1:
                return
        except OSError:
            return
        time.sleep(0.05)


def table(results: list[Result]) -> str:
    """The figures, a line for each kind of victim."""
    heads = ("killed", "runs", "responses", "rows lost", "most in one run", "most seconds before the kill", "gap")
    heads = (*heads, "`ended_at` set", "intact, no row twice", "silent")
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for victim in VICTIMS:
        own = [each for each in results if each.victim == victim]
        if not own:
            continue
        cells: list[object] = [victim, len(own), sum(each.responses for each in own), sum(each.lost for each in own)]
        cells += [max(each.lost for each in own), f"{max(each.before for each in own):.2f}"]
        cells += [f"{sum(getattr(each, what) for each in own)}/{len(own)}" for what in ("gap", "ended", "whole")]
        cells.append(sum(each.silent for each in own))
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    codes = sorted({str(each.code) for each in results if each.victim == "analysis"})
    lines.append(f"\nExit codes of runs whose analysis was killed: {', '.join(codes) or 'none'}")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--seconds", type=float, default=1.5, help="of load before the kill, more or less")
    parser.add_argument("--connections", type=int, default=6)
    parser.add_argument("--jobs", type=int, default=1, help="runs at a time")
    given = parser.parse_args()
    results: list[Result] = []
    with tempfile.TemporaryDirectory(prefix="consentwire-kills-") as folder, origin() as upstream:

        def work(job: int) -> None:
            for place in range(job, given.kills, given.jobs):
                victim = VICTIMS[place // given.jobs % len(VICTIMS)]
                database = Path(folder) / f"{job}-{victim}.db"
                results.append(kill(database, upstream, victim, given.seconds, given.connections, f"r{place}"))
                print(f"{len(results)}/{given.kills}: {results[-1]}", file=sys.stderr, flush=True)

        with ThreadPoolExecutor(given.jobs) as pool:
            list(pool.map(work, range(given.jobs)))
    print(table(results))
    return int(any(each.silent or not each.ended or not each.whole for each in results))


if __name__ == "__main__":
    sys.exit(main())
