"""Options of the test suite, and how its processes share the work."""

from __future__ import annotations

import os

import pytest

# a worker's terminal width is no part of what is tested: the console reads it once, when it is imported
for _size in ("COLUMNS", "LINES"):
    os.environ.pop(_size, None)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--record", action="store_true", help="Write the captures that ship anew, from the end-to-end tests."
    )


def pytest_xdist_auto_num_workers() -> int:
    """As many processes as there are processors: with more, browsers and proxies keep each other waiting."""
    return os.cpu_count() or 1


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The end-to-end tests come last, for Playwright keeps an event loop running in which no asynchronous test can run; of
    these the longest come first, so that no process is left with one of them at the end."""
    items.sort(key=lambda item: ("e2e" in item.path.parts, item.get_closest_marker("xdist_group") is None))
