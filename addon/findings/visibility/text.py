"""How much was seen, in sentences. Names of hosts are as the wire had them: who shows them makes them harmless."""

from __future__ import annotations

from collections.abc import Mapping

from addon.findings.text import counted
from addon.store.schema.gaps import Consequence

from .model import Hosts, Visibility

_MAX_HOSTS = 10
"""Unknown hosts that a sentence names."""


def ratio(visibility: Visibility) -> str:
    """``Seen: 120 exchanges. Judged: 14. Unread: 3 (3 websocket). Not judged: none. Lost: none.``"""
    unread = visibility.kinds(Consequence.UNREAD)
    unjudged = visibility.kinds(Consequence.UNJUDGED)
    lost = visibility.kinds(Consequence.LOST)
    elsewhere = visibility.kinds(Consequence.UNREAD, Consequence.UNJUDGED, elsewhere=True)
    sentences = [
        f"Seen: {counted(visibility.seen, 'exchange')}. Judged: {visibility.judged:,}.",
        f"Unread: {_with_kinds(visibility.unread, unread)}.",
        f"Not judged: {_with_kinds(visibility.unjudged, unjudged)}.",
    ]
    if visibility.lost_uncounted:
        known = f"{_with_kinds(visibility.lost, lost)}, and " if visibility.lost else ""
        sentences.append(f"Lost: {known}nobody knows how much ({', '.join(visibility.lost_uncounted)}).")
    else:
        sentences.append(f"Lost: {_with_kinds(visibility.lost, lost)}.")
    if elsewhere:
        sentences.append(f"Beside the exchanges: {listed(elsewhere)}.")
    return " ".join(sentences)


def hosts(contacted: Hosts) -> str:
    """``Hosts: 12 contacted, 11 named, 1 unknown: cdn.example (4).``"""
    counts = f"Hosts: {contacted.contacted:,} contacted, {contacted.named:,} named, {contacted.unknown_count:,} unknown"
    if not contacted.unknown_count:
        return f"{counts}."
    shown = contacted.unknown[:_MAX_HOSTS]
    names = ", ".join(f"{host} ({count:,})" for host, count in shown)
    more = contacted.unknown_count - len(shown)
    return f"{counts}: {names}{f' and {more:,} more' if more else ''}."


def listed(kinds: Mapping[str, int]) -> str:
    """``3 websocket, 2 undecodable-body``"""
    return ", ".join(f"{count:,} {kind}" for kind, count in kinds.items())


def _with_kinds(number: int, kinds: Mapping[str, int]) -> str:
    return f"{number:,} ({listed(kinds)})" if number else "none"
