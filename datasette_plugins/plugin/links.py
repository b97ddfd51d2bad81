"""Addresses of pages: ours, and Datasette's tables with filters. The only place that makes an ``href``."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote_plus, urlencode

from datasette.utils import tilde_encode

from .instance import Datasette

PAGES = ("sessions", "events", "violations", "findings")
"""Tables whose rows have a page of ours."""


@dataclass(frozen=True)
class Links:
    """Addresses within one database."""

    datasette: Datasette
    database: str

    def home(self) -> str:
        return str(self.datasette.urls.instance())

    def tables(self) -> str:
        """Datasette's own page of the database."""
        return str(self.datasette.urls.database(self.database))

    def table(self, table: str, /, **filters: object) -> str:
        """Datasette's page of a table, filtered: ``vendor="braze"``, ``verdict__not="cleared"``."""
        given = {name: str(value) for name, value in filters.items() if value is not None}
        address = str(self.datasette.urls.table(self.database, table))
        return f"{address}?{urlencode(given)}" if given else address

    def row(self, table: str, key: object) -> str:
        """Datasette's page of a row."""
        return str(self.datasette.urls.row(self.database, table, tilde_encode(str(key))))

    def page(self, table: str, key: object, form: str = "") -> str:
        """Our page of a row. ``form`` is ``.json`` for its data."""
        return f"{self.tables()}/-/{table}/{_readable(str(key))}{form}"

    def session(self, key: object) -> str:
        return self.page("sessions", key)

    def event(self, key: object) -> str:
        return self.page("events", key)

    def violation(self, key: object) -> str:
        return self.page("violations", key)

    def finding(self, key: object) -> str:
        return self.page("findings", key)

    def vendors(self) -> str:
        """Our page of all vendors that were seen."""
        return f"{self.tables()}/-/vendors"

    def vendor(self, key: object) -> str:
        """Our page of a vendor, by its catalogue id: no table has a row for it."""
        return self.page("vendors", key)

    def exchange(self, key: object) -> str:
        return self.row("exchanges", key)

    def signal(self, session: object, key: object) -> str:
        """Where a session's page shows a signal."""
        return f"{self.session(session)}#signal-{quote_plus(str(key))}"


def _readable(key: str) -> str:
    """Datasette's encoding, but with dots as they are: our numbers have them, and ``1.s2`` reads better."""
    encoded = str(tilde_encode(key))
    return encoded if key.endswith(".json") else encoded.replace("~2E", ".")
