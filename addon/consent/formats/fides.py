"""Fides: ``fides_consent``, JSON, the older way in base64, and compressed if the site wants (``gzip:`` and base64url).

``consent`` holds a value for each of the site's notices: true or false, or ``opt_in``, ``acknowledge`` and ``opt_out``. ``fides_meta``
tells by which means it was stored, and when: a script or Global Privacy Control is no answer. Under the TCF it has no notices, and a
string whose first two parts are a TC and an Additional Consent string.

Source: github.com/ethyca/fides, clients/fides-js/src/lib/cookie.ts, consent-types.ts, fides-string.ts.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import unquote

from addon.consent.signal import Answer, MalformedSignal, NotThisFormat
from addon.jsontext import Json, JsonError, mapping, parse, text_of
from addon.timestamps import from_iso

from . import tcf
from ._values import shown

_COMPRESSED = "gzip:"
_GZIP = 31
"""What zlib calls the window of a gzip stream."""
_MAX_BYTES = 256 * 1024
_MAX_NOTICES = 300
_VALUES = {"opt_in": True, "acknowledge": True, "opt_out": False}
_CHOSEN = ("accept", "reject", "save", "button", "individual_notice", "acknowledge")
"""Means by which a person answered. ``dismiss``, ``script``, ``gpc`` and ``external_provider`` are none."""


def cookie(name: str, cookies: Mapping[str, str]) -> Answer:
    document = _document(unquote(cookies[name]).strip())
    consent, meta = document.get("consent"), mapping(document.get("fides_meta"))
    if not isinstance(consent, dict) or "fides_meta" not in document:
        raise NotThisFormat("no 'consent' with 'fides_meta' beside it")
    if len(consent) > _MAX_NOTICES:
        raise MalformedSignal(f"consent has more than {_MAX_NOTICES} notices")
    method = text_of(meta.get("consentMethod"))
    updated = from_iso(meta.get("updatedAt"))
    answered = True if method in _CHOSEN else None
    string = text_of(document.get("fides_string"))
    if not consent and string:
        tc, additional, *_ = [*string.split(",", 3), ""]
        if tc:
            answer = tcf.cookie("string", {"string": tc, tcf.ADDITIONAL: additional})
            return replace(answer, answered=answer.answered if answered is None else answered, effective_at=updated)
    keys = {notice: _value(value) for notice, value in consent.items()}
    evidence = f"{shown(keys)} by {'nobody says what' if method is None else method[:40]}"
    return Answer(answered, evidence, keys, complete=False, effective_at=None if answered is None else updated)


def _value(value: Json) -> bool | None:
    return value if isinstance(value, bool) else _VALUES.get(value) if isinstance(value, str) else None


def _document(text: str) -> dict[str, Json]:
    try:
        if text.startswith(_COMPRESSED):
            content: bytes | str = _inflated(text.removeprefix(_COMPRESSED))
        elif text.startswith("{"):
            content = text
        else:
            content = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
        document, rest = parse(content)
    except (binascii.Error, zlib.error, JsonError, ValueError):
        raise NotThisFormat("no JSON, neither plain nor in base64 nor compressed") from None
    if rest or not isinstance(document, dict):
        raise NotThisFormat("no JSON object")
    return document


def _inflated(text: str) -> bytes:
    packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    inflater = zlib.decompressobj(_GZIP)
    content = inflater.decompress(packed, _MAX_BYTES)
    if inflater.unconsumed_tail or not inflater.eof:
        raise MalformedSignal(f"compressed, and cut short or more than {_MAX_BYTES} bytes")
    return content
