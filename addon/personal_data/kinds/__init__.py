"""The kinds of personal data, one module each; every module's ``DETECTOR`` is found here by itself."""

from __future__ import annotations

import importlib
import pkgutil
from functools import lru_cache

from addon.personal_data.detector import Detector


@lru_cache(maxsize=1)
def all_detectors() -> dict[str, Detector]:
    """Every detector by its kind, in alphabetical order of module."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    found = [importlib.import_module(f"{__name__}.{name}").DETECTOR for name in names]
    return {detector.kind: detector for detector in found}
