"""How vendors write their calls: queries, forms, JSON, and text in Base64. Shared by the readers; everything is bounded."""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from email.parser import BytesParser
from email.policy import HTTP
from urllib.parse import parse_qsl, unquote

from addon.body import MAX_BODY_BYTES, Body
from addon.exchange import Exchange
from addon.jsontext import Json, JsonError, mapping, parse, text_of

from .reader import Found, NotDecoded

MAX_FORM = 512 * 1024
"""Bytes of a form. Calls with events stay far below; recordings are not read."""
_MAX_FIELDS = 1000
_MAX_PARTS = 200


def fields(text: str) -> dict[str, str]:
    """A query or a URL-encoded form; where a name stands twice, the first counts.

    Raises:
        NotDecoded: if it has more fields than any honest call.
    """
    found: dict[str, str] = {}
    try:
        for name, value in parse_qsl(text, keep_blank_values=True, max_num_fields=_MAX_FIELDS):
            found.setdefault(name, value)
    except ValueError:
        raise NotDecoded(f"more than {_MAX_FIELDS} fields") from None
    return found


def body_text(exchange: Exchange) -> str:
    """The request's body as text; empty if it has none.

    Raises:
        BodyError: if it cannot be decompressed.
        NotDecoded: if it is no text, or too long.
    """
    content = content_of(exchange)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise NotDecoded(f"{len(content)} bytes that are no text") from None


def content_of(exchange: Exchange) -> bytes:
    """The request's body as bytes; empty if it has none.

    Raises:
        BodyError: if it cannot be decompressed.
    """
    return b"" if exchange.request_body is None else exchange.request_body.content()


def form(exchange: Exchange) -> dict[str, str]:
    """The request's body as a form: URL-encoded, or multipart.

    Raises:
        BodyError, NotDecoded: as :func:`body_text`; or if it is too long.
    """
    content = content_of(exchange)
    if len(content) > MAX_FORM:
        raise NotDecoded(f"a form of {len(content)} bytes; forms are read up to {MAX_FORM}")
    kind = exchange.request_headers.get("content-type") or ""
    if kind.lower().startswith("multipart/form-data"):
        return _parts(content, kind)
    return fields(body_text(exchange))


def _parts(content: bytes, kind: str) -> dict[str, str]:
    head = f"Content-Type: {kind}\r\n\r\n".encode("utf-8", "replace")
    message = BytesParser(policy=HTTP).parsebytes(head + content)
    found: dict[str, str] = {}
    parts = message.iter_parts() if message.is_multipart() else iter(())
    for number, part in enumerate(parts):
        if number >= _MAX_PARTS:
            raise NotDecoded(f"more than {_MAX_PARTS} parts")
        name = part.get_param("name", header="content-disposition")
        payload = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(payload, bytes):
            found.setdefault(name, payload.decode("utf-8", "replace"))
    if not found:
        raise NotDecoded("a multipart form without fields")
    return found


def parameters(exchange: Exchange) -> dict[str, str]:
    """The query, and beneath it the form in the body."""
    given = fields(exchange.query)
    if exchange.method == "POST" and exchange.request_body is not None and exchange.request_body.raw:
        given = form(exchange) | given
    return given


def document(exchange: Exchange) -> Json:
    """The request's body as JSON; what follows the first value is left.

    Raises:
        BodyError, JsonError, NotDecoded: if it is none.
    """
    if not body_text(exchange).strip():
        raise NotDecoded("no body was captured")
    return _document(exchange)


def json_or_form(exchange: Exchange) -> Mapping[str, Json]:
    """The request's body as an object: JSON, or a form whose values are texts."""
    text = body_text(exchange)
    return mapping(_document(exchange)) if text.lstrip()[:1] in ("{", "[") else {**form(exchange)}


def _document(exchange: Exchange) -> Json:
    return None if exchange.request_body is None else exchange.request_body.document()[0]


def json_text(text: str) -> Json:
    """JSON that stands in a field: as it is, percent-encoded once more, or in Base64, compressed or not.

    Raises:
        JsonError, NotDecoded: if it is none.
    """
    stripped = text.strip()
    if stripped[:1] in ("{", "["):
        return parse(stripped)[0]
    if stripped[:3].upper() in ("%7B", "%5B"):
        return parse(unquote(stripped))[0]
    return parse(from_base64(stripped))[0]


def optional_json(text: Json) -> Mapping[str, Json]:
    """A field that may hold an object as JSON: empty if it does not."""
    try:
        return mapping(json_text(text)) if isinstance(text, str) and text else mapping(text)
    except (JsonError, NotDecoded):
        return {}


def from_base64(text: str) -> bytes:
    """Base64 of either alphabet, padded or not, and decompressed if it was gzip or zlib.

    Raises:
        NotDecoded: if it is none.
    """
    plain = "".join(text.split()).replace("-", "+").replace("_", "/").rstrip("=")
    try:
        raw = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise NotDecoded("neither JSON nor Base64") from None
    if raw[:2] == b"\x1f\x8b":
        return Body(raw, "gzip").content()
    return _inflated(raw) if raw[:1] == b"\x78" else raw


def _inflated(raw: bytes) -> bytes:
    inflater = zlib.decompressobj()
    try:
        content = inflater.decompress(raw, MAX_BODY_BYTES)
    except zlib.error:
        return raw  # it only looked like it
    if not inflater.eof:
        raise NotDecoded("a compressed field is cut short, or too large")
    return content


def objects(value: Json) -> Iterator[Mapping[str, Json]]:
    """The objects of a list, or the one that stands for itself."""
    items = value if isinstance(value, list) else [value]
    return (item for item in items if isinstance(item, dict))


def listed(body: Mapping[str, Json], name: str) -> Iterator[Mapping[str, Json]]:
    """The objects of the list under a name; the body itself if it has no such list, and so is one."""
    items = body.get(name)
    return objects(items) if isinstance(items, list) else iter((body,))


def at(document: Mapping[str, Json], *names: str) -> Json:
    """What stands deeper in a document: ``at(body, "context", "page", "url")``; ``None`` if nothing does."""
    *parents, last = names
    for name in parents:
        document = mapping(document.get(name))
    return document.get(last)


def first(value: Json) -> Json:
    """The first of a list, or the value itself: match keys come in either form."""
    return (value[0] if value else None) if isinstance(value, list) else value


_RELAYED_PATH = re.compile(r"(?:^|&)s=([^&?]{0,200})")


def relayed(exchange: Exchange) -> Exchange:
    """The call to Google that Site Kit's script passes on (``measurement.php?id=AW-1&s=ccm/collect?en=page_view``), as it would be
    under a path of its own; every other exchange as it is. Source: google/site-kit-wp ``gtg/measurement.php``."""
    path = _RELAYED_PATH.search(exchange.query) if exchange.path.endswith("/measurement.php") else None
    if path is None:
        return exchange
    rest = exchange.query[path.end() :].lstrip("&?")
    return replace(exchange, path="/" + unquote(path[1]).lstrip("/"), query=rest)


_HASH = re.compile(r"[0-9a-fA-F]{32}|[0-9a-fA-F]{40}|[0-9a-fA-F]{64}|[A-Za-z0-9+/_-]{43}=?")
"""MD5, SHA-1 and SHA-256 in hexadecimal; SHA-256 in Base64."""


def email(value: Json) -> dict[str, Json]:
    """An e-mail address under the kind that it is sent as: hashed, or as it is."""
    return _hashed("email", value)


def phone(value: Json) -> dict[str, Json]:
    """A phone number, likewise."""
    return _hashed("phone", value)


def conversion(event: Mapping[str, Json], account: Json, **own: str) -> Found:
    """An event of a conversions API whose shape is that of Meta's, as Pinterest's and Snapchat's are; ``own`` are the vendor's
    own keys of ``user_data``, by kind of identifier."""
    person = mapping(event.get("user_data"))
    return Found(
        name=event.get("event_name"),
        account=account,
        identifiers={
            "external_id": first(person.get("external_id")),
            **{kind: first(person.get(key)) for kind, key in own.items()},
            **email(person.get("em")),
            **phone(person.get("ph")),
        },
        page_url=event.get("event_source_url"),
    )


def _hashed(kind: str, value: Json) -> dict[str, Json]:
    text = text_of(first(value))
    if text is None:
        return {}
    return {f"{kind}_hash" if _HASH.fullmatch(text) else kind: text}


def google_user_data(value: str | None) -> dict[str, Json]:
    """Google's user-provided data: ``tv.1~em.HASH~pn.HASH``; empty hashes are left out."""
    found: dict[str, Json] = {}
    for part in (value or "")[:4000].split("~"):
        name, dot, content = part.partition(".")
        kind = {"em": "email_hash", "pn": "phone_hash"}.get(name.rstrip("0123456789"))
        if kind is not None and dot and content:
            found.setdefault(kind, content)
    return found
