"""What ``catalog match --har`` shows: the hosts of a capture that the catalogue does not know."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from .display import progress_bar
from .shared import err

if TYPE_CHECKING:
    from addon.runner.unclaimed_hosts import Host, UnclaimedHosts
    from vendor_catalog import Catalogue

_SHOWN = 100
"""Hosts of either kind that a terminal is shown."""


def counted(capture: Path, catalogue: Catalogue) -> UnclaimedHosts:
    """Reads a capture with a progress bar.

    Raises:
        CaptureError: if nothing of it can be read.
    """
    from addon.readers import open_capture
    from addon.runner.unclaimed_hosts import unclaimed_hosts

    file = open_capture(capture)
    with progress_bar(err) as bar:
        task = bar.add_task(capture.name, total=file.identity.size)
        return unclaimed_hosts(file, catalogue, lambda done: bar.update(task, completed=done))


def shown(found: UnclaimedHosts) -> RenderableType:
    """The same for a terminal."""
    return Group(*_parts(found))


def _parts(found: UnclaimedHosts) -> Iterator[RenderableType]:
    from addon.report.text import plain

    visited = f"; visited: {', '.join(map(plain, found.visited[:10]))}" if found.visited else ""
    yield Text(f"Hosts contacted: {found.contacted}; claimed by nobody: {len(found.unclaimed)}{visited}.")
    if found.unclaimed:
        yield Text()
        yield _table(found.unclaimed, "requests", "host", "first address")
        yield from _more(found.unclaimed)
    if found.partly:
        yield Text(f"\nKnown, but not every request to them: {len(found.partly)}\n")
        yield _table(found.partly, "unclaimed", "host", "first address", "known as")
        yield from _more(found.partly)
    if found.left_out:
        yield Text(f"\n{found.left_out} requests went to further hosts, which are not counted one by one.")
    for reason in found.unread[:_SHOWN]:
        yield Text.assemble(("not read: ", "bold yellow"), plain(reason))
    yield from _more(found.unread)


def _table(hosts: tuple[Host, ...], *columns: str) -> Table:
    from addon.report.text import plain

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, justify="right" if column == columns[0] else "left", overflow="fold")
    for host in hosts[:_SHOWN]:
        known = [", ".join(sorted(host.claimed))] if len(columns) > 3 else []
        cells = (str(host.unclaimed), host.name, host.example or "", *known)
        table.add_row(*(Text(plain(cell)) for cell in cells))
    return table


def _more(listed: tuple[object, ...]) -> Iterator[Text]:
    if len(listed) > _SHOWN:
        yield Text(f"... and {len(listed) - _SHOWN} more, which --json lists.")
