"""Keys of a running capture: one press marks what the tester just did, as ``consentwire mark`` does from another terminal.

The proxy's own event loop reads the terminal, a key at a time, and a thread sends the mark: nothing waits. Ctrl-C works as
always, and the terminal's settings are restored however the capture ends.
"""

from __future__ import annotations

import asyncio
import atexit
import codecs
import os
import signal
import sys
import time
from contextlib import suppress
from types import ModuleType
from typing import Any, Protocol

from rich.console import Console
from rich.text import Text

from addon.observe.mark_client import MarkFailed, place_mark
from addon.report.text import plain

termios: ModuleType | None
try:
    import termios
    import tty
except ImportError:  # Windows
    termios = None

_MARKS = {"a": ("accepted", "accepted"), "r": ("rejected", "rejected"), "w": ("withdrew", "withdrew")}
"""Key -> kind and text."""
HELP = "Keys: a accepted, r rejected, w withdrew, n a note, ? this help; Ctrl-C ends the capture."
_PROMPT = "Note: "
_ENTER, _ESCAPE, _ERASE, _KILL = ("\r", "\n"), "\x1b", ("\x7f", "\b"), "\x15"
_LONGEST = 300


class MarkSender(Protocol):
    """Places a mark: its text, its kind, its site, the proxy's port, and when the key was pressed (``time.monotonic``)."""

    def __call__(self, text: str, kind: str | None, site: str | None, port: int, *, pressed: float) -> Any: ...


class Keyboard:
    """Reads keys from a terminal while a capture runs."""

    def __init__(self, console: Console, port: int, send: MarkSender = place_mark, file: int | None = None) -> None:
        """
        Args:
            port: of the proxy, which identifies the run that gets the marks.
            send: places a mark.
            file: descriptor of the terminal; standard input without it.
        """
        self._console = console
        self._port = port
        self._send = send
        self._file = file
        self._before: list[Any] | None = None
        """The terminal's settings, to be restored."""
        self._note: str | None = None
        """The note as typed so far."""
        self._decoder = codecs.getincrementaldecoder("utf-8")("ignore")
        self._sending: set[asyncio.Task[None]] = set()

    def start(self) -> bool:
        """Begins to read, if there is a terminal. Returns whether it does."""
        if termios is None:
            return False
        if self._file is None:
            if sys.stdin is None or sys.stdin.closed or not sys.stdin.isatty():
                return False
            self._file = sys.stdin.fileno()
        with suppress(OSError):
            if os.tcgetpgrp(self._file) != os.getpgrp():
                return False  # in the background the terminal is somebody else's
        try:
            self._before = termios.tcgetattr(self._file)
        except termios.error:
            return False
        atexit.register(self._give_back)
        self._take()
        loop = asyncio.get_running_loop()
        loop.add_reader(self._file, self._read)
        loop.add_signal_handler(signal.SIGCONT, self._take)  # after Ctrl-Z and fg the shell has reset it
        self._console.print(HELP, style="dim", markup=False)
        return True

    def stop(self) -> None:
        """Restores the terminal."""
        if self._before is None or self._file is None:
            return
        with suppress(RuntimeError):
            loop = asyncio.get_running_loop()
            loop.remove_reader(self._file)
            loop.remove_signal_handler(signal.SIGCONT)
        self._give_back()
        atexit.unregister(self._give_back)
        self._before = None

    def show(self, line: Text | str) -> None:
        """Prints a line (a text may have markup), above a note that is being typed."""
        self._clear()
        self._console.print(line, soft_wrap=True)
        self._draw()

    def _take(self) -> None:
        if self._file is not None:
            tty.setcbreak(self._file)  # keys at once and without echo; Ctrl-C and Ctrl-Z go on as signals

    def _give_back(self) -> None:
        if termios is not None and self._before is not None and self._file is not None:
            with suppress(termios.error, OSError):
                termios.tcsetattr(self._file, termios.TCSADRAIN, self._before)

    def _read(self) -> None:
        try:
            content = os.read(self._file or 0, 4096)
        except OSError:
            content = b""
        if not content:  # the terminal is gone
            asyncio.get_running_loop().remove_reader(self._file or 0)
            return
        typed = self._decoder.decode(content)
        if len(typed) > 1 and typed.startswith(_ESCAPE):
            return  # an arrow or a function key
        for character in typed:
            self.press(character)

    def press(self, character: str) -> None:
        """Handles one key."""
        if self._note is not None:
            self._write(character)
        elif character in _MARKS:
            self._place(*_MARKS[character])
        elif character == "n":
            self._note = ""
            self._draw()
        elif character == "?":
            self._console.print(HELP, markup=False)

    def _write(self, character: str) -> None:
        note = self._note or ""
        if character in _ENTER or character == _ESCAPE:
            self._clear()
            self._note = None
            if character != _ESCAPE and note.strip():
                self._place("note", note.strip())
            else:
                self._console.print("No note.", style="dim")
            return
        if character in _ERASE:
            self._note = note[:-1]
        elif character == _KILL:
            self._note = ""
        elif character.isprintable() and len(note) < _LONGEST:
            self._note = note + character
        self._clear()
        self._draw()

    def _draw(self) -> None:
        if self._note is not None:
            room = max(10, self._console.width - len(_PROMPT) - 2)
            self._console.file.write(_PROMPT + self._note[-room:])
            self._console.file.flush()

    def _clear(self) -> None:
        if self._note is not None:
            self._console.file.write("\r\x1b[2K")

    def _place(self, kind: str, text: str) -> None:
        task = asyncio.get_running_loop().create_task(self._send_mark(kind, text, time.monotonic()))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _send_mark(self, kind: str, text: str, pressed: float) -> None:
        try:
            mark = await asyncio.to_thread(self._send, text, kind, None, self._port, pressed=pressed)
        except MarkFailed as error:
            self.show(Text(plain(str(error)), style="red"))
        else:
            self.show(Text(plain(str(mark))))
