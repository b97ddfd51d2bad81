"""Klaro: the cookie ``klaro``, percent-encoded JSON of service name to boolean; undated.

Services are the site's own names. A service that runs by default is ``true`` before anyone answered, but Klaro writes
the cookie only when an answer is saved. Source: kiprotect/klaro 0.7.22 (``src/consent-manager.js``), run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from addon.consent.signal import Answer, MalformedSignal
from addon.jsontext import Json

from ._values import booleans, json_object, shown


def cookie(name: str, cookies: Mapping[str, str]) -> Answer:
    document = json_object(cookies[name])
    services: dict[str, bool | None] = {}
    for service, value in list(document.items())[:300]:
        if not isinstance(value, bool):
            raise MalformedSignal(f"service {service[:40]!r} is {type(value).__name__}, not a boolean")
        services[service] = value
    # every service stands there, granted or not, so a category without one was never asked about
    return Answer(True, json.dumps(services, separators=(",", ":")), services, complete=False)


def api(state: Mapping[str, Json], event: str | None) -> Answer:
    """A rendered manager's ``confirmed`` and ``savedConsents`` (``consents`` already shows switches that are not saved yet)."""
    if state.get("confirmed") is not True:
        return Answer(False if state.get("confirmed") is False else None, "not confirmed", complete=False)
    services = booleans(state.get("services"))
    return Answer(True, shown(services), services, complete=False)
