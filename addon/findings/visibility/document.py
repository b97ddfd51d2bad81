"""How much was seen, for machines: the same in every face."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from .model import Visibility
from .shortfalls import shortfalls


def document(visibility: Visibility) -> dict[str, Any]:
    """Numbers, shortfalls and unknown hosts, with keys that stay."""
    return {
        "shortfalls": [asdict(shortfall) for shortfall in shortfalls(visibility)],
        "seen": visibility.seen,
        "judged": visibility.judged,
        "unread": visibility.unread,
        "unjudged": visibility.unjudged,
        "lost": visibility.lost,
        "lost_uncounted": visibility.lost_uncounted,
        "hosts": {
            "contacted": visibility.hosts.contacted,
            "named": visibility.hosts.named,
            "unknown": visibility.hosts.unknown_count,
            "unknown_hosts": [{"host": host, "exchanges": count} for host, count in visibility.hosts.unknown],
        },
        "captures": [asdict(capture) for capture in visibility.captures],
    }
