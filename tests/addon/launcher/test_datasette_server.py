"""What listens on ports and runs beside the proxy: Datasette, and what a running capture says."""

from __future__ import annotations

import errno
import io
import json
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from click.testing import CliRunner
from mitmproxy.test import taddons
from rich.console import Console

from addon.cli import main
from addon.launcher import live_run
from addon.launcher.browser import BrowserError
from addon.launcher.datasette_server import DatasetteProcess, NotStarted, PortTaken, application, check_port, url_of
from addon.launcher.keyboard import Keyboard
from addon.launcher.live_run import Companions, ConsoleReporter, Setup
from addon.live import ConsentWire
from addon.store import Database

from ..store.rows_made import row_maker, small, violation


@pytest.fixture
def database(tmp_path: Path) -> Path:
    made = Database(tmp_path / "a [b].db")
    made.write(small(1), row_maker())
    made.close()
    return tmp_path / "a [b].db"


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield int(listener.getsockname()[1])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def refused(*arguments: object) -> str:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments], env={"COLUMNS": "200"})
    assert (result.exit_code, result.stdout) == (2, "")
    return result.stderr


def screen() -> Console:
    return Console(file=io.StringIO(), width=60)


def printed(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


# --- ports


def test_a_free_port_is_free_and_stays_so() -> None:
    port = free_port()
    for host in ("127.0.0.1", "localhost", "", "127.0.0.1"):
        check_port(host, port, "--port")


@pytest.mark.parametrize("host", ["127.0.0.1", ""])
def test_a_taken_port_is_said_to_be_taken(taken: int, host: str) -> None:
    with pytest.raises(PortTaken, match=f"port {taken} on .* is taken; choose another with --some-port"):
        check_port(host, taken, "--some-port")


def test_a_port_that_may_not_be_taken_is_not_said_to_be_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", denied)
    with pytest.raises(PortTaken, match=r"port 80 on this machine cannot be listened on \(Permission denied\)"):
        check_port("", 80, "--port")


def test_a_host_that_is_not_ours_is_not_said_to_be_taken() -> None:
    with pytest.raises(PortTaken, match=r"port 8001 on 192\.0\.2\.1 cannot be listened on"):
        check_port("192.0.2.1", 8001, "--port")


def test_a_name_that_is_nobodys_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    with pytest.raises(PortTaken, match="Name or service not known"):
        check_port("no.such.host", 8001, "--port")


@pytest.mark.parametrize(
    "arguments",
    [
        ["demo", "--port", "TAKEN"],
        ["serve", "DATABASE", "--port", "TAKEN"],
        ["run", "--port", "TAKEN", "--no-datasette", "--db", "new.db"],
        ["run", "--port", "FREE", "--db", "new.db", "--datasette-port", "TAKEN"],
    ],
    ids=lambda arguments: " ".join(arguments[:2]),
)
def test_commands_name_the_option_that_changes_a_taken_port(
    arguments: list[str], taken: int, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(database.parent)
    option = arguments[arguments.index("TAKEN") - 1]
    values = {"TAKEN": str(taken), "FREE": str(free_port()), "DATABASE": str(database)}
    said = refused(*(values.get(argument, argument) for argument in arguments))
    assert f"port {taken} on" in said
    assert said.strip().endswith(f"is taken; choose another with {option}")


@pytest.mark.parametrize("port", ["0", "-1", "65536", "http"])
@pytest.mark.parametrize(
    "arguments",
    [["demo", "--port"], ["serve", "a.db", "--port"], ["run", "--port"], ["run", "--datasette-port"]],
    ids=" ".join,
)
def test_what_is_no_port_is_wrong_usage(arguments: list[str], port: str) -> None:
    assert "Invalid value for" in refused(*arguments, port)


# --- Datasette


def test_serve_says_how_to_get_a_database(tmp_path: Path) -> None:
    assert "there is no such file; 'consentwire analyze CAPTURE --db" in refused("serve", tmp_path / "[a].db")
    (tmp_path / "text").write_text("text" * 200)
    assert "not a SQLite database; if it is a capture, 'consentwire analyze CAPTURE" in refused(
        "serve", tmp_path / "text"
    )
    (tmp_path / "empty.db").touch()
    assert "empty.db: the file is empty, and no database; 'consentwire analyze CAPTURE" in refused(
        "serve", tmp_path / "empty.db"
    )
    assert not (tmp_path / "empty.db").stat().st_size


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8001/"),
        ("localhost", "http://localhost:8001/"),
        ("192.0.2.7", "http://192.0.2.7:8001/"),
        ("::1", "http://[::1]:8001/"),
        ("0.0.0.0", "http://127.0.0.1:8001/"),
        ("::", "http://127.0.0.1:8001/"),
    ],
)
def test_the_address_that_is_told_can_be_opened(host: str, url: str) -> None:
    assert url_of(host, 8001) == url


@pytest.mark.parametrize(
    ("host", "name"),
    [("192.0.2.7", "192.0.2.7"), ("::1", "[::1]"), ("my.example", "my.example"), ("0.0.0.0", socket.gethostname())],
)
def test_the_pages_answer_to_the_name_they_are_served_under(database: Path, host: str, name: str) -> None:
    assert name in application(database, host).plugin_config("consentwire")["hosts"]


def test_a_machine_whose_name_is_nobodys_is_served(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*_: object, **__: object) -> None:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    assert application(database, "::").plugin_config("consentwire")["hosts"] == [socket.gethostname()]


def test_datasette_answers_in_a_process_of_its_own_and_stops(database: Path) -> None:
    process = DatasetteProcess(database, free_port())
    try:
        assert process.wait_until_up()
        with urlopen(f"{process.url}-/databases.json", timeout=20) as answer:
            assert database.stem in {each["name"] for each in json.load(answer)}
    finally:
        process.close()
        process.close()
    assert process._process.poll() is not None
    assert not process.wait_until_up()


def test_a_datasette_that_cannot_start_is_not_waited_for(tmp_path: Path) -> None:
    process = DatasetteProcess(tmp_path / "nothing.db", free_port())
    assert not process.wait_until_up()
    process.close()


def test_ctrl_c_ends_serving_without_a_fault(database: Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", "addon.cli", "serve", str(database), "--port", str(port), "--no-open"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for _ in range(600):
        with socket.socket() as probe:
            if process.poll() is not None or probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        threading.Event().wait(0.05)
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=30)
    assert process.returncode == 0
    assert f"Browse the findings at http://127.0.0.1:{port}/ (Ctrl-C ends it)" in out
    assert "Traceback" not in errors


# --- beside a running capture


def test_a_finding_is_told_once_and_again_when_it_moves() -> None:
    console = screen()
    reporter = ConsoleReporter(Keyboard(console, 8080).show)
    for change in ({}, {"place": 2}, {"verdict": "cleared"}, {"fingerprint": "f2", "suppressed": "known"}):
        reporter.violation(violation(1, explanation="It was sent [red]now[/].", **change))
    assert printed(console).splitlines() == [
        "likely event-without-consent It was sent [red]now[/].",
        "cleared event-without-consent It was sent [red]now[/].",
    ]


class Started:
    """Stands for what is started beside the proxy."""

    made: list[tuple[Any, ...]]
    closed: int

    def __init__(self, *arguments: Any) -> None:
        type(self).made.append(arguments)
        self.url = "http://127.0.0.1:8001/"

    def close(self) -> None:
        type(self).closed += 1


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> type[Started]:
    Started.made, Started.closed = [], 0
    monkeypatch.setattr(live_run, "DatasetteProcess", Started)
    monkeypatch.setattr(live_run, "Browser", Started)
    return Started


def companions(console: Console, **options: Any) -> None:
    setup = Setup(8080, Path("a[/b].db"), **options)
    made = Companions(setup, ConsentWire(), Keyboard(console, 8080), console)
    with taddons.context() as context:
        context.options.add_option("confdir", str, "~/conf", "") if "confdir" not in context.options else None
        made.running()
        made.done()


async def test_what_goes_with_the_proxy_comes_up_and_goes_down_with_it(started: type[Started]) -> None:
    console = screen()
    companions(console, browser="chromium", datasette_port=8001)
    (datasette, browser) = started.made
    assert datasette == (Path("a[/b].db"), 8001)
    assert (browser[0], browser[1], browser[3]) == ("chromium", 8080, (8001,))
    assert browser[2].name == "mitmproxy-ca-cert.pem"
    assert started.closed == 2
    assert "Proxy on port 8080, on this machine alone; writing to a[/b].db. Ctrl-C ends the capture." in printed(
        console
    )
    assert "Datasette: http://127.0.0.1:8001/" in printed(console)


def test_only_what_was_asked_for_comes_up(started: type[Started]) -> None:
    companions(screen())
    assert started.made == []


def test_a_browser_that_does_not_start_does_not_end_the_capture(
    started: type[Started], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise BrowserError("/opt/[/chrome] did not start")

    monkeypatch.setattr(live_run, "Browser", fails)
    console = screen()
    companions(console, browser="chrome", datasette_port=8001)
    assert "/opt/[/chrome] did not start" in printed(console)
    assert started.closed == 1


def test_nothing_is_started_if_a_port_is_taken(taken: int, started: type[Started], tmp_path: Path) -> None:
    setup = Setup(free_port(), tmp_path / "a.db", datasette_port=taken)
    with pytest.raises(PortTaken, match="--datasette-port"):
        live_run.capture(setup, screen())
    assert started.made == []


def test_what_mitmproxy_refuses_is_bad_usage(tmp_path: Path) -> None:
    options = ["run", "--no-datasette", "--port", str(free_port()), "--", "--mode", "bogus"]
    command = [sys.executable, "-m", "addon.cli", *options]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert "consentwire run: Invalid proxy mode specification: bogus" in done.stderr
    assert "mitmproxy did not start; it says why above" in done.stderr
    assert "deprecated" not in done.stderr


@pytest.mark.parametrize(("code", "refused"), [(0, False), (None, False), (1, True), ("text", True)])
def test_only_an_end_with_a_fault_is_a_refusal(
    code: object, refused: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = list(sys.argv)

    def ends(_master: object, _parser: object, arguments: list[str]) -> None:
        assert arguments[:2] == ["--listen-port", str(port)]
        assert arguments[-1] == "--anticache"
        raise SystemExit(code)

    monkeypatch.setattr(live_run, "run_mitmproxy", ends)
    port = free_port()
    with pytest.raises(NotStarted) if refused else nullcontext():
        setup = Setup(
            port, tmp_path / "a.db", tmp_path / "p.toml", modes=("regular",), mitmproxy_arguments=("--anticache",)
        )
        live_run.capture(setup, screen())
    assert sys.argv == given
