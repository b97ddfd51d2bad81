"""Streams bodies through, and keeps a bounded part of them.

mitmproxy holds a body until it has ended. A page that waits for its first event, a call that answers in a stream, a download of
a gigabyte do not work so: everything streams, unless something else in the proxy changes bodies and has to have them whole. Small
parts of pages alone (a picture, a font, a style sheet, a script) are waited for: they come in one flight of packets, no browser has a
use for half of one, and to stream one costs the proxy three times as much as to pass it on.
"""

from __future__ import annotations

import logging
import time
from typing import Any

from mitmproxy import ctx, http
from mitmproxy.addonmanager import traverse

from addon.body import MAX_BODY_BYTES
from addon.exchange import raw_field
from addon.observe.backend import Backend
from addon.readers.response_kinds import Use, use_of

from .records import BodyRecord, Room, Tap

log = logging.getLogger("consentwire")
MAX_WHOLE_REQUEST = 1024 * 1024
"""Bytes of a request's body that are waited for. Batches of messages are smaller: Segment takes 500 KB."""
MAX_WHOLE_PART = 14_600
"""Bytes of a part of a page that is waited for: what a server sends without waiting itself (RFC 6928: ten segments)."""
_LOOK_AGAIN = 1.0
"""Seconds after which mitmproxy has loaded a script that changed."""
_SERVER_LOG = logging.getLogger("mitmproxy.proxy.server")
_BODILESS = ("GET", "HEAD", "OPTIONS")
_ON_RESPONSES = ("modify_body", "intercept")
_ON_REQUESTS = (*_ON_RESPONSES, "map_remote", "map_local", "block_list", "server_replay")


class Streams:
    """Decides at the header of each message."""

    name = "consentwire-streams"

    def __init__(self) -> None:
        self._room = Room()
        self._holding = {"request": "", "response": ""}
        """Hook -> the option or script that needs those messages whole."""
        self._looked_at = -_LOOK_AGAIN

    def running(self) -> None:
        # where a filter would come in, the record of the line is made already, and that is most of what streaming costs
        _SERVER_LOG.log = _log_news  # type: ignore[assignment, method-assign]

    def done(self) -> None:
        vars(_SERVER_LOG).pop("log", None)

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        request = flow.request
        if request.method in _BODILESS or flow.response is not None or request.stream or not _is_long(flow):
            return
        if not Backend.is_own(request) and not self.held("request"):
            request.stream = Tap(BodyRecord(request, self._room, partly=True))

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        response = flow.response
        if response is None or response.data.content is not None or response.status_code < 200:
            return  # an addon's own answer is whole already; an upgrade is no body
        stream = response.stream
        if callable(stream):  # another addon's, or the one that puts the probe into a page
            return
        use = use_of(response.data.headers.fields)
        if use is Use.ENDLESS:
            response.stream = True
        elif use is Use.WHOLE and _is_small(response):
            return
        elif not self.held("response") or (length_of(response) or 0) > MAX_BODY_BYTES:
            response.stream = Tap(self.record_of(response, partly=None if use in (Use.AS_JSON, Use.WHOLE) else True))

    def record_of(self, message: http.Message, *, partly: bool | None) -> BodyRecord:
        """Decides how much of a message is kept."""
        return BodyRecord(message, self._room, partly=partly)

    def response(self, flow: http.HTTPFlow) -> None:
        self._end(flow)

    def error(self, flow: http.HTTPFlow) -> None:
        self._end(flow)

    @staticmethod
    def _end(flow: http.HTTPFlow) -> None:
        """Frees the memory of a flow's records. An answer may come before the request has ended: the part that came is kept."""
        if isinstance(flow.request.stream, Tap) and flow.request.timestamp_end is None:
            flow.request.stream(b"")
        for message in (flow.request, flow.response):
            if message is not None and callable(message.stream):
                message.stream = True

    def held(self, hook: str) -> bool:
        """Whether an option or another script needs messages whole at this hook."""
        now = time.monotonic()
        if now - self._looked_at >= _LOOK_AGAIN:
            self._looked_at = now
            former = self._holding["response"]
            self._holding = {
                "request": _changed_by(_ON_REQUESTS, "request"),
                "response": _changed_by(_ON_RESPONSES, "response"),
            }
            cause = self._holding["response"]
            if cause and cause != former:
                log.warning(
                    "consentwire: %s may change responses, so they are held until they end; event streams, gRPC, media and what"
                    " is larger than %d MiB are not",
                    cause,
                    MAX_BODY_BYTES // 1024**2,
                )
        return bool(self._holding[hook])


def _log_news(level: int, message: object, *values: object, **options: Any) -> None:
    """Writes a line to mitmproxy's log, unless it says that a message streams, because all do."""
    if not str(message).startswith(("Streaming response from ", "Streaming request to ")):
        logging.Logger.log(_SERVER_LOG, level, message, *values, stacklevel=2, **options)


def length_of(message: http.Message) -> int | None:
    """What a message says of the length of its body."""
    stated = raw_field(message.data.headers.fields, b"content-length")
    return int(stated) if stated is not None and stated.isdigit() and len(stated) < 20 else None


def _is_small(response: http.Response) -> bool:
    length = length_of(response)
    return length is not None and length <= MAX_WHOLE_PART


def _is_long(flow: http.HTTPFlow) -> bool:
    """Whether a request is not waited for: it is long, or does not say how long and can be sent on so."""
    length = length_of(flow.request)
    if length is not None:
        return length > MAX_WHOLE_REQUEST
    if flow.request.is_http2 or flow.request.is_http3:
        # without a length, mitmproxy has no way to send it on over HTTP/1
        kind = raw_field(flow.request.data.headers.fields, b"content-type") or b""
        return flow.server_conn.alpn == b"h2" or kind.startswith(b"application/grpc")
    return raw_field(flow.request.data.headers.fields, b"transfer-encoding") is not None


def _changed_by(options: tuple[str, ...], hook: str) -> str:
    """What may change the messages of a hook, in words; empty if nothing does."""
    for name in options:
        if name in ctx.options and getattr(ctx.options, name):
            return f"mitmproxy's option {name}"
    loader = ctx.master.addons.get("scriptloader")
    for script in () if loader is None else loader.addons:
        for each in traverse([script]):
            if _is_foreign(each) and callable(getattr(each, hook, None)):
                return f"the script {script.path}"
    return ""


def _is_foreign(addon: object) -> bool:
    name = getattr(addon, "name", "")
    return not (isinstance(name, str) and name.startswith("consentwire"))
