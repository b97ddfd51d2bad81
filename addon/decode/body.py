"""Shared by decoders of protocols other than Segment's: a request's body as JSON, and the fields of a query or form."""

from __future__ import annotations

import base64
import binascii
from urllib.parse import parse_qsl

from addon.body import Body, BodyError
from addon.exchange import Exchange
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
    return document, left_over(rest)


def left_over(rest: str) -> list[Problem]:
    """A problem if text follows the JSON document, else none."""
    return [Problem("bad-event", f"{len(rest)} characters follow the JSON document and were not read")] if rest else []


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


def from_base64(text: str, otherwise: str = "not base64") -> bytes:
    """A field's content in standard base64, padded or not. Decoding a form turns base64's ``+`` into a space.

    Raises:
        JsonError: if it is none; ``otherwise`` says what was expected.
    """
    standard = text.replace(" ", "+").rstrip("=")
    try:
        return base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise JsonError(f"{otherwise}: {error}") from None


def url_safe(text: str) -> str:
    """Base64 in the alphabet that is safe in addresses, in the standard one."""
    return text.replace("-", "+").replace("_", "/")


def fields_of(query: str) -> dict[str, str]:
    """The fields of a query or form, with the last value of each.

    Raises:
        JsonError: if there are more of them than are read.
    """
    try:
        return dict(parse_qsl(query.removeprefix("?"), keep_blank_values=True, max_num_fields=_MAX_FIELDS))
    except ValueError:
        raise JsonError(f"more than {_MAX_FIELDS} fields") from None
