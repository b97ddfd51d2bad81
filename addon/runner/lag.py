"""Says how far the analysis of a live capture is behind."""

from __future__ import annotations

import logging
import time

from addon.store import RunningCapture

from .backlog import Waiting

log = logging.getLogger("consentwire")
_SAID_SECONDS = 1.0
"""Seconds between two updates for the pages."""
_BEHIND_SECONDS = 2.0
"""A delay of so many seconds is reported in the terminal."""
_SILENT_SECONDS = 5.0
"""After so many seconds without reading, the analysis is reported as not answering."""


class LagWords:
    """Reports how far the analysis is behind: in the terminal when that begins and ends, and to the pages all the time."""

    def __init__(self, running: RunningCapture | None) -> None:
        self._running = running
        self._most = 0.0
        """Seconds, in this episode; 0 outside of one."""
        self._silent = False
        self._overflowing = False
        self._said = 0.0

    def notice(self, waiting: Waiting, silent: float) -> None:
        """Called several times a second.

        Args:
            silent: seconds for which the analysis has not answered, although there is something to read.
        """
        behind = waiting.seconds
        if behind > _BEHIND_SECONDS:
            if not self._most:
                log.warning("consentwire: the analysis is %.1f seconds behind; %s", behind, backlog_text(waiting))
            self._most = max(self._most, behind)
        elif self._most and behind < _BEHIND_SECONDS / 2:
            log.warning("consentwire: the analysis has caught up; it was up to %.1f seconds behind", self._most)
            self._most, self._overflowing = 0.0, False
        if silent > _SILENT_SECONDS and not self._silent:
            log.warning(
                "consentwire: the analysis has not answered for %.0f seconds; %s", silent, backlog_text(waiting)
            )
        self._silent = silent > _SILENT_SECONDS
        self._update_pages(behind if self._most else 0.0, waiting.size)

    def overflows(self) -> None:
        """Reports that exchanges find no room."""
        if not self._overflowing:
            self._overflowing = True
            log.error("consentwire: the analysis does not keep up; what passes by is left out until it has caught up")

    def stops(self) -> None:
        """Reports that nothing is stored any more."""
        if self._running is not None:
            self._running.say(0.0, 0, stopped=True)

    def _update_pages(self, behind: float, waiting: int) -> None:
        now = time.monotonic()
        if self._running is not None and now - self._said > _SAID_SECONDS:
            self._said = now
            self._running.say(behind, waiting)


def backlog_text(waiting: Waiting) -> str:
    """What waits, in words."""
    if not waiting.exchanges:
        return "everything is read, and the last of it is being written: wait"
    return f"{waiting.exchanges} exchanges ({waiting.size / (1 << 20):.1f} MiB) wait"
