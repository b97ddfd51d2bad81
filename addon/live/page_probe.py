"""Puts the in-page probe into the pages that pass through the proxy."""

from __future__ import annotations

from mitmproxy import http

from addon.addresses import site_of
from addon.observe.backend import Backend
from addon.observe.probe import NotInjected
from addon.readers.flow_exchange import OWN, PAGE_KEY, host_of

from .clients import address_of
from .content_decoder import decoder_for
from .options import CaptureOptions
from .page_stream import PageStream
from .run import Run
from .streams import Streams, length_of


class PageProbe:
    """Makes servers send pages anew instead of "not modified", and puts the probe into them."""

    name = "consentwire-probe"

    def __init__(self, run: Run, options: CaptureOptions, streams: Streams) -> None:
        self._run = run
        self._streams = streams
        self._options = options

    def request(self, flow: http.HTTPFlow) -> None:
        if self._run.backend is not None and self._options.probing and flow.response is None:
            self._run.backend.probe.ask_for_whole_page(flow.request)

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        backend, response = self._run.backend, flow.response
        if backend is None or response is None or response.data.content is not None or callable(response.stream):
            return
        if flow.request.method == "HEAD" or length_of(response) == 0 or not self._is_wanted(backend, flow):
            return
        if not self._streams.held("response"):
            self._stream(backend, flow, response)

    def _stream(self, backend: Backend, flow: http.HTTPFlow, response: http.Response) -> None:
        host = host_of(flow.request)

        def left_out(reason: str) -> None:
            self._run.gap("probe-left-out", host, f"no probe: {reason}")

        encoding = response.headers.get("content-encoding")
        decoder = decoder_for(encoding)
        if decoder is None:
            left_out(f"its content encoding {(encoding or '')[:40]!r} is not one that is read")
            return
        try:
            preparation = backend.probe.prepare(flow.request, response, address_of(flow.client_conn))
        except NotInjected as reason:
            left_out(str(reason))
            return
        except Exception as error:  # the page goes on without it
            self._run.fault(host, "a page for the probe", error)
            return
        # sent as it is: to compress it again would hold up the proxy
        response.headers.pop("content-encoding", None)
        if response.headers.pop("content-length", None) is not None and flow.request.http_version != "HTTP/1.0":
            response.headers["transfer-encoding"] = "chunked"  # mitmproxy leaves it out of HTTP/2
        record = self._streams.record_of(response, partly=False)
        flow.metadata[PAGE_KEY] = preparation.page_key
        response.stream = PageStream(preparation, decoder, record, left_out)

    def response(self, flow: http.HTTPFlow) -> None:
        backend, response = self._run.backend, flow.response
        if backend is None or response is None:
            return
        if isinstance(response.stream, PageStream):
            self._look_back(flow, response.stream)
        elif not response.stream and self._is_wanted(backend, flow):
            self._inject(backend, flow)

    def _look_back(self, flow: http.HTTPFlow, page: PageStream) -> None:
        """Breaks off a page that could not be read to its end, so that the browser does not treat it as complete."""
        if page.broken is not None:
            reason = f"the page {flow.request.path[:100]} was broken off: {page.broken}"
            self._run.gap("page-broken-off", host_of(flow.request), reason)
            if flow.killable:
                flow.kill()

    def _is_wanted(self, backend: Backend, flow: http.HTTPFlow) -> bool:
        return (
            self._options.probing
            and OWN not in flow.metadata
            and backend.probe.belongs_in(flow)
            and self._options.policy.in_scope(site_of(host_of(flow.request)))
        )

    def _inject(self, backend: Backend, flow: http.HTTPFlow) -> None:
        """Puts the probe into a page that arrived whole."""
        try:
            backend.probe.inject(flow)
        except NotInjected as reason:
            self._run.gap("probe-left-out", host_of(flow.request), f"no probe: {reason}")
        except Exception as error:  # the page goes on without it
            self._run.fault(flow.request.host, "a page for the probe", error)
