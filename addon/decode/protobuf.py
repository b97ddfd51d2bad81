"""Protocol Buffers on the wire -> numbered fields, without a schema. Bounded, and never trusting a length.

Source: protobuf.dev, Encoding. A message is a row of records: a tag (field number and wire type) and a value. Groups, which nobody writes
any more, are refused. What a field means, and whether bytes are a text or a message of their own, is its reader's knowledge.
"""

from __future__ import annotations

from collections.abc import Iterator

MAX_FIELDS = 100_000
"""Fields of one message that are read. Each takes two bytes at least."""
_MAX_NUMBER = (1 << 29) - 1
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_FIXED = {_FIXED64: 8, _FIXED32: 4}
_MAX_VARINT = 10
"""Bytes of a number."""

type Value = int | bytes
"""A number as it stands (unsigned, not decoded further), or bytes."""


class WireError(Exception):
    """Bytes that are no message; says where and why."""


def fields(message: bytes) -> Iterator[tuple[int, Value]]:
    """The fields of a message, in order: number and value.

    Raises:
        WireError: once it stops making sense; what came before was given out.
    """
    at, end = 0, len(message)
    for _ in range(MAX_FIELDS):
        if at >= end:
            return
        begin = at
        tag, at = _varint(message, at)
        number, kind = tag >> 3, tag & 7
        if not 1 <= number <= _MAX_NUMBER:
            raise WireError(f"byte {begin}: {number} is no field number")
        if kind == _VARINT:
            value, at = _varint(message, at)
            yield number, value
            continue
        if kind == _BYTES:
            length, at = _varint(message, at)
        elif kind in _FIXED:
            length = _FIXED[kind]
        else:
            raise WireError(f"byte {begin}: wire type {kind} is not in use")
        if length > end - at:
            raise WireError(f"byte {begin}: a field of {length} bytes, where {end - at} are left")
        content = message[at : at + length]
        at += length
        yield number, content if kind == _BYTES else int.from_bytes(content, "little")
    if at < end:
        raise WireError(f"more than {MAX_FIELDS} fields")


def _varint(message: bytes, at: int) -> tuple[int, int]:
    """A number, and where it ends."""
    value = shift = 0
    for place in range(at, min(at + _MAX_VARINT, len(message))):
        byte = message[place]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place + 1
        shift += 7
    raise WireError(f"byte {at}: a number without an end")
