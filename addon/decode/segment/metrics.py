"""The counters that analytics.js sends of itself (``/m``) -> which destinations in the page it handed messages to, and where that failed.

Source: analytics-next ``core/stats/remote-metrics.ts``, ``metric-helpers.ts``: counters of one, with tags, sampled, at most 20 every 30
seconds, errors at once. That something is missing says nothing. A call that fails is counted as begun before, unless the
destination never got ready (``plugins/ajs-destination``, ``plugins/remote-loader``).
"""

from __future__ import annotations

from collections import Counter

from addon.body import Body, BodyError
from addon.decode.facts import Invocation
from addon.jsontext import Json, JsonError, mapping, text_of

METRIC = "analytics_js.integration.invoke"
FAILED = f"{METRIC}.error"
_MAX_COUNTERS = 1000
_METHODS = ("track", "page", "identify", "group", "alias", "screen")


def read(body: Body | None) -> tuple[Invocation, ...]:
    """The invocations in a body; none if it cannot be read, as nobody depends on these counters."""
    if body is None or not body.raw:
        return ()
    try:
        return of_document(body.document()[0])
    except (BodyError, JsonError):
        return ()


def of_document(document: Json) -> tuple[Invocation, ...]:
    """The invocations among the counters of a document."""
    series = mapping(document).get("series")
    begun: Counter[tuple[str, str, bool]] = Counter()
    failed: Counter[tuple[str, str, bool]] = Counter()
    for counter in map(mapping, series[:_MAX_COUNTERS] if isinstance(series, list) else ()):
        tags = mapping(counter.get("tags"))
        name, method = text_of(tags.get("integration_name")), tags.get("method")
        if name is not None and method in _METHODS and counter.get("metric") in (METRIC, FAILED):
            kind = begun if counter.get("metric") == METRIC else failed
            kind[name, str(method), tags.get("type") == "action"] += 1
    return tuple(Invocation(*key, count=begun[key], failed=failed[key]) for key in dict.fromkeys((*begun, *failed)))
