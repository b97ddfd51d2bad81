"""The in-page probe: put into the pages that pass by."""

from __future__ import annotations

from mitmproxy import http

from addon.addresses import site_of
from addon.observe.backend import Backend
from addon.observe.probe import NotInjected
from addon.readers.flows import OWN, host_of

from .options import CaptureOptions
from .run import Run


class PageProbe:
    """Has pages sent whole, and puts the probe into them."""

    name = "consentwire-probe"

    def __init__(self, run: Run, options: CaptureOptions) -> None:
        self._run = run
        self._options = options

    def request(self, flow: http.HTTPFlow) -> None:
        if self._run.backend is not None and self._options.probing and flow.response is None:
            self._run.backend.probe.ask_for_whole_page(flow.request)

    def response(self, flow: http.HTTPFlow) -> None:
        if self._run.backend is not None and self._options.probing and OWN not in flow.metadata:
            self._inject(self._run.backend, flow)

    def _inject(self, backend: Backend, flow: http.HTTPFlow) -> None:
        host = host_of(flow.request)
        if not backend.probe.belongs_in(flow) or not self._options.policy.in_scope(site_of(host)):
            return
        try:
            backend.probe.inject(flow)
        except NotInjected as reason:
            self._run.gap("probe-left-out", host, f"no probe: {reason}")
        except Exception as error:  # the page goes on without it
            self._run.fault(flow.request.host, "a page for the probe", error)
