"""Evidon (Crownpeak): ``_evidon_consent_cookie``, JSON with ``categories`` for each notice: true or false for all of them, or by name.
``consent_date`` tells when. It is written as well where consent was implied, so that it does not tell an answer.

Source: cookies of live sites in public code.
"""

from __future__ import annotations

from collections.abc import Mapping

from addon.consent.signal import Answer, MalformedSignal, NotThisFormat
from addon.timestamps import from_iso
from vendor_catalog import Category

from ._values import json_object, shown

_OWN = {"consent_date", "consent_type"}
_ALL = (Category.FUNCTIONAL, Category.ANALYTICS, Category.MARKETING)
_MAX_NOTICES, _MAX_CATEGORIES = 50, 200


def cookie(name: str, cookies: Mapping[str, str]) -> Answer:
    document = json_object(cookies[name])
    if not _OWN.intersection(document):
        raise NotThisFormat("neither consent_date nor consent_type in it")
    notices = document.get("categories", {})
    if not isinstance(notices, dict) or len(notices) > _MAX_NOTICES:
        raise MalformedSignal(f"categories is no object of at most {_MAX_NOTICES} notices")
    whole: list[bool] = []
    keys: dict[str, bool | None] = {}
    for notice in notices.values():
        if isinstance(notice, bool):
            whole.append(notice)
        elif isinstance(notice, dict) and len(notice) <= _MAX_CATEGORIES:
            for category, value in notice.items():
                said = value if isinstance(value, bool) else None
                keys[category] = said if keys.get(category, said) is said else None
        else:
            raise MalformedSignal("a notice's categories are neither true, false nor an object")
    # one notice grants what another refuses: then it is not said
    values = dict.fromkeys(_ALL, whole[0]) if whole and all(each is whole[0] for each in whole) and not keys else {}
    evidence = shown(keys) if keys else f"all categories {whole}"
    dated = from_iso(document.get("consent_date"))
    return Answer(None, evidence, keys, complete=False, values=values, effective_at=dated)
