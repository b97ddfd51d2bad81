"""Datasette with our pages, over one database. Only the server imports Datasette itself, because the import takes longer than a
whole check."""

from __future__ import annotations

import errno
import logging
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import warnings
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.error import URLError
from urllib.request import urlopen

if TYPE_CHECKING:
    from datasette.app import Datasette

_SETTINGS = {
    # suggesting facets scans every column of a large table on every page
    "suggest_facets": False,
    "default_page_size": 50,
    "truncate_cells_html": 300,
    "sql_time_limit_ms": 3000,
    # two more than the queries of people's own that run at the same time, so that tables are shown meanwhile
    "num_sql_threads": 4,
}
_LONGEST_VALUE = 10_000_000
"""Bytes of a value in a row or a result. What is stored is shorter; a query like ``select zeroblob(900000000)`` is stopped."""
_NEVER_AWAITED = r"coroutine '(\w*Facet|TableView)\."
"""What Python says of the facets that Datasette gives up when another one fails."""


class PortTaken(Exception):
    """A port cannot be used: another program listens on it, or this user may not."""


class NotStarted(Exception):
    """The proxy could not start with its arguments; it has printed the reason."""


def check_port(host: str, port: int, option: str) -> None:
    """Makes sure that a port is free. An empty ``host`` stands for every address of this machine.

    Raises:
        PortTaken: if it is not, with the option that changes it.
    """
    where = host or "this machine"
    try:
        family, kind, *_, address = socket.getaddrinfo(host or "0.0.0.0", port, type=socket.SOCK_STREAM)[0]  # noqa: S104, only asks
        with socket.socket(family, kind) as probe:
            if (
                os.name != "nt"
            ):  # there it would let two programs share a port; elsewhere it forgives one that just ended
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortTaken(f"port {port} on {where} is taken; choose another with {option}") from error
        raise PortTaken(
            f"port {port} on {where} cannot be listened on ({error.strerror}); choose another with {option}"
        ) from error


def url_of(host: str, port: int) -> str:
    """The address to open in a browser on this machine."""
    shown = host if _is_one_address(host) else "127.0.0.1"
    return f"http://[{shown}]:{port}/" if ":" in shown else f"http://{shown}:{port}/"


def _is_one_address(host: str) -> bool:
    """``False`` for ``0.0.0.0`` and ``::``, which stand for all of them."""
    try:
        return not ip_address(host).is_unspecified
    except ValueError:
        return True


def application(database: Path, host: str = "127.0.0.1") -> Datasette:
    """Datasette over a database, with our settings and descriptions.

    Args:
        host: what it listens on, so that it also answers to that name.
    """
    from datasette.app import Datasette
    from datasette.database import Database

    from datasette_plugins.metadata import metadata

    class ServedDatabase(Database):  # type: ignore[misc]  # Datasette comes without types
        """A database whose wrong queries are answered on the page alone, and whose values stay small."""

        def connect(self, write: bool = False) -> sqlite3.Connection:
            connection: sqlite3.Connection = super().connect(write)
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_VALUE)
            return connection

        async def execute(self, sql: str, *arguments: Any, **options: Any) -> Any:
            # otherwise Datasette prints the query, whoever chose it, into the terminal
            return await super().execute(sql, *arguments, **{**options, "log_sql_errors": False})

    names = (f"[{host}]" if ":" in host else host,) if _is_one_address(host) else _own_names()
    datasette = Datasette([str(database)], metadata=metadata(database.stem, names), settings=_SETTINGS)
    name = next(name for name, each in datasette.databases.items() if each.path)
    datasette.remove_database(name)
    datasette.add_database(ServedDatabase(datasette, path=str(database), is_mutable=True), name=name)
    return datasette


def _own_names() -> tuple[str, ...]:
    """The names by which other machines may address this one."""
    name = socket.gethostname()
    try:
        addresses = sorted({str(found[4][0]) for found in socket.getaddrinfo(name, None)})
    except OSError:
        addresses = []
    return (name, *(f"[{address}]" if ":" in address else address for address in addresses))


def serve(database: Path, host: str, port: int, *, verbose: bool = False) -> None:
    """Serves until interrupted.

    Args:
        verbose: whether a fault of the pages is shown with where it happened, and not only in one line.
    """
    import uvicorn

    logging.getLogger("consentwire.pages").setLevel(logging.DEBUG if verbose else logging.WARNING)
    warnings.filterwarnings("ignore", _NEVER_AWAITED, RuntimeWarning)
    uvicorn.run(application(database, host).app(), host=host, port=port, log_level="warning", lifespan="on")


def end_with_parent() -> None:
    """Ends this process when its parent ends: standard input is a pipe that the parent holds open and never writes to."""

    def watch() -> None:
        with suppress(OSError):
            while os.read(0, 1):
                pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="consentwire-parent", daemon=True).start()


class DatasetteProcess:
    """Datasette in a process of its own, so that no page slows the proxy."""

    def __init__(self, database: Path, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "addon.cli", "serve", str(database), "--port", str(port), "--no-open", "--attached"],
            stdin=subprocess.PIPE,  # which closes with this process, however that ends
            start_new_session=True,  # Ctrl-C is ours to handle: it stops when the capture is complete
        )

    def wait_until_up(self, seconds: float = 20) -> bool:
        """Whether it answers within a few seconds."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                with urlopen(f"{self.url}-/versions.json", timeout=1):  # noqa: S310, our own address
                    return True
            except (URLError, OSError):
                time.sleep(0.1)
        return False

    def close(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()
