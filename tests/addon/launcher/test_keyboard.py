"""Keys of a running capture, pressed in a pseudo-terminal."""

from __future__ import annotations

import asyncio
import io
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from addon.launcher.keyboard import HELP, Keyboard
from addon.observations import MarkKind
from addon.observe.mark_client import MarkFailed, PlacedMark

pytest.importorskip("termios", reason="there are no terminals of this kind here")
import pty
import termios


class Terminal:
    """A terminal of which the tester holds the other end."""

    def __init__(self) -> None:
        self.hand, self.file = pty.openpty()
        self.screen = io.StringIO()
        self.sent: list[tuple[str, str | None]] = []
        self.pressed: list[float] = []
        """When, by ``time.monotonic``."""
        console = Console(file=self.screen, width=100, force_terminal=False)
        self.keyboard = Keyboard(console, 8080, self.send, self.file)

    def send(self, text: str, kind: str | None, site: str | None, port: int, *, pressed: float) -> Any:
        self.pressed.append(pressed)
        assert (site, port) == (None, 8080)
        if text == "fail":
            raise MarkFailed("nothing answers on port 8080")
        self.sent.append((text, kind))
        return PlacedMark(MarkKind(kind or "note"), text, 1, "1.s1", "shop.example")

    def settings(self) -> list[Any]:
        return termios.tcgetattr(self.file)

    async def press(self, keys: str) -> None:
        os.write(self.hand, keys.encode())
        await asyncio.sleep(0.05)


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    made = Terminal()
    yield made
    os.close(made.hand)
    os.close(made.file)


@pytest.mark.parametrize(
    ("key", "mark"), [("a", ("accepted", "accepted")), ("r", ("rejected", "rejected")), ("w", ("withdrew", "withdrew"))]
)
async def test_a_key_places_a_mark(terminal: Terminal, key: str, mark: tuple[str, str]) -> None:
    assert terminal.keyboard.start()
    await terminal.press(key)
    terminal.keyboard.stop()
    assert terminal.sent == [mark]
    assert f"Marked as {mark[1]}: {mark[0]} (on shop.example, session 1.s1 of capture 1)" in terminal.screen.getvalue()


async def test_a_key_is_placed_at_the_moment_of_its_press(terminal: Terminal) -> None:
    assert terminal.keyboard.start()
    before = time.monotonic()
    await terminal.press("a")
    terminal.keyboard.stop()
    assert before <= terminal.pressed[0] <= time.monotonic()


async def test_the_terminal_is_given_back_as_it_was(terminal: Terminal) -> None:
    before = terminal.settings()
    assert terminal.keyboard.start()
    local = 3
    assert not terminal.settings()[local] & (termios.ICANON | termios.ECHO)
    assert terminal.settings()[local] & termios.ISIG, "Ctrl-C stays a signal"
    terminal.keyboard.stop()
    assert terminal.settings() == before
    terminal.keyboard.stop()


async def test_help_is_shown_and_other_keys_do_nothing(terminal: Terminal) -> None:
    terminal.keyboard.start()
    terminal.screen.truncate(0)
    await terminal.press("xyz A\t\x04")
    await terminal.press("\x1b[A")
    assert terminal.screen.getvalue().strip("\0") == ""
    await terminal.press("?")
    assert HELP in terminal.screen.getvalue().replace("\n", " ")
    terminal.keyboard.stop()
    assert terminal.sent == []


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        (["n", "opened the app again", "\r"], [("opened the app again", "note")]),
        (["n", "arn", "\n", "a"], [("arn", "note"), ("accepted", "accepted")]),
        (["n", "falsch\x7f\x7f\x7f\x7f\x7f\x7f\x7frichtig é", "\r"], [("richtig é", "note")]),
        (["n", "gone\x15kept", "\r"], [("kept", "note")]),
        (["n", "no \x1b"], []),
        (["n", "  ", "\r"], []),
        (["n", "\x00tab\there", "\r"], [("tabhere", "note")]),
        (["n", "x" * 500, "\r"], [("x" * 300, "note")]),
    ],
)
async def test_a_note_is_a_line_that_can_be_mended(
    terminal: Terminal, typed: list[str], sent: list[tuple[str, str]]
) -> None:
    terminal.keyboard.start()
    for keys in typed:
        await terminal.press(keys)
    terminal.keyboard.stop()
    assert terminal.sent == sent


async def test_what_is_found_meanwhile_stands_above_the_note(terminal: Terminal) -> None:
    terminal.keyboard.start()
    await terminal.press("nhalf")
    terminal.screen.truncate(0)
    terminal.screen.seek(0)
    terminal.keyboard.show("a finding")
    assert terminal.screen.getvalue() == "\r\x1b[2Ka finding\nNote: half"
    terminal.keyboard.stop()


async def test_a_mark_that_does_not_arrive_is_said(terminal: Terminal) -> None:
    terminal.keyboard.start()
    await terminal.press("nfail\r")
    terminal.keyboard.stop()
    assert "nothing answers on port 8080" in terminal.screen.getvalue()


async def test_the_loop_goes_on_while_a_mark_is_told(terminal: Terminal) -> None:
    def slow(*_: object) -> Any:
        time.sleep(0.3)
        return PlacedMark(MarkKind.ACCEPTED, "accepted", 1, "1.s1", "shop.example")

    terminal.keyboard._send = slow
    terminal.keyboard.start()
    begun = time.monotonic()
    await terminal.press("a")
    assert time.monotonic() - begun < 0.25
    terminal.keyboard.stop()


async def test_a_terminal_that_goes_away_ends_nothing() -> None:
    made = Terminal()
    made.keyboard.start()
    os.close(made.hand)
    await asyncio.sleep(0.05)
    made.keyboard.stop()
    os.close(made.file)


async def test_without_a_terminal_nothing_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    console = Console(file=io.StringIO())
    monkeypatch.setattr(sys, "stdin", io.StringIO("a"))
    assert not Keyboard(console, 8080).start()
    monkeypatch.setattr(sys, "stdin", None)
    assert not Keyboard(console, 8080).start()
    with Path(os.devnull).open() as nothing:  # noqa: ASYNC230
        assert not Keyboard(console, 8080, file=nothing.fileno()).start()


# --- the command itself


@contextmanager
def running(folder: Path, *arguments: str) -> Iterator[tuple[int, int, subprocess.Popen[bytes]]]:
    """``consentwire run`` in a terminal of its own: the tester's end, the terminal, the process."""
    hand, file = pty.openpty()
    with socket_of_its_own() as port:
        command = [sys.executable, "-m", "addon.cli", "run", "--no-datasette", "--port", str(port), *arguments]
    command += ["--", "--set", f"confdir={folder / 'conf'}"]
    code = "import os, fcntl, termios, sys; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
    process = subprocess.Popen(
        [sys.executable, "-c", code, *command],
        stdin=file, stdout=file, stderr=file, cwd=folder, start_new_session=True,
    )  # fmt: skip
    try:
        yield hand, file, process
    finally:
        process.kill()
        process.wait()
        os.close(hand)
        os.close(file)


@contextmanager
def socket_of_its_own() -> Iterator[int]:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        yield probe.getsockname()[1]


def read_until(hand: int, wanted: str, seconds: float = 30) -> str:
    import select

    shown, deadline = "", time.monotonic() + seconds
    while wanted not in shown:
        assert time.monotonic() < deadline, shown
        if select.select([hand], [], [], 0.2)[0]:
            shown += os.read(hand, 65536).decode("utf-8", "replace")
    return shown


def test_a_tester_marks_with_a_key_and_ctrl_c_gives_the_terminal_back(tmp_path: Path) -> None:
    with running(tmp_path) as (hand, file, process):
        before = termios.tcgetattr(file)
        shown = read_until(hand, "Keys: a accepted")
        assert "on this machine alone" in shown
        os.write(hand, b"r")
        read_until(hand, "belongs to no session: no site has been opened")
        os.write(hand, b"nthe banner came again\r")
        read_until(hand, "belongs to no session: no site has been opened")
        os.write(hand, b"\x03")
        read_until(hand, "Nothing to judge")
        assert process.wait(timeout=30) == 0
        assert termios.tcgetattr(file) == before
    with closing(sqlite3.connect(tmp_path / "consentwire.db")) as connection:
        marks = connection.execute("SELECT kind, text FROM marks ORDER BY marked_at").fetchall()
    assert marks == [("rejected", "rejected"), ("note", "the banner came again")]
