"""How the tests are given out to several processes."""

from __future__ import annotations

import os

import pytest


@pytest.mark.xdist_group("shared")
@pytest.mark.skipif("PYTEST_XDIST_WORKER" not in os.environ, reason="there is one process")
def test_the_groups_of_tests_that_share_something_are_known_to_who_gives_them_out(
    request: pytest.FixtureRequest,
) -> None:
    """Lost groups fail no other test: what they share is then made several times, by each process."""
    assert request.node.nodeid.endswith("@shared")
