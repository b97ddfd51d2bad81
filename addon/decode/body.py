"""What decoders of other protocols than Segment's share: a request's body as JSON, or what a query or form says."""

from __future__ import annotations

from urllib.parse import parse_qsl

from addon.exchange import Body, BodyError, Exchange
from addon.jsontext import Json, JsonError

from .facts import Problem

_MAX_FIELDS = 2000


def document_of(exchange: Exchange) -> tuple[Json, list[Problem]]:
    """The JSON document in a request's body; text behind it is a problem beside it.

    Raises:
        BodyError: if there is no body, or it cannot be decoded.
        JsonError: if it holds no JSON.
    """
    document, rest = body_of(exchange).document()
    left = [Problem("bad-event", f"{len(rest)} characters follow the JSON document and were not read")] if rest else []
    return document, left


def content_of(exchange: Exchange) -> bytes:
    """A request's body without its content encoding.

    Raises:
        BodyError: if there is none, or it cannot be decoded.
    """
    return body_of(exchange).content()


def body_of(exchange: Exchange) -> Body:
    """A request's body.

    Raises:
        BodyError: if there is none.
    """
    body = exchange.request_body
    if body is None or not body.raw:
        raise BodyError("undecodable-body", "the capture has no request body")
    return body


def fields_of(query: str) -> dict[str, str]:
    """The fields of a query or form, with the last value of each.

    Raises:
        JsonError: if there are more of them than are read.
    """
    try:
        return dict(parse_qsl(query.removeprefix("?"), keep_blank_values=True, max_num_fields=_MAX_FIELDS))
    except ValueError:
        raise JsonError(f"more than {_MAX_FIELDS} fields") from None
