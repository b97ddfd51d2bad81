"""A process that has imported what ``consentwire run`` imports, and forks for each run: what a run does from then on is the same,
and it starts a second sooner. Where starting is tested, :class:`tests.e2e.proxy.Started` starts it whole."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from functools import lru_cache
from pathlib import Path
from typing import NoReturn

_REPOSITORY = Path(__file__).parents[2]


class Forked:
    """One run, with what tests use of :class:`subprocess.Popen`."""

    def __init__(self, arguments: list[str], environment: dict[str, str], folder: Path, log: Path) -> None:
        """
        Args:
            arguments: of ``consentwire``.
            log: where its output goes.
        """
        self._parent = _parent()
        order = {"arguments": arguments, "environment": environment, "folder": str(folder), "log": str(log)}
        self.pid = int(_ask(self._parent, order))
        self._code: int | None = None

    def poll(self) -> int | None:
        """The exit code, if it has ended."""
        if self._code is None:
            self._code = _ask(self._parent, {"ended": self.pid})
        return self._code

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def wait(self, timeout: float) -> int:
        deadline = time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired("consentwire", timeout)
            time.sleep(0.01)
        return code


@lru_cache(maxsize=1)
def _parent() -> subprocess.Popen[str]:
    """The process that forks. It ends with this one, which holds the other end of its input."""
    command = [sys.executable, "-m", "tests.e2e.prepared"]
    environment = os.environ | {"COLUMNS": "200"}  # the console reads its width once, when it is imported
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=_REPOSITORY, env=environment
    )


def _ask(parent: subprocess.Popen[str], order: dict[str, object]) -> int | None:
    assert parent.stdin is not None and parent.stdout is not None
    parent.stdin.write(json.dumps(order) + "\n")
    parent.stdin.flush()
    answer: int | None = json.loads(parent.stdout.readline())
    return answer


def serve() -> None:
    """Forks as it is told on its input, until that ends."""
    from addon import cli
    from addon.launcher import live_run  # noqa: F401, what is imported here is there after forking
    from vendor_catalog import shipped_catalogue

    shipped_catalogue()
    # what a run starts itself imports its main module, which is this one
    sys.modules["__main__"].__spec__ = cli.__spec__
    for line in sys.stdin:
        order = json.loads(line)
        if "ended" in order:
            pid, status = os.waitpid(order["ended"], os.WNOHANG)
            answer = os.waitstatus_to_exitcode(status) if pid else None
        else:
            answer = os.fork()
            if not answer:
                become(order)
        print(json.dumps(answer), flush=True)


def become(order: dict[str, object]) -> NoReturn:
    """Runs the command, with a standard output and environment of its own."""
    from addon import cli

    nothing = os.open(os.devnull, os.O_RDONLY)
    log = os.open(str(order["log"]), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for source, target in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
    os.close(nothing)
    os.close(log)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(order["environment"])  # type: ignore[call-overload]
    os.chdir(str(order["folder"]))
    sys.argv = ["consentwire", *order["arguments"]]  # type: ignore[misc]
    cli.run_main()


if __name__ == "__main__":
    serve()
