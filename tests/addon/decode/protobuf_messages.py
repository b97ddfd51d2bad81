"""Protocol Buffers, written for tests: field numbers with numbers, texts, bytes or messages of their own."""

from __future__ import annotations

from collections.abc import Iterable

type Field = tuple[int, int | str | bytes]


def message(*fields: Field) -> bytes:
    return b"".join(_field(number, value) for number, value in fields)


def _field(number: int, value: int | str | bytes) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    content = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(content)) + content


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*out, value))


def bundle(
    *events: str,
    app: str = "com.example.shop",
    consent: str | None = None,
    user: str | None = None,
    more: Iterable[Field] = (),
) -> bytes:
    """A bundle of Google Analytics for Firebase, as an app sends it."""
    fields: list[Field] = [(1, 1)]
    fields += [(2, message((1, message((1, "_sid"), (3, 1700))), (2, name), (3, 1_780_000_000_000))) for name in events]
    fields += [(3, message((1, 1), (2, "_id"), (3, user)))] if user is not None else []
    fields += [(8, "android"), (14, app), (21, "0123456789abcdef0123456789abcdef"), (25, "1:2:android:3")]
    fields += [(27, "9f8e7d6c-aaaa-4bbb-8ccc-0123456789ab"), (30, "cXyZ0123456789abcdefgh"), (31, 7)]
    fields += [(52, consent)] if consent is not None else []
    return message((1, message(*fields, *more)))
