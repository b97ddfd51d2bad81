"""Which databases of a Datasette instance are consentwire's."""

from __future__ import annotations

import sqlite3
from typing import Any
from weakref import WeakKeyDictionary

from datasette.utils import tilde_decode

from addon.store import schema

type Datasette = Any
"""``datasette.app.Datasette``, which comes without types."""

_OURS: WeakKeyDictionary[Datasette, set[str]] = WeakKeyDictionary()
_OTHER_VERSION: WeakKeyDictionary[Datasette, dict[str, int]] = WeakKeyDictionary()


async def recognise(datasette: Datasette) -> None:
    """Looks at the databases that were not known to be ours. Called before every request: a database may be attached, or
    made, while Datasette runs."""
    known = _OURS.setdefault(datasette, set())
    others = _OTHER_VERSION.setdefault(datasette, {})
    for name, database in datasette.databases.items():
        if name in known or database.is_memory:
            continue
        try:
            application, version = await database.execute_fn(_identity)
        except sqlite3.Error:
            continue
        if application != schema.APPLICATION_ID:
            continue
        if version == schema.VERSION:
            known.add(name)
            others.pop(name, None)
        else:
            others[name] = version


def _identity(connection: sqlite3.Connection) -> tuple[int, int]:
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    return application, connection.execute("PRAGMA user_version").fetchone()[0]


def ours(datasette: Datasette) -> list[str]:
    """Names of the databases that are ours, in Datasette's order."""
    known = _OURS.get(datasette, set())
    return [name for name in datasette.databases if name in known]


def is_ours(datasette: Datasette, name: str | None) -> bool:
    """Whether a database is ours, by what was seen of it so far."""
    return name in _OURS.get(datasette, set()) and name in datasette.databases


def at(datasette: Datasette, path: str) -> str | None:
    """The database of ours that an address begins with."""
    route = tilde_decode(path.strip("/").partition("/")[0].partition(".")[0])
    return next((name for name in ours(datasette) if datasette.databases[name].route == route), None)


def of_another_version(datasette: Datasette) -> dict[str, int]:
    """Databases that another version of consentwire wrote, with that version of the schema."""
    return {name: version for name, version in _OTHER_VERSION.get(datasette, {}).items() if name in datasette.databases}
