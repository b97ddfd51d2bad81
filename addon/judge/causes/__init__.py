"""The kinds of causes, one module each; every module's ``CAUSE`` is found here by itself."""

from __future__ import annotations

import importlib
import pkgutil
from functools import lru_cache

from addon.judge.cause import CauseKind


@lru_cache(maxsize=1)
def all_causes() -> dict[str, CauseKind]:
    """Every kind of cause by slug, in the order in which they claim violations."""
    names = [module.name for module in pkgutil.iter_modules(__path__)]
    kinds: list[CauseKind] = [importlib.import_module(f"{__name__}.{name}").CAUSE for name in names]
    return {kind.slug: kind for kind in sorted(kinds, key=lambda kind: (kind.order, kind.slug))}
