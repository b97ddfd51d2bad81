"""The formats of reports, a module for each; every module's ``FORMAT`` is found here by itself."""

from __future__ import annotations

import importlib
import pkgutil

from addon.report.format import Format


def formats() -> dict[str, Format]:
    """Every format by name, in alphabetical order of module."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    found = [importlib.import_module(f"{__name__}.{name}").FORMAT for name in names]
    return {form.name: form for form in found}
