"""When an entry of a HAR took place, and in which run of the recording."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from addon.jsontext import Json, text_of

from .capture import checked_time
from .json_stream import Unusable

_RUN = re.compile(r"page_(\d{1,9})_[01](?:_\d{1,9})?")
"""WebPageTest's name of a page: run, first or second load, step."""
_LONGEST_WAIT = 3600.0
"""Seconds from request to response; timings that add up to more are no timings."""


def time_of(given: Json) -> float:
    """Unix time. One without a zone is taken for UTC, so that it does not depend on where the file is read."""
    if isinstance(given, (int, float)):
        raise Unusable(
            f"its startedDateTime is the number {str(given)[:30]}, where HAR 1.2 has a date in ISO 8601, such as"
            " 2026-01-31T12:00:00.000Z; export the HAR again, or write the dates into it"
        )
    moment = datetime.fromisoformat(str(given))
    return checked_time((moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).timestamp())


def run_of(entry: Mapping[str, Json]) -> str | None:
    """The run of a HAR that holds several, each in a browser of its own: WebPageTest numbers them, and says whether a page was loaded a
    second time (its third number counts the steps). A second load has the cookies of the first."""
    given = entry.get("_run")
    if isinstance(given, (int, str)) and not isinstance(given, bool):
        return str(given)[:20]
    page = _RUN.fullmatch(text_of(entry.get("pageref")) or "")
    return None if page is None else page.group(1)


def waited(timings: Mapping[str, Json]) -> float:
    """Seconds from request to response."""
    phases = (timings.get(name) for name in ("blocked", "dns", "connect", "send", "wait"))
    waited = sum(float(phase) for phase in phases if isinstance(phase, (int, float)) and phase > 0) / 1000
    return waited if waited <= _LONGEST_WAIT else 0.0
