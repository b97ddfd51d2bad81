"""Klaro: the cookie ``klaro``, percent-encoded JSON of service name to boolean; undated.

Services are the site's own names. A service that runs by default is ``true`` before anyone answered, but Klaro writes
the cookie only when an answer is saved. Source: kiprotect/klaro 0.7.22 (``src/consent-manager.js``), run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from addon.consent.signal import Answer, MalformedSignal

from ._values import json_object


def cookie(name: str, cookies: Mapping[str, str]) -> Answer:
    document = json_object(cookies[name])
    services: dict[str, bool | None] = {}
    for service, value in list(document.items())[:300]:
        if not isinstance(value, bool):
            raise MalformedSignal(f"service {service[:40]!r} is {type(value).__name__}, not a boolean")
        services[service] = value
    # every service stands there, granted or not, so a category without one was never asked about
    return Answer(True, json.dumps(services, separators=(",", ":")), services, complete=False)
