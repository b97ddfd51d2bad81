"""Collects flows when they end, and passes them to the analysis."""

from __future__ import annotations

import asyncio
from collections import deque

from mitmproxy import http

from addon.exchange import Exchange
from addon.readers.flow_exchange import OWN
from addon.readers.flows import exchange_of, messages_of
from addon.readers.websocket_messages import SocketMessages

from .marks import Marks
from .run import Run

GATHER_SECONDS = 0.25


class Capture:
    """Keeps the order in which flows end."""

    name = "consentwire-capture"

    def __init__(self, run: Run, marks: Marks) -> None:
        self._run = run
        self._marks = marks
        self._passed = 0
        """Exchanges so far."""
        self._open: dict[str, http.HTTPFlow] = {}
        """Requests without an end so far."""
        self._gathered: deque[http.HTTPFlow | Exchange] = deque()
        """Flows that ended, and messages over WebSockets, that were not passed to the analysis yet."""
        self._sockets: dict[str, SocketMessages] = {}
        """What the WebSockets that are open carried."""
        self._scheduled = False

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        self._open[flow.id] = flow  # an answer may come before the request has ended

    def response(self, flow: http.HTTPFlow) -> None:
        self._finish(flow)

    def error(self, flow: http.HTTPFlow) -> None:
        self._finish(flow)

    def websocket_message(self, flow: http.HTTPFlow) -> None:
        message = flow.websocket.messages[-1] if flow.websocket is not None and flow.websocket.messages else None
        if message is None or not message.from_client:
            return
        try:
            sent = self._sockets.setdefault(flow.id, SocketMessages())
            for exchange in messages_of(sent, exchange_of(flow), message):
                self._gather(exchange)
        except Exception as error:  # as in a flow
            self._run.fault(flow.request.host, "a message over a WebSocket", error)

    def websocket_end(self, flow: http.HTTPFlow) -> None:
        self._sockets.pop(flow.id, None)

    def done(self) -> None:
        self._gathered.extend(self._open.values())
        self._open.clear()
        self._hand_over()
        self._run.end(self._passed)

    def _finish(self, flow: http.HTTPFlow) -> None:
        was_open = self._open.pop(flow.id, None) is not None
        if not was_open and flow.response is not None:
            return  # it has ended before: a response may be followed by an error of its connection
        self._gather(flow)

    def _gather(self, ended: http.HTTPFlow | Exchange) -> None:
        self._gathered.append(ended)
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_later(GATHER_SECONDS, self._hand_over)

    def _hand_over(self) -> None:
        """Passes the collected flows to the analysis."""
        self._scheduled = False
        if not self._run.active:
            return
        exchanges: list[Exchange] = []
        for flow in self._gathered:
            if isinstance(flow, Exchange):
                self._passed += 1
                exchanges.append(flow)
                continue
            if flow.request.method == "CONNECT":
                continue
            self._passed += OWN not in flow.metadata
            self._marks.follow(flow)
            try:
                exchanges.append(exchange_of(flow))
            except Exception as error:  # a flow can be anything that other addons made of it
                self._run.fault(flow.request.host, "a flow", error)
        self._gathered.clear()
        self._run.put(exchanges)
