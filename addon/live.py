"""The live door: mitmproxy's hooks -> exchanges -> the analysis, and what it finds -> mitmproxy's own UI.

Load it with ``mitmdump -s "$(consentwire addon-path)"`` or let ``consentwire run`` do it. A hook only puts its flow aside:
several times a second what has gathered goes to the analysis, which runs in a process of its own and writes the database.
Nothing here waits for it, for the disk, or raises into mitmproxy.
"""

from __future__ import annotations

import asyncio
import logging
import re
import socket
import time
from collections import deque
from collections.abc import Awaitable, Sequence
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from typing import Protocol
from weakref import WeakSet, WeakValueDictionary

from mitmproxy import ctx, exceptions, hooks, http
from mitmproxy.addonmanager import Loader
from mitmproxy.flow import Flow
from mitmproxy.proxy.server_hooks import ServerConnectionHookData
from mitmproxy.tls import TlsData

from addon import __version__
from addon.analyst import Analyst, Verdicts, note_early_end
from addon.exchange import Exchange
from addon.judge.verdict import Verdict
from addon.observe.backend import Backend
from addon.observe.keys import leave_secret
from addon.observe.probe import NotInjected
from addon.pipeline.sessions import site_of
from addon.policy import Policy, PolicyError, read_policy
from addon.readers.flows import OWN, exchange_of
from addon.records import CaptureRecord, ViolationRecord
from addon.report.text import plain
from addon.store import Database, DatabaseError
from vendor_catalog import shipped_catalogue

log = logging.getLogger("consentwire")
_MARKS = {
    Verdict.CONFIRMED: ":red_circle:",
    Verdict.LIKELY: ":large_orange_circle:",
    Verdict.UNPROVEN: ":question:",
    Verdict.CLEARED: "",
}
_MAX_COMMENT = 2000
_OWN_LINE = re.compile(r" \[\d+\.v\d+\]$")
"""What ends a line of ours: the number of its violation."""
_REFUSAL = "consentwire does not serve its own pages through the proxy: open them directly on the machine it runs on"
_DEFAULT_PORT = 8080
_GATHER_SECONDS = 0.25
_BULK = ("image/", "video/", "audio/", "font/", "text/html", "text/css", "text/javascript", "application/javascript")


class Reporter(Protocol):
    """Told of what is found while a capture runs."""

    def violation(self, violation: ViolationRecord) -> None: ...


class LogReporter:
    """Says each finding once, in mitmproxy's log."""

    def __init__(self) -> None:
        self._told: set[tuple[str, str]] = set()

    def violation(self, violation: ViolationRecord) -> None:
        key = (violation.fingerprint, violation.verdict)
        if key not in self._told and violation.suppressed is None:
            self._told.add(key)
            log.warning("consentwire: %s %s: %s", violation.verdict, violation.rule, plain(violation.explanation))


class ConsentWire:
    """The addon. Opens its database when the proxy runs, closes it when the proxy is done."""

    def __init__(self, reporter: Reporter | None = None, own_ports: Sequence[int] = ()) -> None:
        self._reporter = reporter or LogReporter()
        self._own_ports = frozenset(own_ports)
        self._analyst: Analyst | None = None
        self._verdicts: deque[Verdicts] = deque()
        """Told by the analysis, and not passed on yet."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._database = Path()
        self._probing = True
        self._passed = 0
        """Exchanges so far."""
        self._capture: CaptureRecord | None = None
        self._backend: Backend | None = None
        self._run_file: Path | None = None
        self._policy = Policy()
        self._options = ("", "")
        """Database and policy, as mitmproxy's options have them."""
        self._open: dict[str, http.HTTPFlow] = {}
        """Requests without an end so far."""
        self._ended: WeakSet[http.HTTPFlow] = WeakSet()
        """Those with one: a response may be followed by an error of its connection."""
        self._gathered: deque[http.HTTPFlow] = deque()
        """Ended, and not yet handed over to the analysis."""
        self._scheduled = False
        self._flows: WeakValueDictionary[str, http.HTTPFlow] = WeakValueDictionary()
        """Flow id -> flow, as long as mitmproxy keeps it."""

    def load(self, loader: Loader) -> None:
        loader.add_option("consentwire_db", str, "consentwire.db", "SQLite file that consentwire writes to.")
        loader.add_option("consentwire_policy", str, "", "consentwire policy file (TOML).")
        loader.add_option("consentwire_probe", bool, True, "Put the in-page probe of consentwire into pages.")

    def configure(self, updated: set[str]) -> None:
        options = (ctx.options.consentwire_db, ctx.options.consentwire_policy)
        if self._analyst is not None:
            if options != self._options:  # they are the same again when mitmproxy takes a change back
                raise exceptions.OptionsError("consentwire's options cannot change while it captures")
            return
        self._options = options
        self._probing = ctx.options.consentwire_probe
        if "consentwire_policy" not in updated:
            return
        self._policy = Policy()
        if ctx.options.consentwire_policy:
            try:
                self._policy = read_policy(Path(ctx.options.consentwire_policy).expanduser(), shipped_catalogue())
            except PolicyError as error:
                raise exceptions.OptionsError(str(error)) from error

    def running(self) -> None:
        path = Path(ctx.options.consentwire_db).expanduser()
        try:
            database = Database(path)
            number = database.claim("live", None)
            database.close()
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
        self._database = path
        self._analyst = Analyst(path, self._capture, self._policy, self._heard)
        self._backend = Backend(self._policy.extended(shipped_catalogue()), path, number)
        try:
            self._run_file = leave_secret(ctx.options.listen_port or _DEFAULT_PORT, self._backend.keys)
        except OSError as error:
            log.warning("consentwire: 'consentwire mark' will not find this run: %s", error)

    def server_connect(self, data: ServerConnectionHookData) -> None:
        """Keeps what browses through the proxy away from consentwire's own pages, whatever led it there."""
        if data.server.address is not None and self._is_own(*data.server.address[:2]):
            data.server.error = _REFUSAL

    def http_connect(self, flow: http.HTTPFlow) -> None:
        self._refuse_own_pages(flow)

    def request(self, flow: http.HTTPFlow) -> Awaitable[None] | None:
        self._ended.discard(flow)  # it is sent again if mitmproxy replays it
        self._open[flow.id] = flow
        self._refuse_own_pages(flow)
        if self._backend is None or flow.response is not None:
            return None
        if self._backend.is_own(flow.request):
            return self._backend.answer(flow)
        if self._probing:
            self._backend.probe.ask_for_whole_page(flow.request)
        return None

    def _refuse_own_pages(self, flow: http.HTTPFlow) -> None:
        if self._is_own(flow.request.host, flow.request.port):
            flow.response = http.Response.make(403, _REFUSAL, {"content-type": "text/plain"})

    def _is_own(self, host: str, port: int) -> bool:
        return port in self._own_ports and _is_this_machine(host)

    def response(self, flow: http.HTTPFlow) -> None:
        if self._backend is not None and self._probing and OWN not in flow.metadata:
            self._inject(self._backend, flow)
        self._finish(flow)

    def _inject(self, backend: Backend, flow: http.HTTPFlow) -> None:
        if not backend.probe.belongs_in(flow) or not self._policy.in_scope(site_of(flow.request.pretty_host)):
            return
        try:
            backend.probe.inject(flow)
        except NotInjected as reason:
            if self._analyst is not None:
                self._analyst.gap("probe-left-out", flow.request.pretty_host, f"no probe: {reason}")
        except Exception as error:  # the page goes on without it
            self._broken(flow.request.host, "a page for the probe", error)

    def error(self, flow: http.HTTPFlow) -> None:
        self._finish(flow)

    def tls_failed_client(self, data: TlsData) -> None:
        if self._analyst is not None:
            host = data.conn.sni or (data.context.server.address or ("unknown",))[0]
            told = data.conn.error or "no reason given"
            reason = f"the client refused the proxy's certificate ({told}): pinned, or the CA is not trusted"
            self._analyst.gap("tls-refused", host, reason)

    def done(self) -> None:
        if self._analyst is None or self._capture is None:
            return
        self._gathered.extend(self._open.values())
        self._hand_over()
        if not self._analyst.close(time.time(), self._passed):
            log.error("consentwire: the analysis ended early; %s says what it had found", self._database)
            note_early_end(self._database, self._capture.id)
        self._tell()
        if self._run_file is not None:
            self._run_file.unlink(missing_ok=True)
        self._analyst = self._backend = None

    def _finish(self, flow: http.HTTPFlow) -> None:
        self._open.pop(flow.id, None)
        if flow in self._ended:
            return
        self._ended.add(flow)
        self._gathered.append(flow)
        if not self._scheduled:
            self._scheduled = True
            self._loop = asyncio.get_running_loop()
            self._loop.call_later(_GATHER_SECONDS, self._hand_over)

    def _hand_over(self) -> None:
        """Gives to the analysis what has gathered."""
        self._scheduled = False
        if self._analyst is None:
            return
        exchanges: list[Exchange] = []
        for flow in self._gathered:
            if flow.request.method == "CONNECT":
                continue
            self._passed += OWN not in flow.metadata
            self._flows[flow.id] = flow
            try:
                exchanges.append(_without_bulk(exchange_of(flow)))
            except Exception as error:  # a flow can be anything that other addons made of it
                self._broken(flow.request.host, "a flow", error)
        self._gathered.clear()
        if exchanges:
            self._analyst.put(exchanges)

    def _broken(self, host: str | None, what: str, error: Exception) -> None:
        """Notes a fault of our own, and goes on."""
        log.error("consentwire: %s could not be analysed", what, exc_info=error)
        if self._analyst is not None:
            reason = f"{type(error).__name__} while analysing {what}; please report it"
            self._analyst.gap("internal-error", host, reason)

    def _heard(self, verdicts: Verdicts) -> None:
        """Takes verdicts from the analysis, in its thread."""
        self._verdicts.append(verdicts)
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._tell)

    def _tell(self) -> None:
        """Tells of verdicts, and marks their flows."""
        marked: dict[str, Flow] = {}
        while self._verdicts:
            for violation, key in self._verdicts.popleft():
                try:
                    self._reporter.violation(violation)
                except Exception as error:  # what is told to people must not end the capture
                    self._broken(None, "what was to be told", error)
                flow = self._flows.get(key or "")
                if flow is not None and violation.suppressed is None:
                    _mark(flow, violation)
                    marked[flow.id] = flow
        if marked:
            ctx.master.addons.trigger(hooks.UpdateHook(list(marked.values())))


def _without_bulk(exchange: Exchange) -> Exchange:
    """An exchange without a response body that nothing reads: pictures, pages, scripts. Settings are JSON, whatever they are
    called; only what is not of a kind that is known to be something else is kept."""
    body = exchange.response_body
    kind = exchange.response_headers.get("content-type") or ""
    if body is None or not kind.startswith(_BULK):
        return exchange
    return replace(exchange, response_body=None)


def _mark(flow: http.HTTPFlow, violation: ViolationRecord) -> None:
    """Notes a violation in mitmproxy's own columns; a verdict that moved replaces the line that it had."""
    lines = [line for line in flow.comment.splitlines() if not line.endswith(f"[{violation.id}]")]
    lines.append(plain(f"{violation.verdict} {violation.rule}: {violation.explanation} [{violation.id}]"))
    comment = "\n".join(lines)
    flow.comment = comment if len(comment) <= _MAX_COMMENT else comment[:_MAX_COMMENT].rpartition("\n")[0]
    own = [line for line in lines if _OWN_LINE.search(line)]
    flow.marked = _MARKS[next(verdict for verdict in Verdict if any(line.startswith(verdict) for line in own))]


def _is_this_machine(host: str) -> bool:
    """Whether a connection to a host ends on this machine; ``0.0.0.0`` does."""
    try:
        addresses = [ip_address(host)]
    except ValueError:
        try:
            addresses = [ip_address(str(found[4][0])) for found in socket.getaddrinfo(host, None)]
        except (OSError, ValueError):
            return False
    mapped = [getattr(address, "ipv4_mapped", None) or address for address in addresses]
    return any(address.is_loopback or address.is_unspecified for address in mapped)


addons = [ConsentWire()]
