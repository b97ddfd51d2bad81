"""Exchange -> Event, Settings. One module or package per CDP; each is found here by itself.

A decoder is a module or package in this folder with a module-level ``DECODER``. It turns bytes into facts and never
judges them.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import lru_cache
from typing import Protocol, cast

from addon.exchange import Exchange
from vendor_catalog import Match

from .facts import Decoded, Stamping


class Decoder(Protocol):
    """Reads one CDP's messages and settings."""

    cdp: str
    """The catalogue's id of the CDP."""
    name: str
    """Its name, for people."""
    stamping: Stamping | None
    """How its messages carry consent; ``None`` if they cannot, so that no rule asks for it."""
    decodes: tuple[str, ...]
    """What is decoded, for people: addresses, shapes, settings."""
    sources: tuple[str, ...]
    """Public sources of its facts."""

    def decode(self, exchange: Exchange, match: Match | None, learned: bool) -> Decoded | None:
        """What the exchange holds, or ``None`` if it is not this CDP's.

        Args:
            match: whom the catalogue says the address belongs to.
            learned: whether settings or the policy named the host as one of this CDP's ingestion hosts.
        """
        ...


class LibraryDecoder(Protocol):
    """A decoder that recognises its CDP's library by its text as well."""

    def is_library(self, exchange: Exchange) -> bool | None:
        """Whether an answer's body is the library; ``None`` if that cannot be told."""
        ...


def libraries_in(exchange: Exchange) -> dict[str, bool | None]:
    """CDP -> whether an answer's body is its library, for those that are recognised by it; ``None`` where that cannot be told."""
    return {cdp: decoder.is_library(exchange) for cdp, decoder in _library_decoders().items()}


@lru_cache(maxsize=1)
def _library_decoders() -> dict[str, LibraryDecoder]:
    return {each.cdp: cast(LibraryDecoder, each) for each in decoders() if hasattr(each, "is_library")}


@lru_cache(maxsize=1)
def decoders() -> tuple[Decoder, ...]:
    """All decoders in this folder, by module name."""
    found: list[Decoder] = []
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda item: item.name):
        decoder = getattr(importlib.import_module(f"{__name__}.{module.name}"), "DECODER", None)
        if decoder is not None:
            found.append(decoder)
    return tuple(found)


def decoder_of(cdp: str) -> Decoder:
    """The decoder that found a CDP's facts.

    Raises:
        KeyError: if no decoder reads that CDP.
    """
    return decoders_by_cdp()[cdp]


@lru_cache(maxsize=1)
def decoders_by_cdp() -> dict[str, Decoder]:
    return {decoder.cdp: decoder for decoder in decoders()}


def decode(exchange: Exchange, match: Match | None, learned_hosts: dict[str, str]) -> Decoded | None:
    """What the first decoder that knows the exchange finds in it; ``learned_hosts`` maps hosts to CDPs."""
    cdp = learned_hosts.get(exchange.host)
    for decoder in decoders():
        decoded = decoder.decode(exchange, match, learned=cdp == decoder.cdp)
        if decoded is not None:
            return decoded
    return None
