"""Acts: each module has its own, nothing lists them, and a rule judges each."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

from addon.judge import acts as package
from addon.judge.acts.act import Act
from addon.judge.rules import all_rules


def test_every_act_is_judged_by_a_rule() -> None:
    modules = [
        importlib.import_module(f"{package.__name__}.{each.name}") for each in pkgutil.iter_modules(package.__path__)
    ]
    found = {
        each
        for module in modules
        for _, each in inspect.getmembers(module, inspect.isclass)
        if issubclass(each, Act) and each is not Act
    }
    judged = {act for rule in all_rules().values() for act in rule.acts}
    assert len(found) > 15
    assert found == judged


def test_an_act_is_imported_from_its_module_so_that_a_new_one_is_listed_nowhere() -> None:
    assert not [name for name, each in vars(package).items() if inspect.isclass(each)]
