"""What a capture consists of while it runs: its number, the analysis in its own process, and the backend inside the proxy."""

from __future__ import annotations

import gc
import logging
import time
from collections.abc import Callable

from mitmproxy import ctx

from addon import __version__
from addon.exchange import Exchange
from addon.observe.backend import Backend
from addon.observe.keys import RunFile, leaves_behind
from addon.records import CaptureRecord
from addon.report.text import plain
from addon.runner import LiveAnalysis, Outcome, Verdicts, opened
from addon.store import DatabaseError

from .options import CaptureOptions

log = logging.getLogger("consentwire")
DEFAULT_PORT = 8080
"""mitmproxy's own, where no other is named."""


class Run:
    """Starts a capture when the proxy runs. The other addons put into it what they see, before, while and after it runs."""

    name = "consentwire-run"

    def __init__(self, options: CaptureOptions) -> None:
        self.receive: Callable[[Verdicts], object] = lambda verdicts: None
        """Called with what the analysis finds, in a thread of its own."""
        self.backend: Backend | None = None
        """``None`` unless a capture runs."""
        self.outcome: Outcome | None = None
        """How the capture ended; ``None`` until it has, or if it never began."""
        self._options = options
        self._analysis: LiveAnalysis | None = None
        self._capture: CaptureRecord | None = None
        self._run_file: RunFile | None = None

    def running(self) -> None:
        path = self._options.database
        try:
            with opened(path, checked=True) as database:
                number, running = database.begin()
        except DatabaseError as error:
            log.error("consentwire: %s", error)
            ctx.master.shutdown()
            return
        self._capture = CaptureRecord(
            id=number,
            kind="live",
            path=None,
            digest=None,
            started_at=time.time(),
            ended_at=None,
            policy=ctx.options.consentwire_policy or None,
            tool_version=__version__,
        )
        if running is not None:
            running.reserve()
        policy, catalogue = self._options.policy, self._options.catalogue
        for reason in catalogue.unread:
            log.warning("consentwire: %s; the file is left out", plain(reason))
        self._analysis = LiveAnalysis(path, self._capture, policy, catalogue, self.receive, running)
        self._options.fixed = True
        self.backend = Backend(policy.extended(catalogue), path, number, self._options.learns)
        try:
            self._run_file = RunFile(port := ctx.options.listen_port or DEFAULT_PORT, self.backend.keys)
            leaves_behind(port, self._analysis.folder)
        except OSError as error:
            log.warning("consentwire: 'consentwire mark' will not find this run: %s", error)
        # what is loaded by now stays: garbage is looked for among what traffic leaves behind, and not in the catalogue
        gc.collect()
        gc.freeze()

    @property
    def active(self) -> bool:
        """Whether a capture runs."""
        return self._analysis is not None

    def put(self, exchanges: list[Exchange]) -> None:
        """Gives exchanges to the analysis, in order."""
        if self._analysis is not None and exchanges:
            self._analysis.put(exchanges)

    def gap(self, kind: str, host: str | None, reason: str) -> None:
        """Records a gap: something that the proxy could not see."""
        if self._analysis is not None:
            self._analysis.gap(kind, host, reason)

    def fault(self, host: str | None, what: str, error: Exception) -> None:
        """Records an error of our own; the capture goes on."""
        log.error("consentwire: %s could not be analysed", what, exc_info=error)
        self.gap("internal-error", host, f"{type(error).__name__} while analysing {what}; please report it")

    def end(self, exchanges: int) -> None:
        """Ends the capture.

        Args:
            exchanges: how many passed by.
        """
        if self._analysis is None or self._capture is None:
            return
        self.outcome = self._analysis.close(time.time(), exchanges)
        if self._run_file is not None:
            self._run_file.close()
        self._analysis = self.backend = None
        self._options.fixed = False

    def say_losses(self) -> None:
        """Reports what the capture lacks. It is printed last, so that nobody takes the findings for complete."""
        for loss in self.outcome.losses if self.outcome is not None else ():
            log.error("consentwire: %s", loss)
