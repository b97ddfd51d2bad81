"""Runs a whole live capture: the proxy with the addon, Datasette over the growing database, and a browser."""

from __future__ import annotations

import asyncio
import shlex
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from mitmproxy.options import Options
from mitmproxy.proxy.mode_servers import WireGuardServerInstance
from mitmproxy.tools import cmdline, dump
from mitmproxy.tools.main import run as run_mitmproxy
from rich.console import Console
from rich.text import Text

from addon.launcher.browser import Browser, BrowserError
from addon.launcher.datasette_server import DatasetteProcess, NotStarted, check_port
from addon.launcher.keyboard import Keyboard
from addon.launcher.phone import WIREGUARD_PORT, guide, lan_addresses
from addon.launcher.terminal import patient_output
from addon.live import ConsentWire
from addon.records import ViolationRecord
from addon.report.text import line, plain
from addon.runner import Outcome

_WATCH_SECONDS = 0.5
"""Seconds between two looks at whether the browser still runs."""


@dataclass(frozen=True, slots=True)
class Setup:
    """The options of ``run``."""

    port: int
    database: Path
    policy: Path | None = None
    catalogue_folders: Sequence[Path] = ()
    """Folders on top of the shipped catalogue; the policy's folders come after them."""
    browser: str = "none"
    datasette_port: int | None = None
    probe: bool = True
    pass_through: bool = True
    """Whether programs that refuse the proxy's certificate, on devices that trust it, are let through unread."""
    phone: bool = False
    """Whether other devices in the network may use the proxy. Without it, nothing listens but on loopback."""
    wireguard: bool = False
    """Whether they may do so through a tunnel, too."""
    modes: Sequence[str] = ()
    mitmproxy_arguments: Sequence[str] = ()

    @property
    def arguments(self) -> list[str]:
        """The same for mitmproxy. What people pass on comes last, so that it wins."""
        made = ["--listen-port", str(self.port), "--set", f"consentwire_db={self.database}"]
        made += ["--set", f"consentwire_probe={str(self.probe).lower()}"]
        made += ["--set", f"consentwire_passthrough={str(self.pass_through).lower()}"]
        if not self.phone:
            made += ["--listen-host", "127.0.0.1"]
        if self.policy is not None:
            made += ["--set", f"consentwire_policy={self.policy}"]
        modes = [*(self.modes or ("regular",)), f"wireguard@{WIREGUARD_PORT}"] if self.wireguard else self.modes
        for mode in modes:
            made += ["--mode", mode]
        return [*made, *self.mitmproxy_arguments]


class ConsoleReporter:
    """Prints each finding when it is raised, and again when its verdict changes."""

    def __init__(self, show: Callable[[str], object]) -> None:
        self._show = show
        self._reported: dict[str, str] = {}

    def violation(self, violation: ViolationRecord) -> None:
        known = self._reported.get(violation.fingerprint)
        if known == violation.verdict or violation.suppressed is not None:
            return
        self._reported[violation.fingerprint] = violation.verdict
        self._show(line(violation.verdict, violation.rule, violation.explanation))


class Companions:
    """An addon that starts Datasette, browser and keyboard once the proxy listens, and stops them with it."""

    def __init__(self, setup: Setup, wire: ConsentWire, keyboard: Keyboard, console: Console) -> None:
        self._setup = setup
        self._wire = wire
        self._keyboard = keyboard
        self._console = console
        self._datasette: DatasetteProcess | None = None
        self._browser: Browser | None = None
        self._watching: asyncio.Task[None] | None = None

    def running(self) -> None:
        setup = self._setup
        where = "on every address of this machine" if setup.phone else "on this machine alone"
        text = f"Proxy on port {setup.port}, {where}; writing to {setup.database}. Ctrl-C ends the capture."
        self._console.print(text, markup=False, soft_wrap=True)
        if setup.datasette_port is not None:
            self._datasette = DatasetteProcess(setup.database, setup.datasette_port)
            self._console.print(f"Datasette: {self._datasette.url}")
        if setup.browser != "none":
            self._open_browser()
        if setup.phone and self._wire.code is not None:
            datasette = setup.datasette_port is not None
            steps = guide(lan_addresses(), setup.port, self._wire.code, datasette=datasette, tunnel=_tunnel())
            self._console.print(steps)
        self._keyboard.start()

    def _open_browser(self) -> None:
        from mitmproxy import ctx

        certificate = Path(ctx.options.confdir).expanduser() / "mitmproxy-ca-cert.pem"
        own = () if self._setup.datasette_port is None else (self._setup.datasette_port,)
        try:
            self._browser = Browser(self._setup.browser, self._setup.port, certificate, own)
        except BrowserError as error:
            self._console.print(Text(str(error), style="red"), soft_wrap=True)
        else:
            self._watching = asyncio.get_running_loop().create_task(self._watch(self._browser))

    async def _watch(self, browser: Browser) -> None:
        """Reports that the browser ended; the capture goes on."""
        while True:
            await asyncio.sleep(_WATCH_SECONDS)
            how = browser.ended()
            if how is not None:
                break
        again = shlex.join(browser.command)
        self._keyboard.show(Text(f"{plain(how)}. The capture goes on; Ctrl-C ends it.", style="yellow"))
        self._keyboard.show(Text(f"To open the browser again, as it was: {again}"))

    def done(self) -> None:
        if self._watching is not None:
            self._watching.cancel()
        self._keyboard.stop()
        if self._browser is not None:
            self._browser.close()
        if self._datasette is not None:
            self._datasette.close()


def _tunnel() -> str | None:
    """The configuration for a device's WireGuard, if the proxy has such a mode. Stores the keys so that only their owner can
    read them."""
    from mitmproxy import ctx

    servers = getattr(ctx.master.addons.get("proxyserver"), "servers", ())
    found = next((each for each in servers if isinstance(each, WireGuardServerInstance)), None)
    if found is None:
        return None
    keys = Path(found.mode.data or Path(ctx.options.confdir) / "wireguard.conf").expanduser()
    with suppress(OSError):
        keys.chmod(0o600)
    return found.client_conf()


def capture(setup: Setup, console: Console) -> Outcome | None:
    """Runs the proxy until it is interrupted: by Ctrl-C, SIGTERM, or the end of its terminal. How the capture ended; ``None`` if
    it never began.

    Raises:
        PortTaken: before anything is started.
        NotStarted: if mitmproxy cannot use its arguments.
    """
    check_port("" if setup.phone else "127.0.0.1", setup.port, "--port")
    if setup.datasette_port is not None:
        check_port("127.0.0.1", setup.datasette_port, "--datasette-port")
    own_ports = () if setup.datasette_port is None else (setup.datasette_port,)
    keyboard = Keyboard(console, setup.port)
    wires: list[ConsentWire] = []

    def master(options: Options) -> dump.DumpMaster:
        made = dump.DumpMaster(options, with_dumper=False)
        _end_with_terminal(made)
        wire = ConsentWire(ConsoleReporter(keyboard.show), own_ports, setup.catalogue_folders)
        wires.append(wire)
        made.addons.add(wire)
        made.addons.add(Companions(setup, wire, keyboard, console))
        return made

    given, sys.argv = sys.argv, ["consentwire run", *setup.arguments]  # what mitmproxy's messages speak of
    try:
        with patient_output():
            run_mitmproxy(master, cmdline.mitmdump, sys.argv[1:])  # type: ignore[arg-type]
    except SystemExit as ended:
        if ended.code:
            raise NotStarted("mitmproxy did not start; it says why above") from ended
    finally:
        keyboard.stop()
        sys.argv = given
    return wires[0].outcome if wires else None


def _end_with_terminal(master: dump.DumpMaster) -> None:
    """Makes closing the terminal end the capture like Ctrl-C. mitmproxy itself handles SIGINT and SIGTERM only."""
    if not hasattr(signal, "SIGHUP"):
        return
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, master.shutdown)
