"""The rules, one module each; every module's ``RULE`` is found here by itself."""

from __future__ import annotations

import importlib
import pkgutil
from functools import lru_cache

from addon.judge.rule import Rule, by_slug


@lru_cache(maxsize=1)
def all_rules() -> dict[str, Rule]:
    """Every rule by slug, in alphabetical order of module."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return by_slug(importlib.import_module(f"{__name__}.{name}").RULE for name in names)
