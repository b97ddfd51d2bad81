"""IAB GPP, as ``__gpp`` gives it to a listener: a header and sections between ``~``, of which only the applicable ones count.

Read here is section 2, a TC string: the interface's ids say that it is there, and of all sections only one is a TC string. The US
sections say what may not be sold, not whether somebody answered; they are kept as evidence. Source: IAB Tech Lab, Global Privacy
Platform, CMP API 1.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from addon.consent.signal import Answer, MalformedSignal, NotThisFormat
from addon.jsontext import Json

from . import tcf

_TCF_EU = 2
_MAX_SECTIONS = 30


def api(state: Mapping[str, Json], event: str | None) -> Answer:
    text, applicable = state.get("string"), state.get("sections")
    if not isinstance(text, str) or "~" not in text or state.get("signal") != "ready":
        return Answer(None, "no string", complete=False)
    unread = Answer(None, text, complete=False)
    if not isinstance(applicable, list) or _TCF_EU not in applicable:
        return unread
    read: list[Answer] = []
    for section in text.split("~", _MAX_SECTIONS)[1:]:
        try:
            read.append(tcf.cookie("section", {"section": section}))
        except (MalformedSignal, NotThisFormat):
            continue
    if len(read) != 1:
        return unread
    answered = False if state.get("display") == "visible" else read[0].answered
    return replace(read[0], evidence=text, answered=answered)
