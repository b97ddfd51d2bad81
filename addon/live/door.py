"""The door as a whole: the addons of a live capture, in the order in which each hook reaches them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

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


class ConsentWire:
    """The addon that people load. mitmproxy calls each hook of every addon in :attr:`addons`, from the first to the last."""

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
        self.addons: list[object] = [
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

    @property
    def outcome(self) -> Outcome | None:
        """How the capture ended; ``None`` until it has, or if it never began."""
        return self._run.outcome

    @property
    def code(self) -> str | None:
        """What admits another device to the phone page; ``None`` unless it runs."""
        return None if self._run.backend is None else self._run.backend.keys.code
