"""Every regular expression takes time linear in what it meets, whatever that is.

They are found, not listed: those that a module holds (by a name, or within a table), and those that are compiled while the
catalogue is read and captures are analysed. Elsewhere than there nothing is compiled: a pattern without a name would be missed.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from functools import lru_cache
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

import pytest

import addon
import datasette_plugins
import vendor_catalog
from addon.decode.segment.fql.compiled import _pieces, glob
from addon.observations import _vocabulary, kind_of
from addon.personal_data import search
from tests.adversary import attacks
from tests.growth import grows_too_fast
from vendor_catalog import shipped_catalogue

PACKAGES = (addon, datasette_plugins, vendor_catalog)
LONG = 64 * 1024
_METHODS = ("search", "match", "fullmatch")
_USES_SEARCH = ("search", "finditer", "findall", "sub", "subn", "split", "scanner")
_PATIENCE = 1
"""Seconds of this process's own after which a single text has taken for ever."""


@lru_cache(maxsize=1)
def modules() -> tuple[ModuleType, ...]:
    names = [
        found.name
        for package in PACKAGES
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
        if not found.name.endswith("__main__")
    ]
    return tuple(importlib.import_module(name) for name in (*(package.__name__ for package in PACKAGES), *names))


def held(value: object, depth: int = 0) -> Iterator[re.Pattern[Any]]:
    """The patterns in a value, and in what it holds."""
    if isinstance(value, re.Pattern):
        yield value
    elif depth > 3:
        return
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from held(key, depth + 1)
            yield from held(each, depth + 1)
    elif isinstance(value, (list, tuple, set, frozenset)):
        for each in value:
            yield from held(each, depth + 1)
    elif is_dataclass(value) and not isinstance(value, type):
        for each in fields(value):
            yield from held(getattr(value, each.name, None), depth + 1)
    elif isinstance(value, type):
        for each in vars(value).values():
            yield from held(each, depth + 2)


@lru_cache(maxsize=1)
def of_modules() -> dict[str, re.Pattern[Any]]:
    """Module and name -> pattern."""
    found: dict[str, re.Pattern[Any]] = {}
    for module in modules():
        for name, value in vars(module).items():
            for number, pattern in enumerate(held(value)):
                found[f"{module.__name__}.{name}" + (f"[{number}]" if number else "")] = pattern
    return found


@lru_cache(maxsize=1)
def trees() -> dict[Path, ast.Module]:
    paths = [path for package in PACKAGES for path in sorted(Path(package.__path__[0]).rglob("*.py"))]
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in paths}


def calls_of_re(tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        called = node.func if isinstance(node, ast.Call) else None
        if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name) and called.value.id == "re":
            assert isinstance(node, ast.Call)
            yield node


@lru_cache(maxsize=1)
def imported() -> dict[Path, set[str]]:
    """File -> names that it imports from modules."""
    return {
        path: {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
        for path, tree in trees().items()
    }


@lru_cache(maxsize=1)
def methods_used() -> dict[tuple[Path, str], set[str]]:
    """File and name of a variable -> methods that are called on it or taken from it there."""
    used: dict[tuple[Path, str], set[str]] = {}
    for path, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute):
                holder = node.value
                while isinstance(holder, ast.Subscript):
                    holder = holder.value
                if isinstance(holder, ast.Name):
                    used.setdefault((path, holder.id), set()).add(node.attr)
    return used


def methods_of(name: str) -> tuple[str, ...]:
    """How the pattern of this name is asked, in its module and wherever it is imported; in every way if that cannot be told."""
    module, _, variable = name.partition("[")[0].rpartition(".")
    own = Path(sys.modules[module].__file__ or "")
    used = {
        method
        for path, names in imported().items()
        if path == own or variable in names
        for method in methods_used().get((path, variable), ())
    }
    named = {"search" if each in _USES_SEARCH else each for each in used}
    return tuple(method for method in _METHODS if method in named) or _METHODS


@contextmanager
def patience() -> Iterator[None]:
    def ring(number: int, frame: FrameType | None) -> None:
        raise TimeoutError

    former = signal.signal(signal.SIGVTALRM, ring)
    signal.setitimer(signal.ITIMER_VIRTUAL, _PATIENCE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, former)


def fault(pattern: re.Pattern[Any], methods: tuple[str, ...]) -> str | None:
    """A text for which a pattern takes more than linear time, if one was found."""
    for method in methods:
        search: Callable[[Any], object] = getattr(pattern, method)
        for text, shorter in zip(attacks(pattern, LONG), attacks(pattern, LONG // 4), strict=True):
            given, less = (text, shorter) if isinstance(pattern.pattern, str) else (_bytes(text), _bytes(shorter))
            label = f"{method} of {pattern.pattern!r} in {text[:60]!r}..."
            try:
                with patience():
                    grown = grows_too_fast(search, less, given)
            except TimeoutError:
                return f"{label}: no end after {_PATIENCE} s"
            if grown is not None:
                return f"{label}: {grown}"
    return None


def _bytes(text: str) -> bytes:
    return text.encode("latin-1", "replace")


@pytest.mark.parametrize("name", sorted(of_modules()))
def test_a_pattern_of_a_module_takes_linear_time(name: str) -> None:
    assert fault(of_modules()[name], methods_of(name)) is None


@lru_cache(maxsize=1)
def compiled_in_passing() -> tuple[tuple[re.Pattern[Any], ...], frozenset[tuple[Path, int]]]:
    """What our code compiles while the whole catalogue is read and asked, and where: file and line."""
    found: dict[tuple[object, int], re.Pattern[Any]] = {}
    places: set[tuple[Path, int]] = set()
    compile_pattern = re.compile

    def record(pattern: Any, flags: int = 0) -> re.Pattern[Any]:
        made = compile_pattern(pattern, flags)
        caller = sys._getframe(1)
        path = Path(caller.f_code.co_filename)
        if path in trees():
            found[(made.pattern, made.flags)] = made
            places.add((path, caller.f_lineno))
        return made

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(re, "compile", record)
        traffic_passes()
    return tuple(found.values()), frozenset(places)


def traffic_passes() -> None:
    """Reads the catalogue anew, asks each of its endpoints, and whatever else compiles a pattern when it is first needed."""
    shipped_catalogue.cache_clear()
    search._glance.cache_clear()
    search._glance()
    catalogue = shipped_catalogue()
    for each in (*catalogue.vendors.values(), *catalogue.consent_managers.values()):
        for endpoint in each.endpoints:
            endpoint.accepts("POST", "/", "")
    for manager in catalogue.consent_managers.values():
        for call in manager.recording:
            call.accepts("/")
    _vocabulary.cache_clear()
    kind_of("rejected all")
    _pieces.cache_clear()
    for pattern in ("*", "a*b?c*", "\\\\**??(x)*"):
        glob("a text", pattern)


def test_what_is_compiled_in_passing_takes_linear_time() -> None:
    patterns, _ = compiled_in_passing()
    assert len(patterns) > 500, "the catalogue's paths and queries are among them"
    faults = [found for pattern in patterns if (found := fault(pattern, ("search",))) is not None]
    assert faults == []


def test_no_pattern_is_used_without_a_name() -> None:
    """``re.search`` and the like compile in passing, where nobody would find the pattern."""
    for path, tree in trees().items():
        assert not [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == "re"], path
        used = [call for call in calls_of_re(tree) if isinstance(call.func, ast.Attribute)]
        unnamed = [f"{path}:{call.lineno}" for call in used if call.func.attr not in ("compile", "escape")]  # type: ignore[attr-defined]
        assert unnamed == []


def test_what_a_function_compiles_was_met() -> None:
    """A function that makes patterns of what it is given has to be called in ``traffic_passes``, so that its patterns are seen."""
    _, places = compiled_in_passing()
    for path, tree in trees().items():
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
        inside = {call for function in functions for call in calls_of_re(function)}
        for call in inside:
            if isinstance(call.func, ast.Attribute) and call.func.attr == "compile":
                lines = range(call.lineno, (call.end_lineno or call.lineno) + 1)
                assert any((path, line) in places for line in lines), (
                    f"{path}:{call.lineno} compiles what no test has met"
                )


@pytest.mark.parametrize(
    ("method", "pattern"),
    [
        ("match", re.compile(rb"^(?:\xef\xbb\xbf)?\s*(?:<!--.*?-->\s*)*<!doctype[^>]*>", re.IGNORECASE | re.DOTALL)),
        ("search", re.compile(rb"<head(?:\s[^>]*)?>", re.IGNORECASE)),
        (
            "search",
            re.compile(rb"<meta\s[^>]*http-equiv\s*=\s*[\"']?content-security-policy[\"']?[^>]*>", re.IGNORECASE),
        ),
        ("search", re.compile(r"\s+$")),
        ("fullmatch", re.compile(r"(a|ab|b)*c")),
        ("fullmatch", re.compile(r"(?:[a-z]+[ .-]?)+")),
        ("fullmatch", re.compile(r".*-.*-.*-x", re.DOTALL)),
        ("search", re.compile(r"(matomo|container_[^/]*)\.js$")),
    ],
)
def test_a_pattern_that_takes_longer_is_found(method: str, pattern: re.Pattern[Any]) -> None:
    assert fault(pattern, (method,)) is not None
