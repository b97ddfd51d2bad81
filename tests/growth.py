"""Whether work grows with its input, and no faster."""

from __future__ import annotations

import time
from collections.abc import Callable

_TIMES_LONGER = 4
_MOST = 12.0
"""Four times as long may take three times that: a square would take sixteen, and a busy machine costs a part."""
_NOTHING = 0.002
"""Seconds (of this thread's own) below which nothing is compared."""
_ATTEMPTS = 4


def grows_too_fast[T](work: Callable[[T], object], shorter: T, longer: T) -> str | None:
    """How much longer four times as much input takes, if that is too much; the least of several runs counts."""
    least_shorter = least_longer = float("inf")
    for _ in range(_ATTEMPTS):
        least_longer = min(least_longer, _seconds(work, longer))
        if least_longer < _NOTHING:
            return None
        least_shorter = min(least_shorter, _seconds(work, shorter))
        if least_longer < _MOST * least_shorter:
            return None
    return f"{least_shorter * 1000:.1f} ms -> {least_longer * 1000:.1f} ms for {_TIMES_LONGER} times as much"


def _seconds[T](work: Callable[[T], object], given: T) -> float:
    started = time.thread_time()
    work(given)
    return time.thread_time() - started
