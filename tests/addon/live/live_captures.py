"""A live capture without a proxy: flows go through the addon as mitmproxy would hand them over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from mitmproxy import flow
from mitmproxy.test import taddons

from addon.live import ConsentWire
from addon.records import ViolationRecord


class KeptViolations:
    """A reporter that keeps what it was told."""

    def __init__(self) -> None:
        self.violations: list[ViolationRecord] = []

    def violation(self, found: ViolationRecord) -> None:
        self.violations.append(found)


class Updates:
    """An addon that notes which flows were said to have changed."""

    def __init__(self) -> None:
        self.flows: list[flow.Flow] = []

    def update(self, flows: Sequence[flow.Flow]) -> None:
        self.flows += flows


def call(addon: ConsentWire, hook: str, *given: Any) -> list[Any]:
    """Calls a hook as mitmproxy does; what it returns that is to be awaited."""
    waiting = getattr(addon, hook)(*given)
    return [] if waiting is None else [waiting]


@contextmanager
def capturing(
    database: Path, addon: ConsentWire | None = None, **options: str | bool
) -> Iterator[tuple[ConsentWire, Any]]:
    """A capture that runs; its database is complete afterwards."""
    made = addon or ConsentWire(KeptViolations())
    with taddons.context(made, Updates()) as context:
        context.configure(made, consentwire_db=str(database), **options)
        call(made, "running")
        yield made, context
        call(made, "done")


async def play(database: Path, flows: Iterable[flow.Flow], addon: ConsentWire | None = None, **options: str) -> None:
    with capturing(database, addon, **options) as (made, context):
        for each in flows:
            await context.cycle(made, each)


REFUSED = (
    "The client does not trust the proxy's certificate for a.example"
    " (OpenSSL Error([('SSL routines', '', 'tlsv1 alert unknown ca')]))"
)


def handshake(host: str, connection: str, error: str | None = None) -> Any:
    """The hook's data for a handshake of a phone."""
    conn = SimpleNamespace(id=connection, sni=host, error=error, peername=("192.168.1.9", 5), timestamp_tls_setup=None)
    return SimpleNamespace(conn=conn, context=SimpleNamespace(server=SimpleNamespace(address=None)))
