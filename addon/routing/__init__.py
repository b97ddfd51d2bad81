"""Message + Settings -> Deliveries: where a message goes on, by each CDP's own rules. A prediction, never a judgement.

A module or package in this folder with a module-level ``ROUTER`` (a :class:`Router`) routes the messages of one CDP; each is found
here by itself. Of a CDP that no router names nothing is predicted: the wire does not show what its servers send on.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import lru_cache

from .destinations import plan_of
from .message import Message
from .plan import Declaration, Plan, Recipient
from .router import Router
from .source import Source, SourceKey


@lru_cache(maxsize=1)
def routers() -> dict[str, Router]:
    """The router of each CDP that has one.

    Raises:
        ValueError: if two modules route the messages of one CDP.
    """
    found: dict[str, Router] = {}
    for each in sorted(pkgutil.iter_modules(__path__), key=lambda item: item.name):
        router = getattr(importlib.import_module(f"{__name__}.{each.name}"), "ROUTER", None)
        if router is None:
            continue
        if router.cdp in found:
            raise ValueError(f"two modules route the messages of {router.cdp}; the second is {each.name}")
        found[router.cdp] = router
    return found


__all__ = [
    "Declaration",
    "Message",
    "Plan",
    "Recipient",
    "Router",
    "Source",
    "SourceKey",
    "plan_of",
    "routers",
]
