"""A lesson: the tester answers a banner once each way, and what follows the answers becomes an entry of a folder of their own."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli_w

from addon.launcher.browser import Browser
from addon.manager_draft import Answer, AnswerKind, Draft, Place, Snapshot
from addon.manager_draft.observed import Stored
from addon.observe.run_client import RunClient, RunUnanswered
from addon.observe.stored import STORED
from addon.policy import catalogue_with
from vendor_catalog import Catalogue, Category
from vendor_catalog.lint import problems

_START_SECONDS = 60
_SETTLE_SECONDS = 1.0
"""Seconds after the tester's word in which a page tells what it stored last."""
_CERTIFICATE = Path("conf") / "mitmproxy-ca-cert.pem"


class LessonFailed(Exception):
    """A lesson cannot go on; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class LessonSetup:
    """The options of ``learn``."""

    site: str
    """Its registrable domain."""
    address: str
    """Where the banner is shown."""
    port: int
    browser: str = "none"
    policy: Path | None = None
    catalogue_folders: Sequence[Path] = ()
    mitmproxy_arguments: Sequence[str] = ()


class Lesson:
    """A capture of its own in which pages tell what they have stored."""

    def __init__(self, setup: LessonSetup, folder: Path, run: RunClient) -> None:
        self._setup = setup
        self._folder = folder
        self._run = run
        self._browser: Browser | None = None
        self.managers: list[str] = []
        """Ids of the consent managers of the catalogue that the site called."""

    def open_window(self) -> None:
        """Opens a window without anything in it, in place of the one before.

        Raises:
            BrowserError: if no browser can be started.
        """
        self.close_window()
        if self._setup.browser != "none":
            certificate = self._folder / _CERTIFICATE
            self._browser = Browser(self._setup.browser, self._setup.port, certificate, (), (self._setup.address,))

    def close_window(self) -> None:
        if self._browser is not None:
            self._browser.close()
            self._browser = None

    def snapshot(self) -> Snapshot:
        """What the site's pages have stored now.

        Raises:
            LessonFailed: if no page of the site was open yet, or the capture does not answer.
        """
        time.sleep(_SETTLE_SECONDS)
        try:
            state: dict[str, Any] = self._run.answer(STORED)
        except RunUnanswered as error:
            raise LessonFailed(str(error)) from error
        if not state["at"]:
            raise LessonFailed(
                f"no page of {self._setup.site} was seen with the probe in it: open {self._setup.address} in a browser that uses the proxy"
                f" on port {self._setup.port}"
            )
        self.managers = list(state["managers"])
        stored = {Stored(Place(each["place"]), each["name"]): each["value"] for each in state["stored"]}
        sent = {name for name, value in state["sent"].items() if stored.get(Stored(Place.COOKIE, name)) == value}
        return Snapshot(stored, tuple(state["calls"]), frozenset(sent))

    def answer(
        self,
        kind: AnswerKind,
        before: Snapshot,
        since: float,
        allowed: frozenset[Category] = frozenset(),
        refused: frozenset[Category] = frozenset(),
    ) -> Answer:
        """What the tester just did, with what is stored after it.

        Args:
            since: when the state before was seen (Unix time in seconds).
        """
        return Answer(kind, before, self.snapshot(), since, time.time(), allowed, refused)


@contextmanager
def lesson(setup: LessonSetup) -> Iterator[Lesson]:
    """Runs the capture of a lesson; nothing of it is kept.

    Raises:
        LessonFailed: if it does not start.
    """
    with tempfile.TemporaryDirectory(prefix="consentwire-learn-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        log = folder / "run.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                _command(setup, folder), stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
            )
        given: Lesson | None = None
        try:
            given = Lesson(setup, folder, _started(process, setup.port, log))
            yield given
        finally:
            if given is not None:
                given.close_window()
            _end(process)
            shutil.rmtree(folder / "conf", ignore_errors=True)


def _command(setup: LessonSetup, folder: Path) -> list[str]:
    command = [sys.executable, "-m", "addon.cli", "run", "--port", str(setup.port), "--db", str(folder / "lesson.db")]
    command += ["--no-datasette", "--browser", "none"]
    command += [] if setup.policy is None else ["--policy", str(setup.policy)]
    command += [part for each in setup.catalogue_folders for part in ("--catalogue", str(each))]
    options = [f"consentwire_learn={setup.site}", f"confdir={folder / 'conf'}"]
    passed = [part for option in options for part in ("--set", option)]
    return [*command, "--", *passed, *setup.mitmproxy_arguments]


def _started(process: subprocess.Popen[bytes], port: int, log: Path) -> RunClient:
    """The capture, as soon as it answers."""
    until = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < until:
        try:
            client = RunClient(port, 10)
            client.answer(STORED)
        except RunUnanswered:
            time.sleep(0.1)
        else:
            return client
    said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    raise LessonFailed(f"the capture did not start: {said[-1] if said else 'it said nothing'}")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def entry_text(draft: Draft) -> str:
    """A draft's file."""
    return tomli_w.dumps(dict(draft.document))


def keep(draft: Draft, folder: Path, over: Sequence[Path], replaces: Callable[[Path], bool]) -> Path | None:
    """Writes a draft into a folder of the user's own, and checks it as every entry is checked.

    Args:
        over: the folders that are laid over the catalogue before this one.
        replaces: whether a file that is there already may be replaced.

    Returns:
        The file; ``None`` if another one is there, and stays.

    Raises:
        LessonFailed: if the file cannot be written, or the catalogue refuses it; then it is as it was.
    """
    file = folder / "cmps" / f"{draft.manager.id}.toml"
    former = file.read_bytes() if file.is_file() else None
    if former is not None and not replaces(file):
        return None
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(entry_text(draft), encoding="utf-8")
    except OSError as error:
        raise LessonFailed(f"{file}: cannot be written: {error.strerror}") from error
    wrong = _refused(file.name, catalogue_with([*(each for each in over if each != folder), folder]))
    if wrong is not None:
        file.unlink() if former is None else file.write_bytes(former)
        raise LessonFailed(f"the catalogue refuses the entry: {wrong}")
    return file


def _refused(name: str, catalogue: Catalogue) -> str | None:
    """The first problem of a file."""
    return next((each for each in problems(catalogue) if name in each.partition(":")[0]), None)
