"""What goes between the proxy and the analysis, which is a process of its own: exchanges there, verdicts and acknowledgements back."""

from __future__ import annotations

import pickle
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from addon.exchange import Exchange
from addon.records import ViolationRecord
from addon.store import Loss

from .exchange_format import pack, unpack

type Verdicts = list[tuple[ViolationRecord, str | None]]
"""Violations that were raised or whose verdict changed, each with the proxy's key of its exchange."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that the proxy could not see."""

    kind: str
    host: str | None
    reason: str
    count: int | None = None
    """Exchanges that it stands for and that have no row."""


@dataclass(frozen=True, slots=True)
class End:
    """The capture's end."""

    at: float
    exchanges: int


type Item = list[Exchange] | Gap | End


@dataclass(frozen=True, slots=True)
class Message:
    """An item on its way to the analysis."""

    number: int
    """Counted from 1 in the order in which items came."""
    exchanges: int
    """How many exchanges were handed over up to its end."""
    item: Item


@dataclass(frozen=True, slots=True)
class Ready:
    """The analysis can begin."""

    exchanges: int
    """Those that it has stored already, in a process before this one."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A message was read."""

    number: int
    verdicts: Verdicts


@dataclass(frozen=True, slots=True)
class Stored:
    """Everything up to a message is in the database."""

    number: int
    database: Path


@dataclass(frozen=True, slots=True)
class Ended:
    """The capture was analysed to its end."""

    verdicts: Verdicts
    loss: Loss


type Answer = Ready | Judged | Stored | Ended
_EXCHANGES, _OBJECT = b"e", b"o"
"""What every message begins with, either way: exchanges follow, as ``exchange_format`` packs them, or one object as a pickle."""
_HEAD = struct.Struct("<QQ")


def as_bytes(message: Message) -> Iterator[bytes]:
    """A message for the pipe; several if an exchange in it cannot be packed."""
    if not isinstance(message.item, list):
        yield _pickled(message)
        return
    try:
        yield _EXCHANGES + _HEAD.pack(message.number, message.exchanges) + pack(message.item)
    except ValueError as error:  # another addon left in a flow what no flow holds: that costs the one alone
        for exchanges, exchange in enumerate(message.item, message.exchanges - len(message.item) + 1):
            # a part that is stored does not say that the whole is
            number = message.number - (exchanges < message.exchanges)
            try:
                yield _EXCHANGES + _HEAD.pack(number, exchanges) + pack([exchange])
            except ValueError:
                reason = f"an exchange could not be handed over ({error}); please report it"
                gap = Message(number, exchanges, Gap("internal-error", exchange.host, reason, 1))
                yield _pickled(gap)


def from_bytes(message: bytes) -> Message:
    """The message that :func:`as_bytes` made.

    Raises:
        ValueError: if it is none, so that the two ends are not the same program.
    """
    if message[:1] == _EXCHANGES:
        number, exchanges = _HEAD.unpack_from(message, 1)
        return Message(number, exchanges, unpack(message[1 + _HEAD.size :]))
    read = _unpickled(message)
    if not isinstance(read, Message):
        raise _stray(message)
    return read


def answer_as_bytes(answer: Answer) -> bytes:
    """An answer for the pipe."""
    return _pickled(answer)


def answer_from_bytes(answer: bytes) -> Answer:
    """The answer that :func:`answer_as_bytes` made.

    Raises:
        ValueError: if it is none, so that the two ends are not the same program.
    """
    read = _unpickled(answer)
    if not isinstance(read, Ready | Judged | Stored | Ended):
        raise _stray(answer)
    return read


def _pickled(each: Message | Answer) -> bytes:
    return _OBJECT + pickle.dumps(each, pickle.HIGHEST_PROTOCOL)


def _unpickled(message: bytes) -> object:
    """The object in a message; ``None`` if it has another tag."""
    return pickle.loads(memoryview(message)[1:]) if message[:1] == _OBJECT else None  # noqa: S301, from our own process


def _stray(message: bytes) -> ValueError:
    return ValueError(
        f"a message between processes begins with {message[:10]!r}, and holds nothing that comes this way"
    )
