"""What a message itself says of consent: its stamp, and an opt-out from sale and sharing beside it."""

from __future__ import annotations

import json

from addon.decode.facts import Event, Stamp, StampShape
from addon.timestamps import from_iso
from vendor_catalog import Category

from .missing import rank_of
from .signal import Answer, Rank, Resolver, Signal, unanimous

STAMP_ORIGIN = "message-stamp"
"""The origin of all stamps, whichever CDP the messages go to, because the site writes them."""
_REFUSABLE = (Category.FUNCTIONAL, Category.ANALYTICS, Category.MARKETING)


def stamp_signal(event: Event, host: str, resolver: Resolver) -> Signal | None:
    """The signal of a message's stamp; ``None`` if the stamp says nothing."""
    stamp = event.stamp
    if stamp.refuses_all:
        values: dict[Category, bool | None] = dict.fromkeys(_REFUSABLE, False)
        unmapped: tuple[str, ...] = ()
        raw = '"everything is refused"'
    elif stamp.shape is StampShape.PREFERENCES:
        values, unmapped = _values(stamp, resolver)
        raw = json.dumps({key: stamp.preferences[key] for key in sorted(stamp.preferences)}, separators=(",", ":"))
    else:
        return None
    return Signal(
        origin=STAMP_ORIGIN,
        carrier="stamp",
        rank=Rank.STAMP,
        host=host,
        raw=raw[:4000],
        answered=True if event.reports_choice else None,
        values=values,
        keys=stamp.preferences,
        vendors={},
        effective_at=from_iso(event.timestamp) if event.reports_choice else None,
        unmapped=unmapped,
    )


def sale_opt_out_signal(event: Event, host: str, resolver: Resolver) -> Signal | None:
    """A message's signal of an opt-out from sale and sharing; ``None`` if it says nothing. The catalogue has a CDP's own
    record of it under the CDP's id with ``-ccpa``."""
    manager = resolver.catalogue.consent_managers.get(f"{event.cdp}-ccpa")
    opted_out = event.stamp.sale_opt_out
    if opted_out is None or manager is None:
        return None
    # that somebody did not opt out is no consent
    values: dict[Category, bool | None] = {Category.MARKETING: not opted_out}
    evidence = json.dumps({"data_sale_opt_out": opted_out})
    answer = Answer(True if opted_out else None, evidence, complete=False, values=values)
    return resolver.signal(answer, manager, carrier="message data_sale_opt_out", host=host, rank=rank_of(manager))


def _values(stamp: Stamp, resolver: Resolver) -> tuple[dict[Category, bool | None], tuple[str, ...]]:
    by_category: dict[Category, list[bool | None]] = {}
    unmapped: list[str] = []
    for key, value in stamp.preferences.items():
        category = resolver.category_of(key)
        if category is None:
            unmapped.append(key)
        else:
            by_category.setdefault(category, []).append(value)
    return {category: unanimous(values) for category, values in by_category.items()}, tuple(unmapped)
