"""Names of vendors for Datasette's own pages, which render a cell at a time: read once for all cells of a page."""

from __future__ import annotations

import time
from weakref import WeakKeyDictionary

from addon.findings.names import Names, read_names

from . import own_threads
from .instance import Datasette

_KEPT_SECONDS = 1.0
"""How long names are taken for current: a page takes less to render, and a capture that is analysed again may bring others."""
_KNOWN: WeakKeyDictionary[Datasette, dict[str, tuple[float, Names]]] = WeakKeyDictionary()


async def of(datasette: Datasette, database: str) -> Names:
    """What ids stand for in a database."""
    known = _KNOWN.setdefault(datasette, {})
    since, names = known.get(database, (0.0, None))
    if names is None or time.monotonic() - since > _KEPT_SECONDS:
        names = await own_threads.read(datasette, database, read_names)
        known[database] = time.monotonic(), names
    return names
