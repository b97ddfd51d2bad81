"""Consent parameters of a call to a vendor: TC strings, opt-out strings, Google's consent mode.

Here the site speaks to the vendor. A TC string or an opt-out string is the record itself, wherever it travels; consent mode is
the site's own reading of it, and believed only where nothing else speaks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import parse_qsl

from addon.body import BodyError
from addon.exchange import Exchange
from addon.jsontext import Json, JsonError, parse

from .consent_mode import PARAMETERS

NAMES: Final = ("gdpr", "gdpr_consent", "addtl_consent", "us_privacy", "usprivacy", "gpp", "gpp_sid", *PARAMETERS)
_ANY = re.compile(r"gdpr_consent|us_?privacy|gpp|gcs=|gcd=")
_ANY_BYTES = re.compile(rb"gdpr_consent|us_?privacy|\"gpp|[?&;]gpp")
_SHAPES = {
    "gdpr_consent": re.compile(r"C[A-Za-z0-9_.-]{10,}"),
    "addtl_consent": re.compile(r"[0-9]~.*", re.DOTALL),
    "us_privacy": re.compile(r"1[A-Za-z-]{3}"),
    "usprivacy": re.compile(r"1[A-Za-z-]{3}"),
    "gpp": re.compile(r"DB[A-Za-z0-9_-]*~.+", re.DOTALL),
}
"""How a string begins, which distinguishes it from macros that were not filled in (``${GDPR_CONSENT_755}``, ``undefined``) and
from whatever else somebody calls by the same name."""
_MAX_BODY = 256 * 1024
_MAX_FIELDS = 1000
_MAX_DEPTH = 6
_MAX_NODES = 5000


def parameters_of(exchange: Exchange) -> dict[str, str]:
    """The consent parameters of a call, from its query, its form or its JSON body; what is no such string (empty,
    an unexpanded macro) is left out. Where one stands twice, the first counts."""
    found: dict[str, str] = {}
    if _ANY.search(exchange.query):
        _take(found, _fields(exchange.query))
    body = exchange.request_body
    if body is not None and 0 < len(body.raw) <= _MAX_BODY:
        try:
            content = body.content()
        except BodyError:
            return found  # the decoders report it
        if len(content) <= _MAX_BODY and _ANY_BYTES.search(content):
            text = content.decode(errors="replace")
            _take(found, _from_json(text) if text.lstrip()[:1] in ("{", "[") else _fields(text))
    return found


def _fields(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, keep_blank_values=True, max_num_fields=_MAX_FIELDS)
    except ValueError:
        return []  # more fields than any honest call has


def _from_json(text: str) -> Iterator[tuple[str, str]]:
    """Members of these names, however deep, within bounds."""
    try:
        document, _ = parse(text)
    except JsonError:
        return
    waiting: list[tuple[Json, int]] = [(document, 0)]
    seen = 0
    while waiting and seen < _MAX_NODES:
        node, depth = waiting.pop()
        seen += 1
        if isinstance(node, dict):
            for name, value in node.items():
                if isinstance(value, str):
                    yield name, value
                elif name == "gpp_sid" and isinstance(value, list):
                    yield name, ",".join(str(item) for item in value[:50])
                elif name == "gdpr" and isinstance(value, int):
                    yield name, str(int(value))
                elif depth < _MAX_DEPTH:
                    waiting.append((value, depth + 1))
        elif isinstance(node, list) and depth < _MAX_DEPTH:
            waiting += [(item, depth + 1) for item in node[:100]]


def _take(found: dict[str, str], pairs: list[tuple[str, str]] | Iterator[tuple[str, str]]) -> None:
    for name, value in pairs:
        if name in NAMES and name not in found and (name not in _SHAPES or _SHAPES[name].fullmatch(value)):
            found[name] = value


def us_privacy(parameters: Mapping[str, str]) -> str | None:
    """The US Privacy string, under either of its names."""
    return parameters.get("us_privacy") or parameters.get("usprivacy")
