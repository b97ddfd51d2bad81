"""Datasette with our pages, over one database."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import uvicorn
from datasette.app import Datasette

from datasette_plugins.metadata import metadata

_SETTINGS = {
    # suggesting facets scans every column of a large table on every page
    "suggest_facets": False,
    "default_page_size": 50,
    "truncate_cells_html": 300,
    "sql_time_limit_ms": 3000,
    "num_sql_threads": 3,
}


class PortTaken(Exception):
    """A port that another program listens on."""


def check_port(host: str, port: int, option: str) -> None:
    """Makes sure that a port is free.

    Raises:
        PortTaken: if it is not, with the option that changes it.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortTaken(
                f"port {port} on {host or 'this machine'} is taken; choose another with {option}"
            ) from error


def application(database: Path) -> Datasette:
    """Datasette over a database, with our settings and descriptions."""
    return Datasette([str(database)], metadata=metadata(database.stem), settings=_SETTINGS)


def serve(database: Path, host: str, port: int) -> None:
    """Serves until interrupted."""
    uvicorn.run(application(database).app(), host=host, port=port, log_level="warning", lifespan="on")


class DatasetteProcess:
    """Datasette in a process of its own, so that no page slows the proxy."""

    def __init__(self, database: Path, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "addon.cli", "serve", str(database), "--port", str(port), "--no-open", "--quiet"],
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is ours to handle: it stops when the capture is complete
        )

    def wait_until_up(self, seconds: float = 20) -> bool:
        """Whether it answers within some seconds."""
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
