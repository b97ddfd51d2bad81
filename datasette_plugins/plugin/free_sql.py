"""How many queries that people wrote may run at the same time, so that the pages always have a thread left.

Datasette runs every query in one pool of threads, and stops each after its time limit. As many endless queries as there are
threads would hold everything else for that long, and those that wait behind them again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qsl
from weakref import WeakKeyDictionary

from .errors import Busy
from .instance import Datasette

AT_ONCE = 2
"""Queries that run; ``consentwire serve`` gives Datasette more threads than that."""
_PATIENCE = 10.0
"""Seconds that a query waits for its turn."""
_WAITING = 16
"""Queries that wait. More are turned away at once."""
_ARGUMENTS = frozenset({"sql", "_where"})
"""Arguments of an address that hold SQL."""


class _Turns:
    """The turns of one Datasette instance."""

    def __init__(self) -> None:
        self.free = asyncio.Semaphore(AT_ONCE)
        self.waiting = 0


_TURNS: WeakKeyDictionary[Datasette, _Turns] = WeakKeyDictionary()


def is_free(query: bytes) -> bool:
    """Whether the arguments of an address hold SQL that somebody wrote."""
    return any(name in _ARGUMENTS for name, _ in parse_qsl(query.decode("latin-1"), keep_blank_values=True))


@asynccontextmanager
async def turn(datasette: Datasette) -> AsyncIterator[None]:
    """Waits for a turn, and holds it.

    Raises:
        Busy: if too many wait already, or it takes too long.
    """
    turns = _TURNS.setdefault(datasette, _Turns())
    if turns.waiting >= _WAITING:
        raise Busy
    turns.waiting += 1
    try:
        await asyncio.wait_for(turns.free.acquire(), _PATIENCE)
    except TimeoutError:
        raise Busy from None
    finally:
        turns.waiting -= 1
    try:
        yield
    finally:
        turns.free.release()
