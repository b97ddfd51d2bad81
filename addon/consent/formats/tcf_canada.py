"""The section for Canada of a GPP string (``tcfcav1``), as ``gpp`` and ``__gpp`` give it.

Express consent is consent. Implied consent rests on a notice, as a legitimate interest does in the EU: the person objected to it or not,
so where a category rests on it the string does not say what the person chose. Purpose 1 has no bit for implied consent, so that
other purposes do not hang on it. Source: github.com/InteractiveAdvertisingBureau/Global-Privacy-Platform, Sections/Canada.
"""

from __future__ import annotations

from collections.abc import Mapping

from addon.consent.signal import Answer, MalformedSignal, NotThisFormat
from addon.consent.strings.tcf import TCStringError
from addon.consent.strings.tcf_canada import decode
from vendor_catalog import Category

from .tcf import PURPOSES


def cookie(name: str, cookies: Mapping[str, str]) -> Answer:
    text = cookies[name]
    if not text.startswith("B"):
        raise NotThisFormat("no version 1 of IAB Canada's string")
    try:
        string = decode(text)
    except TCStringError as error:
        raise MalformedSignal(f"TC string for Canada: {error}") from None
    values: dict[Category, bool | None] = {}
    for category, purposes in PURPOSES.items():
        express = [purpose in string.express_purposes for purpose in purposes]
        implied = any(purpose in string.implied_purposes for purpose in purposes)
        values[category] = True if all(express) else None if any(express) or implied else False
    return Answer(
        answered=True if string.express_purposes else None,
        evidence=text,
        values=values,
        iab_vendors=string.express_vendors | string.implied_vendors,
        iab_disclosed=string.disclosed,
        not_before=string.last_updated.timestamp(),
    )
