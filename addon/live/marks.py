"""Reports findings while the capture runs, and marks them on mitmproxy's own flows."""

from __future__ import annotations

import asyncio
import logging
import re
from collections import deque
from contextlib import suppress
from typing import Protocol
from weakref import WeakValueDictionary

from mitmproxy import ctx, hooks, http
from mitmproxy.flow import Flow

from addon.judge.verdict import Verdict
from addon.records import ViolationRecord
from addon.report.text import plain
from addon.runner import Verdicts

from .run import Run

log = logging.getLogger("consentwire")
_MARKS = {
    Verdict.CONFIRMED: ":red_circle:",
    Verdict.LIKELY: ":large_orange_circle:",
    Verdict.UNPROVEN: ":question:",
    Verdict.CLEARED: "",
}
_MAX_COMMENT = 2000
_OWN_LINE = re.compile(r" \[\d+\.v\d+\]$")
"""The end of a line that we write in a flow's comment: the number of its violation."""


class Reporter(Protocol):
    """Receives what is found while a capture runs."""

    def violation(self, violation: ViolationRecord) -> None: ...


class LogReporter:
    """Writes each finding once to mitmproxy's log."""

    def __init__(self) -> None:
        self._said: set[tuple[str, str]] = set()

    def violation(self, violation: ViolationRecord) -> None:
        key = (violation.fingerprint, violation.verdict)
        if key not in self._said and violation.suppressed is None:
            self._said.add(key)
            log.warning("consentwire: %s %s: %s", violation.verdict, violation.rule, plain(violation.explanation))


class Marks:
    """Passes verdicts to the reporter, and marks the flows they concern."""

    name = "consentwire-marks"

    def __init__(self, run: Run, reporter: Reporter) -> None:
        run.receive = self._receive
        self._run = run
        self._reporter = reporter
        self._waiting: deque[Verdicts] = deque()
        """Verdicts from the analysis that were not passed on yet."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._flows: WeakValueDictionary[str, http.HTTPFlow] = WeakValueDictionary()
        """Flow id -> flow, as long as mitmproxy keeps it."""

    def follow(self, flow: http.HTTPFlow) -> None:
        """Takes a flow that verdicts may be about."""
        self._flows[flow.id] = flow
        if self._loop is None:
            with suppress(RuntimeError):
                self._loop = asyncio.get_running_loop()

    def _receive(self, verdicts: Verdicts) -> None:
        """Takes verdicts from the analysis, in its thread."""
        self._waiting.append(verdicts)
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._pass_on)

    def done(self) -> None:
        self._pass_on()
        self._run.say_losses()

    def _pass_on(self) -> None:
        marked: dict[str, Flow] = {}
        while self._waiting:
            for violation, key in self._waiting.popleft():
                try:
                    self._reporter.violation(violation)
                except Exception as error:  # what is said to people must not end the capture
                    self._run.fault(None, "what was to be said", error)
                flow = self._flows.get(key or "")
                if flow is not None and violation.suppressed is None:
                    mark(flow, violation)
                    marked[flow.id] = flow
        if marked:
            ctx.master.addons.trigger(hooks.UpdateHook(list(marked.values())))


def mark(flow: http.HTTPFlow, violation: ViolationRecord) -> None:
    """Writes a violation into the flow's marker and comment. A changed verdict replaces the former line."""
    lines = [line for line in flow.comment.splitlines() if not line.endswith(f"[{violation.id}]")]
    lines.append(plain(f"{violation.verdict} {violation.rule}: {violation.explanation} [{violation.id}]"))
    comment = "\n".join(lines)
    flow.comment = comment if len(comment) <= _MAX_COMMENT else comment[:_MAX_COMMENT].rpartition("\n")[0]
    own = [line for line in lines if _OWN_LINE.search(line)]
    flow.marked = _MARKS[next(verdict for verdict in Verdict if any(line.startswith(verdict) for line in own))]
