"""One request to an ingestion endpoint of Segment, or of a CDP that took over its protocol -> the messages in it, before they
are read.

Sources: analytics-next ``plugins/segmentio`` (one-letter paths, ``/b``), analytics-kotlin and -swift ``HTTPClient``
(``/b``), the HTTP API documentation (``/batch``, word paths, pixel), analytics-android ``ConnectionFactory``
(``/import``), amphtml ``vendors/segment.json`` (dotted keys). Content types say nothing: the two largest SDKs send
JSON as ``text/plain``.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from addon.decode.body import body_of, from_base64, left_over, url_safe
from addon.decode.facts import Problem
from addon.exchange import Exchange
from addon.jsontext import Json, JsonError, mapping, parse, text_of

TYPES = ("track", "identify", "page", "screen", "group", "alias")
_BY_LETTER = {word[0]: word for word in TYPES}
_BATCH = ("b", "batch", "import")
_PIXEL = re.compile(rf"/pixel/({'|'.join(TYPES)})/?$")
_MAX_FIELDS = 2000
MAX_MESSAGES = 5000
"""Segment takes 2,500 events a batch."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """What surrounds the messages of one request."""

    messages: tuple[tuple[int, Mapping[str, Json]], ...]
    """Each with its place in the batch."""
    write_key: str | None = None
    sent_at: str | None = None
    type_from_path: str | None = None
    """The type that a word path or letter path states: the HTTP API leaves it out of the body."""
    context: Mapping[str, Json] = field(default_factory=dict)
    integrations: Mapping[str, Json] = field(default_factory=dict)
    from_query: bool = False
    """Whether all values are strings, because they came in a query."""
    problems: tuple[Problem, ...] = ()


def last_part(path: str) -> str:
    """The last part of a path between slashes."""
    return path.rstrip("/").rpartition("/")[2]


def type_of_path(path: str) -> str | None:
    """The message type that a path states; ``None`` for batches and free paths."""
    part = last_part(path)
    return _BY_LETTER.get(part) or (part if part in TYPES else None)


def is_batch_path(path: str) -> bool:
    return last_part(path) in _BATCH


def is_ingestion_path(path: str) -> bool:
    """Whether the SDKs send messages to such a path. Under ``/v1`` of Segment's hosts that is certain, elsewhere a hint."""
    return type_of_path(path) is not None or is_batch_path(path)


def is_pixel_path(path: str) -> bool:
    return _PIXEL.search(path) is not None


def basic_write_key(exchange: Exchange) -> str | None:
    """The user name of Basic authorization, which is where a write key travels; a missing colon is tolerated."""
    scheme, _, credentials = (exchange.request_headers.get("authorization") or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        decoded = base64.b64decode(credentials.strip() + "==").decode("utf-8")
    except (binascii.Error, ValueError):
        return None
    return decoded.partition(":")[0] or None


def stated_write_key(document: Mapping[str, Json], exchange: Exchange) -> str | None:
    """The write key of a whole request: in its body, or in Basic authorization (analytics-go)."""
    return text_of(document.get("writeKey")) or basic_write_key(exchange)


def read(exchange: Exchange) -> Envelope:
    """The messages of a request, by GET query or by body.

    Raises:
        BodyError: if the body cannot be decoded.
        JsonError: if it holds no JSON.
    """
    if exchange.method == "GET":
        return _from_query(exchange)
    document, rest = body_of(exchange).document()
    return from_document(document, exchange, rest)


def from_document(document: Json, exchange: Exchange, rest: str = "") -> Envelope:
    """The messages in an already parsed body; ``rest`` is what stands behind the document.

    Raises:
        JsonError: if the document is no object.
    """
    if not isinstance(document, dict):
        raise JsonError(f"expected an object, found {type(document).__name__}")
    write_key = stated_write_key(document, exchange)
    sent_at = text_of(document.get("sentAt"))
    problems = left_over(rest)
    batch = document.get("batch")
    if not isinstance(batch, list):
        return Envelope(((0, document),), write_key, sent_at, type_of_path(exchange.path), problems=tuple(problems))
    messages: list[tuple[int, Mapping[str, Json]]] = []
    for position, message in enumerate(batch[:MAX_MESSAGES]):
        if isinstance(message, dict):
            messages.append((position, message))
        else:
            problems.append(Problem("bad-event", f"batch[{position}] is {type(message).__name__}, not an object"))
    if len(batch) > MAX_MESSAGES:
        problems.append(
            Problem("bad-event", f"{len(batch) - MAX_MESSAGES} messages beyond {MAX_MESSAGES} were not read")
        )
    return Envelope(
        tuple(messages),
        write_key,
        sent_at,
        None,
        mapping(document.get("context")),
        mapping(document.get("integrations")),
        problems=tuple(problems),
    )


def _from_query(exchange: Exchange) -> Envelope:
    try:
        fields = dict(parse_qsl(exchange.query, keep_blank_values=True, max_num_fields=_MAX_FIELDS))
    except ValueError:
        raise JsonError(f"the pixel's query has more than {_MAX_FIELDS} fields") from None
    message = _message_of_data(fields["data"]) if "data" in fields else undotted(fields)
    if not message:
        raise JsonError("the pixel's query holds no message")
    write_key = text_of(message.get("writeKey")) or fields.get("writeKey") or basic_write_key(exchange)
    return Envelope(
        ((0, message),),
        write_key,
        text_of(message.get("sentAt")),
        type_of_path(exchange.path),
        from_query="data" not in fields,
    )


def _message_of_data(text: str) -> dict[str, Json]:
    """A message from ``data=``: base64, safe for URLs or not, padded or not; or plain JSON."""
    if not text.lstrip().startswith("{"):
        document, _ = parse(from_base64(url_safe(text), "data= is neither JSON nor base64"))
    else:
        document, _ = parse(text)
    if not isinstance(document, dict):
        raise JsonError("data= holds no object")
    return document


def undotted(fields: Mapping[str, str]) -> dict[str, Json]:
    """``context.page.url=x`` -> ``{"context": {"page": {"url": "x"}}}``; a key that contradicts an earlier one is dropped."""
    message: dict[str, Json] = {}
    for key, value in fields.items():
        parts = key.split(".")[:16]
        target = message
        for part in parts[:-1]:
            inner = target.setdefault(part, {})
            if not isinstance(inner, dict):
                break
            target = inner
        else:
            target.setdefault(parts[-1], value)
    return message
