"""Osano's open-source cookieconsent 3 (Insites): ``cookieconsent_status``, one of ``allow``, ``deny`` and ``dismiss``; undated.

Other software uses the name too, with other values. ``dismiss`` closes a notice without a question. Source: osano/cookieconsent
3.
"""

from __future__ import annotations

from collections.abc import Mapping

from addon.consent.signal import Answer, NotThisFormat
from vendor_catalog import Category

_STATES = {"allow": True, "deny": False, "dismiss": None}
_ALL = (Category.FUNCTIONAL, Category.ANALYTICS, Category.MARKETING)


def cookie(name: str, cookies: Mapping[str, str]) -> Answer:
    status = cookies[name].strip()
    if status not in _STATES:
        raise NotThisFormat("neither allow, deny nor dismiss")
    return Answer(True, status, values=dict.fromkeys(_ALL, _STATES[status]), complete=False)
