"""Threads that only our own pages read with, so that no query of anybody's keeps them waiting."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from weakref import WeakKeyDictionary

from .instance import Datasette

_THREADS = 2


class _Readers:
    """The threads of one Datasette instance, each with its own connection to each database."""

    def __init__(self) -> None:
        self.pool = ThreadPoolExecutor(_THREADS, "consentwire-pages")
        self.connections = threading.local()

    def run[Result](self, datasette: Datasette, name: str, reading: Callable[[sqlite3.Connection], Result]) -> Result:
        database = datasette.databases[name]
        known, connection = getattr(self.connections, name, (None, None))
        if known is not database or connection is None:
            connection = database.connect()
            datasette._prepare_connection(connection, name)
            setattr(self.connections, name, (database, connection))
        return reading(connection)


_READERS: WeakKeyDictionary[Datasette, _Readers] = WeakKeyDictionary()


async def read[Result](datasette: Datasette, name: str, reading: Callable[[sqlite3.Connection], Result]) -> Result:
    """What a function reads from a database. It runs in one of our threads, on a connection that cannot write."""
    if datasette.executor is None or datasette.databases[name].is_memory:
        result: Result = await datasette.databases[name].execute_fn(reading)
        return result
    readers = _READERS.setdefault(datasette, _Readers())
    return await asyncio.get_running_loop().run_in_executor(readers.pool, readers.run, datasette, name, reading)
