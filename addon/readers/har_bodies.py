"""The bodies of a HAR's entries. Some exporters take a request's body apart (``postData.params``); it is put together again as it was
sent, without a name or value that was not in it.

Sources: HAR 1.2, ``postData`` (``params`` or ``text``); sitespeedio/chrome-har, ``parsePostData`` and ``toNameValuePairs`` (the
top-level keys of a JSON body become params, and each element of a list a param of the same name); WHATWG URL, 5.2, and RFC 7578 for
what forms look like.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote_plus

from addon.body import Body
from addon.jsontext import Json, text_of

_FORM = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/"
_BOUNDARY = re.compile(r';\s*boundary="?([^";,\s]{1,200})', re.IGNORECASE)
_OWN_BOUNDARY = "----consentwire-rebuilt"
_ENCODED = re.compile(r"[A-Za-z0-9*._+~-]*+(?:%[0-9A-Fa-f]{2}[A-Za-z0-9*._+~-]*+)*+")
"""A name or value as forms carry it."""
_LISTS = frozenset({"batch", "events"})
"""Top-level keys that stand for lists in every protocol that is decoded: of a list of one, the exporter leaves its element alone."""
_LINE_BREAKS = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A"})
"""How browsers write them in the name of a part."""

type _Params = Sequence[Mapping[str, Json]]


@dataclass(frozen=True, slots=True)
class Posted:
    """The body of a request, and the content type that it was put together under, if the entry does not state that itself."""

    body: Body | None
    content_type: str | None = None


def posted(post: Mapping[str, Json], stated: str | None) -> Posted:
    """A request's ``postData``.

    Args:
        stated: the content type in the request's header fields.
    """
    text = text_of(post.get("text"))
    listed = post.get("params")
    params = [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []
    kind = stated or text_of(post.get("mimeType")) or ""
    of_its_own = None if stated else kind or None
    if text or not params:
        encoding = text_of(post.get("encoding")) or text_of(post.get("_encoding"))
        return Posted(None if text is None else Body(_decoded(text, encoding)), of_its_own if text else None)
    essence = kind.lower().partition(";")[0].strip()
    first = str(params[0].get("name") or "")
    if first.startswith(('{"', "[{", "[[")):
        return Posted(_joined(params), of_its_own)  # JSON that was taken for a form
    if "json" in essence or (not essence.startswith((_FORM, _MULTIPART)) and any(_is_no_text(item) for item in params)):
        return Posted(_json(params), of_its_own)
    if essence.startswith(_MULTIPART):
        return _multipart(params, kind, text_of(post.get("mimeType")) or "", stated)
    return Posted(_form(params), of_its_own)


def content_of(content: Mapping[str, Json]) -> Body | None:
    """A response's ``content``."""
    text = text_of(content.get("text"))
    return None if text is None else Body(_decoded(text, text_of(content.get("encoding"))))


def _decoded(text: str, encoding: str | None) -> bytes:
    if encoding == "base64":
        try:
            return base64.b64decode(text)
        except (binascii.Error, ValueError):
            return text.encode("utf-8", "surrogatepass")
    return text.encode("utf-8", "surrogatepass")


def _is_no_text(item: Mapping[str, Json]) -> bool:
    return not isinstance(item.get("value"), (str, type(None)))


def _text(value: Json) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def _joined(params: _Params) -> Body:
    """A body that was cut at each ``&`` and ``=`` although it is no form."""
    pieces = (
        f"{name}={value}" if (value := _text(item.get("value"))) else name
        for item in params
        for name in (_text(item.get("name")),)
    )
    return Body("&".join(pieces).encode("utf-8", "replace"))


def _form(params: _Params) -> Body:
    """Names and values are encoded, unless all of them are, as some exporters leave them."""
    pairs = [(_text(item.get("name")), _text(item.get("value"))) for item in params]
    flat = [part for pair in pairs for part in pair]
    if not (any("%" in part for part in flat) and all(_ENCODED.fullmatch(part) for part in flat)):
        pairs = [(quote_plus(name, errors="replace"), quote_plus(value, errors="replace")) for name, value in pairs]
    return Body("&".join(f"{name}={value}" for name, value in pairs).encode("ascii", "replace"))


def _json(params: _Params) -> Body:
    """A JSON body of which each top-level key became a param, or each element of a list one with its number as name."""
    values: dict[str, list[Json]] = {}
    for item in params:
        values.setdefault(_text(item.get("name")), []).append(item.get("value"))
    if list(values) == [str(number) for number in range(len(values))]:
        document: Json = [found[0] if len(found) == 1 else list(found) for found in values.values()]
    else:
        document = {name: _value(name, found) for name, found in values.items()}
    return Body(json.dumps(document).encode())


def _value(name: str, found: list[Json]) -> Json:
    is_list = len(found) > 1 or (name in _LISTS and not isinstance(found[0], list))
    return found if is_list else found[0]


def _multipart(params: _Params, kind: str, mime_type: str, stated: str | None) -> Posted:
    """A form in parts, with the boundary that the request names, or one of our own if it names none. What a file held is not in a HAR."""
    named = _BOUNDARY.search(kind[:1000]) or _BOUNDARY.search(mime_type[:1000])
    boundary = named.group(1) if named is not None else _OWN_BOUNDARY
    parts: list[str] = []
    for item in params:
        name = _text(item.get("name")).translate(_LINE_BREAKS)
        disposition = f'Content-Disposition: form-data; name="{name}"'
        file, part_type = text_of(item.get("fileName")), text_of(item.get("contentType"))
        if file:
            disposition += f'; filename="{file.translate(_LINE_BREAKS)}"'
        if part_type and "\n" not in part_type and "\r" not in part_type:
            disposition += f"\r\nContent-Type: {part_type}"
        parts.append(f"--{boundary}\r\n{disposition}\r\n\r\n{_text(item.get('value'))}\r\n")
    body = Body(("".join(parts) + f"--{boundary}--\r\n").encode("utf-8", "replace"))
    whole = f"multipart/form-data; boundary={boundary}"
    return Posted(body, None if stated is not None and _BOUNDARY.search(stated[:1000]) else whole)
