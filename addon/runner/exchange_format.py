"""Exchanges as bytes, for the way from the proxy's process to the analysis and for nothing else.

``marshal`` reads and writes plain values several times faster than ``pickle`` does objects, and every exchange takes that way.
It is no format to keep: both ends are the same Python.
"""

from __future__ import annotations

import marshal
from collections.abc import Iterable
from dataclasses import fields
from operator import attrgetter
from typing import Any

from addon.exchange import Exchange, Headers, Unsent, body_of

_MADE = ("request_headers", "response_headers", "request_body", "response_body", "unsent")
"""Fields that are no plain values."""
_PLAIN = tuple(each.name for each in fields(Exchange) if each.name not in _MADE)
_plain_values = attrgetter(*_PLAIN)


def pack(exchanges: Iterable[Exchange]) -> bytes:
    """Exchanges, in order.

    Raises:
        ValueError: if a field holds what is no plain value.
    """
    return marshal.dumps([_packed(exchange) for exchange in exchanges])


def unpack(packed: bytes) -> list[Exchange]:
    """The exchanges that :func:`pack` packed."""
    return [_exchange(*values) for values in marshal.loads(packed)]  # noqa: S302, from our own process


def _packed(exchange: Exchange) -> tuple[object, ...]:
    sent, received, unsent = exchange.request_body, exchange.response_body, exchange.unsent
    return (
        _plain_values(exchange),
        exchange.request_headers.raw,
        exchange.response_headers.raw,
        None if sent is None else sent.raw,
        None if received is None else received.raw,
        None if unsent is None else str(unsent),
    )


type _Fields = tuple[tuple[bytes, bytes], ...]


def _exchange(
    plain: tuple[Any, ...],
    request_fields: _Fields,
    response_fields: _Fields,
    request_body: bytes | None,
    response_body: bytes | None,
    unsent: str | None,
) -> Exchange:
    sent, received = Headers(request_fields), Headers(response_fields)
    return Exchange(
        **dict(zip(_PLAIN, plain, strict=True)),
        request_headers=sent,
        response_headers=received,
        request_body=body_of(request_body, sent),
        response_body=body_of(response_body, received),
        unsent=None if unsent is None else Unsent(unsent),
    )
