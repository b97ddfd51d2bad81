"""The EU section of a GPP string, a TC string, as ``__gpp`` gives it to a listener. Source: IAB Tech Lab, Global Privacy Platform,
CMP API 1.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from addon.consent.signal import Answer
from addon.jsontext import Json

from . import tcf
from .gpp import tc_string


def api(state: Mapping[str, Json], event: str | None) -> Answer:
    """An answer by what the string holds; while the banner is up it is none."""
    text, applicable = state.get("string"), state.get("sections")
    found = None
    if isinstance(text, str) and isinstance(applicable, list) and state.get("signal") == "ready":
        found = tc_string(text, ",".join(str(section) for section in applicable))
    if not found:
        return Answer(None, "no section for the EU that applies", complete=False)
    answer = tcf.cookie("section", {"section": found})
    return replace(answer, answered=False) if state.get("display") == "visible" else answer
