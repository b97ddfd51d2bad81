"""tarteaucitron: the cookie of that name, ``!service=true|false|wait`` for each service; undated.

``wait`` is unanswered. Each service is answered by itself, so one may be allowed while others wait; but a service that needs no
consent is ``true`` before anybody answered. As long as any waits, those that are on may never have been chosen, unless all
of them are known to need none. Source: AmauriC/tarteaucitron.js 1.34.0 (``tarteaucitron.services.js``), run.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote

from addon.consent.signal import Answer, MalformedSignal, NotThisFormat

_SERVICE = re.compile(r"([A-Za-z0-9_.-]{1,80})=(true|false|wait)")
_MAX_SERVICES = 200
_NEEDS_NONE = frozenset(
    {
        "crisp",
        "matomo",
        "matomohightrack",
        "microanalytics",
        "plausible",
        "simpleanalytics",
        "stonly",
        "wysistathightrack",
    }
)
"""Its own services with ``needConsent: false``."""


def cookie(name: str, cookies: Mapping[str, str]) -> Answer:
    text = unquote(cookies[name])
    if not text.startswith("!"):
        raise NotThisFormat("it does not begin with '!'")
    parts = text[1:].split("!")
    states: dict[str, str] = {}
    for part in parts[:_MAX_SERVICES]:
        found = _SERVICE.fullmatch(part)
        if found is None:
            raise MalformedSignal("a service is neither true, false nor wait")
        states[found.group(1)] = found.group(2)
    waits = "wait" in states.values() or len(parts) > _MAX_SERVICES
    keys: dict[str, bool | None] = {
        service: False if state == "false" else True if state == "true" and not waits else None
        for service, state in states.items()
    }
    answers = {state for service, state in states.items() if state == "false" or service not in _NEEDS_NONE}
    chosen = None if waits and answers != {"wait"} else not waits
    return Answer(
        chosen, "!" + "!".join(f"{service}={state}" for service, state in states.items()), keys, complete=False
    )
