"""``consentwire run`` in a process of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from .prepared import Forked

HERE = Path(__file__).parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Run:
    """A live capture into ``folder``: its database, the flows that mitmproxy saved, what the terminal said."""

    def __init__(self, folder: Path, origin_port: int, *arguments: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.database = folder / "live.db"
        self.flows = folder / "capture.mitm"
        self.output = ""
        self._log = folder / "run.log"
        self._origin_port = origin_port
        self._arguments = arguments

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Run:
        own = list(self._arguments) or ["--no-datasette"]
        arguments = ["run", "--port", str(self.port), "--db", str(self.database), *own]
        options = ["connection_strategy=lazy", "ssl_insecure=true", f"confdir={self.folder / 'conf'}"]
        passed = ["-s", str(HERE / "redirect.py"), "-w", str(self.flows)]
        passed += [part for option in options for part in ("--set", option)]
        environment = os.environ | {"CONSENTWIRE_TEST_ORIGIN": str(self._origin_port), "COLUMNS": "200"}
        self._process = self._started([*arguments, "--", *passed], environment)
        deadline = time.monotonic() + 60
        while True:
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"consentwire run did not start:\n{self.said()}")
            if "Proxy on port" in self.said():  # it listens by then, and its secret is there for commands
                return self
            time.sleep(0.05)

    def _started(self, arguments: list[str], environment: dict[str, str]) -> Forked | subprocess.Popen[bytes]:
        return Forked(arguments, environment, self.folder, self._log)

    @property
    def process(self) -> int:
        """The number of the proxy's process."""
        return self._process.pid

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> int:
        """Presses Ctrl-C; the exit code."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        code = self._process.wait(timeout=30)
        self.output = self.said()
        return code

    def said(self) -> str:
        """What the terminal says so far."""
        return self._log.read_text() if self._log.exists() else ""


class Started(Run):
    """The same, started as a tester starts it, from nothing."""

    def _started(self, arguments: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
        with self._log.open("w") as log:
            command = [sys.executable, "-m", "addon.cli", *arguments]
            return subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=environment, cwd=self.folder)
