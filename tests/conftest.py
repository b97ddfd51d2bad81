"""Options of the test suite, and how its processes share the work."""

from __future__ import annotations

import compileall
import os
from collections import Counter
from importlib.util import find_spec

import pytest
from hypothesis import settings

# how long an example may take by the clock says nothing where processors are shared
settings.register_profile("suite", deadline=None)
settings.load_profile("suite")
# a worker's terminal width is no part of what is tested: the console reads it once, when it is imported
for _size in ("COLUMNS", "LINES"):
    os.environ.pop(_size, None)

PACKAGES = ("addon", "vendor_catalog", "datasette_plugins")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--record", action="store_true", help="Write the captures that ship anew, from the end-to-end tests."
    )


def pytest_configure(config: pytest.Config) -> None:
    """Compiles the product once, for the hundreds of its processes that tests start: in an environment that writes no bytecode,
    each would compile it for itself."""
    if not hasattr(config, "workerinput"):
        for name in PACKAGES:
            found = find_spec(name)
            for folder in (found.submodule_search_locations or ()) if found is not None else ():
                compileall.compile_dir(folder, quiet=2)


def pytest_xdist_auto_num_workers() -> int:
    """As many processes as there are processors: with more, browsers and proxies keep each other waiting."""
    return os.cpu_count() or 1


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The end-to-end tests come last, for Playwright keeps an event loop running in which no asynchronous test can run. Of these
    the longest come first, so that no process is left with one of them at the end: those that share a capture, then those of
    modules with few tests, which are long ones. The other tests are given out module by module, so that what a module makes
    once is made by one process alone."""
    counts = Counter(item.path for item in items)

    def place(item: pytest.Item) -> tuple[bool, bool, int]:
        shares_nothing = item.get_closest_marker("xdist_group") is None
        return (True, shares_nothing, counts[item.path]) if "e2e" in item.path.parts else (False, False, 0)

    items.sort(key=place)
    for item in items:
        if "e2e" not in item.path.parts and item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))
