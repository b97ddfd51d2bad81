"""What vendors' own calls carry: events, accounts and identifiers. One module per vendor; each is found here by itself.

A reader is a module in this folder with a module-level ``READER``. It gets only calls that the catalogue assigns to its vendor,
so that no format is ever guessed.
"""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from functools import lru_cache

from addon.body import BodyError
from addon.decode.facts import Hit, Problem
from addon.exchange import Exchange
from addon.jsontext import Json, JsonError, identifier
from vendor_catalog import CallKind, Match

from .reader import IDENTIFIERS, Found, HitReader, NotDecoded

__all__ = ["IDENTIFIERS", "Found", "HitReader", "HitReading", "NotDecoded", "hit_readers", "read_hits"]

MAX_HITS = 500
"""Events of one call that are kept. What vendors' libraries send at once stays below: Google 25, Mixpanel 50, Amplitude 30."""
_MAX_NAME = 200
_MAX_ACCOUNT = 100
_MAX_IDENTIFIER = 256
_MAX_URL = 2000


@dataclass(frozen=True, slots=True)
class HitReading:
    """What was read of one call."""

    hits: tuple[Hit, ...] = ()
    problem: Problem | None = None
    """The problem because of which the rest was not read."""


@lru_cache(maxsize=1)
def hit_readers() -> dict[str, HitReader]:
    """Every reader in this folder, by vendor."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    modules = [importlib.import_module(f"{__name__}.{name}") for name in names]
    readers = [module.READER for module in modules if hasattr(module, "READER")]
    return {reader.vendor: reader for reader in sorted(readers, key=lambda reader: reader.vendor)}


def read_hits(exchange: Exchange, match: Match | None) -> HitReading:
    """The events in a vendor's call; nothing if nobody reads this vendor's format. A call that should be readable and is not
    leaves a problem, beside the events that came before it. Never raises."""
    if match is None or match.kind is not CallKind.COLLECT or exchange.method == "OPTIONS":
        return HitReading()
    reader = hit_readers().get(match.vendor)
    if reader is None:
        return HitReading()
    hits: list[Hit] = []
    reason = None
    try:
        for found in reader.read(exchange):
            if len(hits) == MAX_HITS:
                reason = f"it carries more than the {MAX_HITS} events that are kept"
                break
            hits.append(_hit(reader.vendor, len(hits), found))
    except BodyError as error:
        reason = error.reason
    except (JsonError, NotDecoded) as error:
        reason = str(error)
    except (ArithmeticError, LookupError, RecursionError, TypeError, ValueError) as error:
        # the wire is hostile, and one reader's oversight is no reason to lose the call
        reason = f"{type(error).__name__}, an oversight of its reader"
    if reason is None:
        return HitReading(tuple(hits))
    text = f"the call to {match.vendor} at {exchange.path[:100]} was not read in full: {reason[:200]}"
    return HitReading(tuple(hits), Problem("call-not-decoded", text))


def _hit(vendor: str, position: int, found: Found) -> Hit:
    identifiers = {kind: _short(raw, _MAX_IDENTIFIER) for kind, raw in found.identifiers.items()}
    return Hit(
        vendor=vendor,
        position=position,
        name=_short(found.name, _MAX_NAME),
        account=_short(found.account, _MAX_ACCOUNT),
        identifiers={kind: value for kind, value in identifiers.items() if value is not None},
        page_url=_short(found.page_url, _MAX_URL),
        app=_short(found.app, _MAX_ACCOUNT),
        consent=found.consent,
        restricted=found.restricted,
    )


def _short(value: Json, limit: int) -> str | None:
    """A name or an identifier; ``None`` for placeholders that scripts write when they have none."""
    text = (identifier(value) or "").strip()
    return None if text.lower() in _NOTHING else text[:limit]


_NOTHING = frozenset({"", "null", "undefined", "none", "nan", "(not set)"})
