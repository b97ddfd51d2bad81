"""The live door: mitmproxy's hooks -> exchanges -> the analysis, and what it finds -> mitmproxy's own UI.

Load it with ``mitmdump -s "$(consentwire addon-path)"`` or let ``consentwire run`` do it. A hook only puts its flow aside:
several times a second what has gathered goes to the analysis, which runs in a process of its own and writes the database.
Nothing here waits for it, for the disk, or raises into mitmproxy.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import re
import time
from collections import deque
from collections.abc import Awaitable, Sequence
from ipaddress import IPv4Address
from pathlib import Path
from typing import Protocol
from weakref import WeakValueDictionary

from mitmproxy import connection, ctx, dns, exceptions, hooks, http, tcp
from mitmproxy.addonmanager import Loader
from mitmproxy.flow import Flow
from mitmproxy.net.dns import types as dns_types
from mitmproxy.proxy import mode_specs
from mitmproxy.proxy.server_hooks import ServerConnectionHookData
from mitmproxy.tls import TlsData

from addon import __version__
from addon.addresses import site_of
from addon.analysis import Analyst, Outcome, Verdicts, opened
from addon.exchange import Exchange
from addon.judge.verdict import Verdict
from addon.observe.app import HOST
from addon.observe.backend import Backend
from addon.observe.keys import RunFile, leaves_behind
from addon.observe.probe import NotInjected
from addon.policy import Policy, PolicyError, catalogue_with, read_policy_and_catalogue
from addon.reach import Reach
from addon.readers.flows import OWN, exchange_of, host_of
from addon.records import CaptureRecord, ViolationRecord
from addon.report.text import plain
from addon.store import DatabaseError
from vendor_catalog import CatalogueError, shipped_catalogue

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
_DEFAULT_PORT = 8080
_GATHER_SECONDS = 0.25
_INTERNAL = "198.18.0.80"
"""What a device's name lookup through a tunnel is answered for our own host: nobody's address (RFC 2544)."""
_LOCAL_MODES = (mode_specs.LocalMode, mode_specs.ReverseMode, mode_specs.UpstreamMode)
_BULK = tuple(
    kind.encode()
    for kind in (
        "image/",
        "video/",
        "audio/",
        "font/",
        "text/html",
        "text/css",
        "text/javascript",
        "application/javascript",
    )
)
"""Response bodies that nothing reads: pictures, pages, scripts. Settings are JSON, whatever they are called; only what is not
of a kind that is known to be something else is kept."""


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

    def __init__(
        self, reporter: Reporter | None = None, own_ports: Sequence[int] = (), catalogue_folders: Sequence[Path] = ()
    ) -> None:
        self._reporter = reporter or LogReporter()
        self._reach = Reach(own_ports)
        self._analyst: Analyst | None = None
        self._verdicts: deque[Verdicts] = deque()
        """Told by the analysis, and not passed on yet."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self.outcome: Outcome | None = None
        """How the capture ended; ``None`` until it has, or if it never began."""
        self._probing = True
        self._passed = 0
        """Exchanges so far."""
        self._capture: CaptureRecord | None = None
        self._backend: Backend | None = None
        self._run_file: RunFile | None = None
        self._policy = Policy()
        self._catalogue_folders = catalogue_folders
        self._catalogue = shipped_catalogue()
        self._options = ("", "")
        """Database and policy, as mitmproxy's options have them."""
        self._open: dict[str, http.HTTPFlow] = {}
        """Requests without an end so far."""
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
        try:
            self._catalogue = catalogue_with(self._catalogue_folders)
            if ctx.options.consentwire_policy:
                path = Path(ctx.options.consentwire_policy).expanduser()
                self._policy, self._catalogue = read_policy_and_catalogue(path, self._catalogue)
        except (PolicyError, CatalogueError) as error:
            raise exceptions.OptionsError(str(error)) from error

    def running(self) -> None:
        path = Path(ctx.options.consentwire_db).expanduser()
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
        for reason in self._catalogue.unread:
            log.warning("consentwire: %s; the file is left out", plain(reason))
        self._analyst = Analyst(path, self._capture, self._policy, self._catalogue, self._heard, running)
        self._backend = Backend(self._policy.extended(self._catalogue), path, number)
        try:
            self._run_file = RunFile(port := ctx.options.listen_port or _DEFAULT_PORT, self._backend.keys)
            leaves_behind(port, self._analyst.folder)
        except OSError as error:
            log.warning("consentwire: 'consentwire mark' will not find this run: %s", error)
        # what is loaded by now stays: garbage is looked for among what traffic leaves behind, and not in the catalogue
        gc.collect()
        gc.freeze()

    @property
    def code(self) -> str | None:
        """What admits another device to the phone page; ``None`` unless it runs."""
        return None if self._backend is None else self._backend.keys.code

    def server_connect(self, data: ServerConnectionHookData) -> Awaitable[None] | None:
        """Keeps what browses through the proxy away from what is this machine's own, whatever led it there."""
        if data.server.address is None:
            return None
        host, port = data.server.address[:2]
        if host == _INTERNAL:  # nothing is to be asked there, but mitmproxy connects before it knows
            data.server.address = ("127.0.0.1", ctx.options.listen_port or _DEFAULT_PORT)
            return None
        return self._keep_away(data, host, port)

    async def _keep_away(self, data: ServerConnectionHookData, host: str, port: int) -> None:
        refusal = await self._reach.refusal_of_name(_asker(data.client), host, port)
        if refusal is not None:
            data.server.error = refusal

    def dns_request(self, flow: dns.DNSFlow) -> None:
        """Our own host has no address; a device in a tunnel asks for it by name all the same."""
        asked = flow.request.question
        if asked is None or asked.name.rstrip(".").lower() != HOST:
            return
        found = [dns.ResourceRecord.A(asked.name, IPv4Address(_INTERNAL), ttl=60)] if asked.type == dns_types.A else []
        flow.response, flow.error = flow.request.succeed(found), None

    def http_connect(self, flow: http.HTTPFlow) -> None:
        self._refuse(flow)

    def request(self, flow: http.HTTPFlow) -> Awaitable[None] | None:
        self._open[flow.id] = flow
        if self._backend is not None and self._backend.is_own(flow.request):
            return self._backend.answer(flow) if flow.response is None else None
        self._refuse(flow)
        self._speaks(flow.client_conn, host_of(flow.request), secure=flow.client_conn.tls_established)
        if self._backend is None or flow.response is not None:
            return None
        if self._probing:
            self._backend.probe.ask_for_whole_page(flow.request)
        return None

    def _refuse(self, flow: http.HTTPFlow) -> None:
        refusal = self._reach.refusal(_asker(flow.client_conn), flow.request.host, flow.request.port)
        if refusal is not None:
            flow.response = http.Response.make(403, refusal, {"content-type": "text/plain"})

    def response(self, flow: http.HTTPFlow) -> None:
        if self._backend is not None and self._probing and OWN not in flow.metadata:
            self._inject(self._backend, flow)
        self._finish(flow)

    def _inject(self, backend: Backend, flow: http.HTTPFlow) -> None:
        if not backend.probe.belongs_in(flow) or not self._policy.in_scope(site_of(host_of(flow.request))):
            return
        try:
            backend.probe.inject(flow)
        except NotInjected as reason:
            if self._analyst is not None:
                self._analyst.gap("probe-left-out", host_of(flow.request), f"no probe: {reason}")
        except Exception as error:  # the page goes on without it
            self._broken(flow.request.host, "a page for the probe", error)

    def error(self, flow: http.HTTPFlow) -> None:
        self._finish(flow)

    def tls_established_client(self, data: TlsData) -> None:
        if self._backend is not None:
            self._backend.devices.shook_hands(data.conn.id, _client_of(data.conn), _host_of(data))

    def tls_failed_client(self, data: TlsData) -> None:
        if self._backend is not None and self._analyst is not None:
            host = _host_of(data)
            told = data.conn.error or "no reason given"
            reason = self._backend.devices.refuses(_client_of(data.conn), host, told)
            if reason is not None:
                self._analyst.gap("tls-refused", host, reason)

    def tcp_start(self, flow: tcp.TCPFlow) -> None:
        """What is no HTTP is not read, but it is talk: the certificate was accepted."""
        if flow.client_conn.tls_established:
            self._speaks(flow.client_conn, flow.client_conn.sni or "unknown", secure=True)

    def _speaks(self, client: connection.Connection, host: str, *, secure: bool) -> None:
        if self._backend is not None:
            self._backend.devices.speaks(client.id, _client_of(client), host, secure=secure)

    def client_disconnected(self, client: connection.Client) -> None:
        if self._backend is not None and self._analyst is not None:
            left = self._backend.devices.leaves(client.id)
            if left is not None:
                self._analyst.gap("tls-refused", *left)

    def done(self) -> None:
        if self._analyst is None or self._capture is None:
            return
        self._gathered.extend(self._open.values())
        self._hand_over()
        self.outcome = self._analyst.close(time.time(), self._passed)
        self._tell()
        for loss in self.outcome.losses:
            log.error("consentwire: %s", loss)
        if self._run_file is not None:
            self._run_file.close()
        self._analyst = self._backend = None

    def _finish(self, flow: http.HTTPFlow) -> None:
        was_open = self._open.pop(flow.id, None) is not None
        if not was_open and flow.response is not None:
            return  # it has ended before: a response may be followed by an error of its connection
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
                exchanges.append(exchange_of(flow, _BULK))
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


def _mark(flow: http.HTTPFlow, violation: ViolationRecord) -> None:
    """Notes a violation in mitmproxy's own columns; a verdict that moved replaces the line that it had."""
    lines = [line for line in flow.comment.splitlines() if not line.endswith(f"[{violation.id}]")]
    lines.append(plain(f"{violation.verdict} {violation.rule}: {violation.explanation} [{violation.id}]"))
    comment = "\n".join(lines)
    flow.comment = comment if len(comment) <= _MAX_COMMENT else comment[:_MAX_COMMENT].rpartition("\n")[0]
    own = [line for line in lines if _OWN_LINE.search(line)]
    flow.marked = _MARKS[next(verdict for verdict in Verdict if any(line.startswith(verdict) for line in own))]


def _client_of(client: connection.Connection) -> str:
    return str(client.peername[0]) if client.peername else "unknown"


def _asker(client: connection.Client) -> str:
    """Whose wish a connection is. In some modes the target is not the client's, but of whoever started the proxy."""
    address = _client_of(client)
    return (
        "127.0.0.1"
        if isinstance(client.proxy_mode, _LOCAL_MODES) or (client.sockname and client.sockname[0] == address)
        else address
    )


def _host_of(data: TlsData) -> str:
    return data.conn.sni or str((data.context.server.address or ("unknown",))[0])


addons = [ConsentWire()]
