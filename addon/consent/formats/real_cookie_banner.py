"""Real Cookie Banner (devowl.io): ``real_cookie_banner-v:...``: when, two ids, and JSON with the services accepted of each group, with
``:`` between them. Groups and services are numbers of the site's own database, and what was not accepted is not there: that somebody
answered is known, and when, and of what was chosen nothing. Source: cookies of live sites in public code.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote

from addon.consent.signal import Answer, NotThisFormat
from addon.jsontext import JsonError, parse_exactly
from addon.timestamps import from_milliseconds, plausible

_PARTS = 4
_MAX_DIGITS = 15
_MILLISECONDS = 13


def cookie(name: str, cookies: Mapping[str, str]) -> Answer:
    parts = unquote(cookies[name]).strip().split(":", _PARTS - 1)
    if len(parts) != _PARTS or not parts[0].isascii() or not parts[0].isdecimal() or len(parts[0]) > _MAX_DIGITS:
        raise NotThisFormat("no time, two ids and JSON with ':' between them")
    try:
        accepted = parse_exactly(parts[-1])
    except JsonError as error:
        raise NotThisFormat(f"no JSON at its end: {error}") from None
    if not isinstance(accepted, dict):
        raise NotThisFormat("no groups at its end")
    moment = from_milliseconds(parts[0]) if len(parts[0]) >= _MILLISECONDS else plausible(int(parts[0]))
    return Answer(True, f"services of {len(accepted)} groups", complete=False, effective_at=moment)
