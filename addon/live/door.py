"""The door as a whole: the addons of a live capture, in the order in which each hook reaches them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from inspect import isawaitable
from pathlib import Path
from typing import Any

from mitmproxy import eventsequence  # noqa: F401, it makes the hooks of all protocols known
from mitmproxy.hooks import all_hooks

from addon.runner import Outcome

from .access import Access
from .capture import Capture
from .handshakes import Handshakes
from .marks import LogReporter, Marks, Reporter
from .options import CaptureOptions
from .own_host import OwnHost
from .page_probe import PageProbe
from .run import Run
from .stored_requests import StoredRequests
from .streams import Streams

type Hook = Callable[..., Awaitable[None] | None]


class ConsentWire:
    """The addon that people load. Each of its hooks calls those of its parts, from the first to the last.

    mitmproxy could be given the parts themselves. It would look each of them up twenty times a request, for hooks that most of them
    do not have.
    """

    name = "consentwire"

    def __init__(
        self, reporter: Reporter | None = None, own_ports: Sequence[int] = (), catalogue_folders: Sequence[Path] = ()
    ) -> None:
        """
        Args:
            reporter: is given what is found while the capture runs; mitmproxy's log by default.
            own_ports: ports of consentwire's own pages on this machine, which are not served through the proxy.
            catalogue_folders: laid over the catalogue that ships.
        """
        options = CaptureOptions(catalogue_folders)
        self._run = run = Run(options)
        streams = Streams()
        marks = Marks(run, reporter or LogReporter())
        parts: list[object] = [
            options,
            run,
            OwnHost(run),  # answers before anything else looks at a request of our own
            Access(own_ports),
            Handshakes(run, options),
            PageProbe(run, options, streams),
            StoredRequests(run),
            streams,
            Capture(run, marks),
            marks,  # after the capture has ended, so that the last verdicts are told as well
        ]
        for hook in all_hooks:
            called = [getattr(part, hook) for part in parts if hasattr(part, hook)]
            if called:
                setattr(self, hook, _in_turn(called))

    @property
    def outcome(self) -> Outcome | None:
        """How the capture ended; ``None`` until it has, or if it never began."""
        return self._run.outcome

    @property
    def code(self) -> str | None:
        """What admits another device to the phone page; ``None`` unless it runs."""
        return None if self._run.backend is None else self._run.backend.keys.code


def _in_turn(hooks: Sequence[Hook]) -> Hook:
    """One hook that calls several; what one of them has to wait for is waited for before the next."""
    if len(hooks) == 1:
        return hooks[0]

    def call(*data: Any) -> Awaitable[None] | None:
        for place, hook in enumerate(hooks, 1):
            waiting = hook(*data)
            if waiting is not None and isawaitable(waiting):
                return _rest(waiting, hooks[place:], data)
        return None

    return call


async def _rest(waiting: Awaitable[None], hooks: Sequence[Hook], data: Sequence[Any]) -> None:
    await waiting
    for hook in hooks:
        following = hook(*data)
        if following is not None and isawaitable(following):
            await following
