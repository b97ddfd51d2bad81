"""HubSpot's cookie banner: ``__hs_cookie_cat_pref`` (``1:true_2:false_3:true``; older ones with commas) and ``__hs_opt_out``.

1 is analytics, 2 advertisement, 3 functionality. Either is written at the choice; undated. Source: cookies of live sites in public
code; knowledge.hubspot.com.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote

from addon.consent.signal import Answer, MalformedSignal, NotThisFormat
from vendor_catalog import Category

_PAIR = re.compile(r"([0-9]{1,2}):(true|false)")
_NAMES = {"1": "analytics", "2": "advertisement", "3": "functionality"}
_ALL = (Category.FUNCTIONAL, Category.ANALYTICS, Category.MARKETING)


def cookie(name: str, cookies: Mapping[str, str]) -> Answer:
    text = unquote(cookies[name]).strip()
    if name == "__hs_opt_out":
        if text not in ("yes", "no"):
            raise NotThisFormat("neither yes nor no")
        # "no" says that nobody objected to all; what exactly was agreed to stands in the other cookie
        return Answer(True, text, values=dict.fromkeys(_ALL, False if text == "yes" else None), complete=False)
    if not text[:2].rstrip(":").isdecimal():
        raise NotThisFormat("it does not begin with a number")
    keys: dict[str, bool | None] = {}
    for part in text.replace(",", "_").split("_")[:20]:
        pair = _PAIR.fullmatch(part)
        if pair is None:
            raise MalformedSignal("a category is neither true nor false")
        keys[_NAMES.get(pair.group(1), f"category {pair.group(1)}")] = pair.group(2) == "true"
    return Answer(True, " ".join(f"{key}={value}" for key, value in keys.items()), keys, complete=False)
