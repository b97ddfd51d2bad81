"""Shopify's customer privacy: ``_tracking_consent``, JSON (version 2.1) or a string that begins with 3; undated.

What the person chose stands apart from what is allowed by default: ``con.CMP`` with "1", "0" or "" a purpose; in version 3 the
letters before the dot, upper case for yes and lower case for no. Source: several copies of the consent-tracking-api bundle's
decoder in public code.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote

from addon.body import BodyError
from addon.consent.signal import Answer, MalformedSignal, NotThisFormat
from addon.exchange import Exchange
from addon.jsontext import Json, mapping

from ._values import json_object

_THIRD = re.compile(r"3([amps]{0,4})\.([amps]{0,4})_", re.IGNORECASE)
_NAMES = {"a": "analytics", "m": "marketing", "p": "preferences", "s": "sale"}
_STATES = {"1": True, "0": False, "": None}


def cookie(name: str, cookies: Mapping[str, str]) -> Answer:
    text = unquote(cookies[name]).strip()
    if text.startswith("3"):
        third = _THIRD.match(text)
        if third is None:
            raise NotThisFormat("it begins with 3, but is no consent of Shopify's third version")
        letters = third.group(1)
        if len({letter.lower() for letter in letters}) != len(letters):
            raise MalformedSignal("a purpose stands there twice")
        return _answer({_NAMES[letter.lower()]: letter.isupper() for letter in letters})
    document = json_object(cookies[name])
    if "con" not in document:
        raise NotThisFormat("no 'con' in it")
    states = mapping(mapping(document["con"]).get("CMP"))
    said: dict[str, bool | None] = {}
    for letter, purpose in _NAMES.items():
        state = states.get(letter, "")
        if not isinstance(state, str) or state not in _STATES:
            raise MalformedSignal(f"{purpose} is neither 1, 0 nor empty")
        if _STATES[state] is not None:
            said[purpose] = _STATES[state]
    return _answer(said)


def _answer(said: Mapping[str, bool | None]) -> Answer:
    shown = " ".join(f"{purpose}={'yes' if value else 'no'}" for purpose, value in said.items()) or "nothing chosen"
    keys = {purpose: value for purpose, value in said.items() if purpose != "sale"}
    return Answer(bool(said), shown, keys, complete=False)


def api(state: Mapping[str, Json], event: str | None) -> Answer:
    """``currentVisitorConsent()``: ``yes``, ``no`` or nothing for each purpose."""
    said = {purpose: state[purpose] == "yes" for purpose in _NAMES.values() if state.get(purpose) in ("yes", "no")}
    if not said and not any(state.get(purpose) == "" for purpose in _NAMES.values()):
        return Answer(None, "nothing told", complete=False)
    return _answer(said)


def call(exchange: Exchange) -> Answer:
    """A call to the shop's own GraphQL address that records a choice. It shows the moment alone, since the query's shape is not
    documented. The cookie, which its response or the next request shows, says what was chosen."""
    body = exchange.request_body
    try:
        reported = exchange.method == "POST" and body is not None and b"consentManagement" in body.content()
    except BodyError:
        reported = False  # the same address serves the whole shop, so that an unreadable body says nothing of consent
    if not reported:
        raise NotThisFormat("no choice is recorded")
    return Answer(True, exchange.path, complete=False, effective_at=exchange.started_at)
