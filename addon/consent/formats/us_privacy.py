"""The US Privacy string ``1YNN``: version, notice given, opted out of sale, covered by the limited service provider agreement.

``1---`` is "does not apply". An opt-out is what it can tell; that somebody did not opt out is no consent. Source: IAB Tech Lab,
US Privacy String.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote

from addon.consent.signal import Answer, MalformedSignal, NotThisFormat
from addon.consent.strings.us_privacy import UsPrivacyError, parse_us_privacy
from vendor_catalog import Category


def cookie(name: str, cookies: Mapping[str, str]) -> Answer:
    text = unquote(cookies[name]).strip()
    if not text or text.startswith("{"):  # one manager keeps an object under this name
        raise NotThisFormat("no string, or an object that holds one")
    try:
        string = parse_us_privacy(text)
    except UsPrivacyError as error:
        raise MalformedSignal(f"US Privacy string: {error}") from None
    if string.opted_out is None:
        return Answer(None, text, complete=False)
    return Answer(
        True if string.opted_out else None, text, complete=False, values={Category.MARKETING: not string.opted_out}
    )
