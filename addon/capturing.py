"""A live capture in one piece: the proxy with the addon, Datasette over the growing database, and a browser."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from mitmproxy.options import Options
from mitmproxy.tools import cmdline, dump
from mitmproxy.tools.main import run as run_mitmproxy
from rich.console import Console
from rich.text import Text

from addon.browser import Browser, BrowserError
from addon.live import ConsentWire
from addon.records import ViolationRecord
from addon.report.text import line
from addon.serving import DatasetteProcess, NotStarted, check_port


class ConsoleReporter:
    """Prints each finding once, as it is raised or moves."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._told: dict[str, str] = {}

    def violation(self, violation: ViolationRecord) -> None:
        known = self._told.get(violation.fingerprint)
        if known == violation.verdict or violation.suppressed is not None:
            return
        self._told[violation.fingerprint] = violation.verdict
        self._console.print(line(violation.verdict, violation.rule, violation.explanation), soft_wrap=True)


class Companions:
    """An addon that brings up what goes with the proxy once it listens, and takes it down with it."""

    def __init__(
        self, database: Path, datasette_port: int | None, browser: str, proxy_port: int, console: Console
    ) -> None:
        self._database = database
        self._datasette_port = datasette_port
        self._browser_kind = browser
        self._proxy_port = proxy_port
        self._console = console
        self._datasette: DatasetteProcess | None = None
        self._browser: Browser | None = None

    def running(self) -> None:
        from mitmproxy import ctx

        told = f"Proxy on port {self._proxy_port}; writing to {self._database}. Ctrl-C ends the capture."
        self._console.print(told, markup=False, soft_wrap=True)
        if self._datasette_port is not None:
            self._datasette = DatasetteProcess(self._database, self._datasette_port)
            self._console.print(f"Datasette: {self._datasette.url}")
        if self._browser_kind != "none":
            certificate = Path(ctx.options.confdir).expanduser() / "mitmproxy-ca-cert.pem"
            own = () if self._datasette_port is None else (self._datasette_port,)
            try:
                self._browser = Browser(self._browser_kind, self._proxy_port, certificate, own)
            except BrowserError as error:
                self._console.print(Text(str(error), style="red"), soft_wrap=True)

    def done(self) -> None:
        if self._browser is not None:
            self._browser.close()
        if self._datasette is not None:
            self._datasette.close()


def capture(
    *,
    port: int,
    database: Path,
    policy: Path | None,
    browser: str,
    datasette_port: int | None,
    probe: bool,
    modes: Sequence[str],
    mitmproxy_arguments: Sequence[str],
    console: Console,
) -> None:
    """Runs the proxy until it is interrupted.

    Raises:
        PortTaken: before anything is started.
        NotStarted: if mitmproxy cannot use its arguments.
    """
    check_port("", port, "--port")
    if datasette_port is not None:
        check_port("127.0.0.1", datasette_port, "--datasette-port")
    own_ports = () if datasette_port is None else (datasette_port,)

    def master(options: Options) -> dump.DumpMaster:
        made = dump.DumpMaster(options, with_dumper=False)
        made.addons.add(ConsentWire(ConsoleReporter(console), own_ports))
        made.addons.add(Companions(database, datasette_port, browser, port, console))
        return made

    arguments = ["--listen-port", str(port), "--set", f"consentwire_db={database}"]
    arguments += ["--set", f"consentwire_probe={str(probe).lower()}"]
    if policy is not None:
        arguments += ["--set", f"consentwire_policy={policy}"]
    for mode in modes:
        arguments += ["--mode", mode]
    given, sys.argv = (
        sys.argv,
        ["consentwire run", *arguments, *mitmproxy_arguments],
    )  # what mitmproxy's messages speak of
    try:
        run_mitmproxy(master, cmdline.mitmdump, sys.argv[1:])  # type: ignore[arg-type]
    except SystemExit as ended:
        if ended.code:
            raise NotStarted("mitmproxy did not start; it says why above") from ended
    finally:
        sys.argv = given
