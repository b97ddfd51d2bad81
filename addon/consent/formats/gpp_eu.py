"""The TC string of a GPP string, for the EU or for Canada, as ``__gpp`` gives it to a listener. Source: IAB Tech Lab, Global Privacy
Platform, CMP API 1.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from addon.consent.signal import Answer
from addon.consent.strings.gpp_sections import TCF_CANADA_V1, TCF_EU_V2
from addon.jsontext import Json

from . import tcf, tcf_canada
from .gpp import tc_string


def api(state: Mapping[str, Json], event: str | None) -> Answer:
    """An answer by what the string holds; while the banner is up it is none."""
    text, applicable = state.get("string"), state.get("sections")
    if isinstance(text, str) and isinstance(applicable, list) and state.get("signal") == "ready":
        apply = ",".join(str(section) for section in applicable)
        for number, read in ((TCF_EU_V2, tcf.cookie), (TCF_CANADA_V1, tcf_canada.cookie)):
            found = tc_string(text, apply, number)
            if found:
                answer = read("section", {"section": found})
                return replace(answer, answered=False) if state.get("display") == "visible" else answer
    return Answer(None, "no section for the EU or for Canada that applies", complete=False)
