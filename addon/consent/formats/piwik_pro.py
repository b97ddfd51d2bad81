"""Piwik PRO's ``ppms_privacy_<app id>``: JSON, percent-encoded or plain, with a status for each consent type.

``-1`` is no decision (the form was shown or closed), ``0`` refused, ``1`` granted. The cookie is there before any decision, and
names the visitor. ``updatedAt`` dates one decision, where it is there. Source: PiwikPRO/PPMS-PublicDocs
``consent_manager/js_api/commands.rst``; cookies of live sites in public code.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from addon.consent.signal import Answer, MalformedSignal, NotThisFormat
from addon.jsontext import Json, mapping
from addon.timestamps import from_iso

from ._values import json_object

_MAX_TYPES = 100
_STATUSES: Mapping[int, bool | None] = {-1: None, 0: False, 1: True}


def cookie(name: str, cookies: Mapping[str, str]) -> Answer:
    consents = json_object(cookies[name]).get("consents")
    if not isinstance(consents, dict):
        raise NotThisFormat("no object of 'consents' in it")
    if len(consents) > _MAX_TYPES:
        raise MalformedSignal(f"more than {_MAX_TYPES} consent types")
    statuses = {kind: _status(kind, mapping(said).get("status")) for kind, said in consents.items()}
    decided = [kind for kind, status in statuses.items() if status >= 0]
    times = [from_iso(mapping(consents[kind]).get("updatedAt")) for kind in decided]
    dated = [time for time in times if time is not None]
    whole = bool(dated) and len(dated) == len(times)
    return Answer(
        answered=None if not statuses else bool(decided),
        evidence=json.dumps({"consents": {kind: {"status": status} for kind, status in statuses.items()}}),
        keys={kind: _STATUSES[status] for kind, status in statuses.items()},
        complete=False,
        # one decision may be older than another: then only the earliest is a bound for all
        effective_at=dated[0] if whole and len(set(dated)) == 1 else None,
        not_before=min(dated) if whole and len(set(dated)) > 1 else None,
    )


def _status(kind: str, value: Json) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value not in _STATUSES:
        raise MalformedSignal(f"the status of {kind[:40]!r} is {str(value)[:40]!r}, none of -1, 0 and 1")
    return value
