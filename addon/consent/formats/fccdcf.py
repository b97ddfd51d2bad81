"""Google's Privacy and messaging (Funding Choices): ``FCCDCF``, a JSON array. The TC string of an answer, and the Additional Consent
string beside it, stand at index 3; without one nobody answered a message under the GDPR, whatever else is in it.

Source: cookies of live sites in public code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import unquote

from addon.consent.signal import Answer, NotThisFormat
from addon.jsontext import JsonError, parse

from . import tcf

_AT = 3


def cookie(name: str, cookies: Mapping[str, str]) -> Answer:
    try:
        document, rest = parse(unquote(cookies[name]))
    except JsonError as error:
        raise NotThisFormat(f"no JSON: {error}") from None
    if rest or not isinstance(document, list):
        raise NotThisFormat("no JSON array")
    strings = document[_AT] if len(document) > _AT else None
    string = strings[0] if isinstance(strings, list) and strings else None
    if not isinstance(string, str) or not string:
        return Answer(None, "no TC string", complete=False)
    additional = strings[1] if isinstance(strings, list) and len(strings) > 1 else None
    beside = {tcf.ADDITIONAL: additional} if isinstance(additional, str) else {}
    answer = tcf.cookie("string", {"string": string, **beside})
    return replace(answer, complete=False)
