"""Charles's JSON sessions (``.chlsj``): a list of transactions.

Sources: files in public repositories (Rockxy's ``CharlesJSONSessionImporterTests``; charles_to_postman.py): ``scheme``, ``host``,
``actualPort``, ``path``, ``query``, ``times.start``, ``header.headers``, ``body.text`` or ``body.encoded`` (base64), ``tunnel``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from addon.jsontext import Json, mapping, text_of

from .har_writer import HarWriter
from .json_stream import JsonStream, Malformed, Unusable
from .packed import Content

_CREATOR: dict[str, Json] = {"name": "Charles Proxy", "version": "JSON session"}
_DEFAULT_PORTS = {"http": 80, "https": 443}


class NoSession(Exception):
    """A list that holds no transactions of Charles."""


def as_har(path: Path, packed_size: int) -> Content:
    """A session as HAR.

    Raises:
        NoSession: if it is none.
        TooLarge: if it is too large.
    """
    writer = HarWriter(packed_size, {"creator": _CREATOR})
    whole, found = True, False
    with path.open("rb") as file:
        stream = JsonStream(file)
        try:
            for _ in stream.elements():
                try:
                    transaction = stream.value()
                except Unusable as error:
                    writer.unread(str(error))
                    continue
                if not found and not _is_transaction(transaction):
                    raise NoSession(
                        "a JSON list, but no session of Charles (.chlsj): its first element has no host and request"
                    )
                found = True
                _add(writer, transaction)
        except Malformed:
            whole = False
    if not found:
        raise NoSession("a JSON list without a transaction of Charles (.chlsj)")
    return writer.content(whole=whole)


def _is_transaction(value: Json) -> bool:
    return isinstance(value, dict) and isinstance(value.get("host"), str) and ("request" in value or "tunnel" in value)


def _add(writer: HarWriter, transaction: Json) -> None:
    if not _is_transaction(transaction):
        writer.unread("no transaction")
        return
    found = mapping(transaction)
    host = text_of(found.get("host")) or ""
    if found.get("tunnel") is True or text_of(found.get("method")) == "CONNECT":
        reason = "Charles passed its traffic through without decrypting it: SSL Proxying was not enabled for the host"
        writer.unread(reason, kind="passed-through", host=host)
        return
    request, response = mapping(found.get("request")), mapping(found.get("response"))
    writer.add(
        {
            "startedDateTime": mapping(found.get("times")).get("start"),
            "request": {
                "method": found.get("method"),
                "url": _url(found, host),
                "headers": _fields(request),
                "postData": _posted(request),
            },
            "response": {
                "status": response.get("status"),
                "headers": _fields(response),
                "content": _body(response),
            },
            "timings": {"wait": mapping(found.get("durations")).get("latency")},
        }
    )


def _url(found: Mapping[str, Json], host: str) -> str:
    scheme = (text_of(found.get("scheme")) or "https").lower()
    port = found.get("actualPort") or found.get("port")
    authority = f"[{host}]" if ":" in host else host
    if isinstance(port, int) and port != _DEFAULT_PORTS.get(scheme):
        authority = f"{authority}:{port}"
    if found.get("webSocket") is True:
        scheme = {"http": "ws", "https": "wss"}.get(scheme, scheme)
    query = text_of(found.get("query"))
    return f"{scheme}://{authority}{text_of(found.get('path')) or '/'}" + (f"?{query}" if query else "")


def _fields(message: Mapping[str, Json]) -> Json:
    return mapping(message.get("header")).get("headers")


def _body(message: Mapping[str, Json]) -> dict[str, Json]:
    body = mapping(message.get("body"))
    encoded = text_of(body.get("encoded"))
    if encoded is not None:
        return {"text": encoded, "encoding": "base64", "mimeType": message.get("mimeType")}
    return {"text": body.get("text"), "mimeType": message.get("mimeType")}


def _posted(request: Mapping[str, Json]) -> Json:
    body = _body(request)
    return body if text_of(body["text"]) is not None else None
