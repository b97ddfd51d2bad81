"""Addresses of pages: ours, and Datasette's tables with filters. The only place that makes an ``href``."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote_plus, urlencode

from datasette.utils import tilde_encode

from .instance import Datasette


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

    def page(self, name: str, key: object = "", form: str = "") -> str:
        """A page of ours, by the name of its module. ``form`` is ``.json`` for its data."""
        from .registry import pages  # which imports the pages, which import this

        route = pages()[name].route
        if "{database}" not in route:
            return f"{self.datasette.urls.path(route)}{form}"
        address = route.replace("/{database}", self.tables()).replace("{key}", _readable(str(key)))
        return f"{address}{form}"

    def session(self, key: object, form: str = "") -> str:
        return self.page("session", key, form)

    def event(self, key: object) -> str:
        return self.page("event", key)

    def violation(self, key: object) -> str:
        return self.page("violation", key)

    def finding(self, key: object, form: str = "") -> str:
        return self.page("finding", key, form)

    def causes(self) -> str:
        """Everything that there is to fix."""
        return self.page("cause_list")

    def cause(self, key: object, form: str = "") -> str:
        """What one change would end."""
        return self.page("cause", key, form)

    def findings(self) -> str:
        """All findings, the gravest first."""
        return self.page("finding_list")

    def vendors(self) -> str:
        """All vendors that were seen."""
        return self.page("vendor_list")

    def vendor(self, key: object) -> str:
        """A vendor, by its catalogue id: no table has a row for it."""
        return self.page("vendor", key)

    def exchange(self, key: object) -> str:
        return self.row("exchanges", key)

    def signal(self, session: object, key: object) -> str:
        """Where a session's page shows a signal."""
        return f"{self.session(session)}#signal-{quote_plus(str(key))}"


def _readable(key: str) -> str:
    """Datasette's encoding, but with dots as they are: our numbers have them, and ``1.s2`` reads better."""
    encoded = str(tilde_encode(key))
    return encoded if key.endswith(".json") else encoded.replace("~2E", ".")
