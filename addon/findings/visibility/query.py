"""A database -> how much of its captures was seen."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from dataclasses import dataclass, field
from pathlib import PurePath

from addon.addresses import site_of
from addon.store import is_running
from addon.store.losses import unwritten
from addon.store.running_captures import file_of
from addon.store.schema.gaps import Consequence, kind_of

from .model import MAX_NAMED, CaptureVisibility, Hosts, Visibility

_CAPTURES = "SELECT id, kind, path, ended_at IS NOT NULL FROM captures ORDER BY id"
_OF_SITE = "coalesce(kind, '') <> 'observation'"
_SEEN = f"SELECT capture_id, count(*) FROM exchanges WHERE {_OF_SITE} GROUP BY capture_id"
_MESSAGES = "SELECT exchange_id FROM events UNION ALL SELECT exchange_id FROM duplicates"
_ACTS = f"""
{_MESSAGES}
UNION ALL SELECT exchange_id FROM calls
          WHERE session_id IS NOT NULL AND kind IN ('collect', 'library') AND category <> 'necessary'
UNION ALL SELECT exchange_id FROM cookies WHERE category <> 'necessary'
UNION ALL SELECT exchange_id FROM violations
"""
_JUDGED = f"""
SELECT x.capture_id, x.gaps, {_OF_SITE}, x.id IN ({_MESSAGES}), count(*) FROM exchanges x WHERE x.id IN ({_ACTS}) GROUP BY 1, 2, 3, 4
"""
_SHOWN = "SELECT capture_id, gaps, count(*) FROM exchanges WHERE gaps IS NOT NULL GROUP BY capture_id, gaps"
_GAPS = """
SELECT capture_id, kind, exchange_id IS NOT NULL, count, count(*) FROM gaps
WHERE id NOT IN (SELECT value FROM json_each(:noted)) GROUP BY capture_id, kind, 3, count
"""
_PAGES = "SELECT capture_id, sum(pages), sum(fetched) FROM sessions WHERE pages > 0 GROUP BY capture_id"
_HOSTS = f"""
SELECT host, max(vendor IS NOT NULL), count(*) FROM exchanges
WHERE {_OF_SITE} AND coalesce(failure, '') NOT LIKE 'not sent:%' GROUP BY host
"""
_SITES = "SELECT capture_id, site, max(pages) FROM sessions WHERE site IS NOT NULL GROUP BY capture_id, site"


def read_visibility(connection: sqlite3.Connection) -> Visibility:
    """How much of a database's captures was seen; each table is gone through once."""
    seen: dict[int, int] = dict(connection.execute(_SEEN).fetchall())
    judged, proofs = _judged(connection)
    pages = {capture: (opened, fetched) for capture, opened, fetched in connection.execute(_PAGES)}
    gaps = _gaps(connection)
    captures = []
    database = file_of(connection)
    for number, kind, path, ended in connection.execute(_CAPTURES).fetchall():
        found = gaps.get(number) or _Gaps()
        opened, fetched = pages.get(number, (0, 0))
        captures.append(
            CaptureVisibility(
                id=number,
                name=PurePath(path).name if path else f"capture {number} ({kind})",
                ended=bool(ended) or (database is not None and not is_running(database, number)),
                seen=seen.get(number, 0) + found.without_row,
                judged=judged[number],
                proofs=proofs[number],
                unread=found.exchanges[Consequence.UNREAD],
                unjudged=found.exchanges[Consequence.UNJUDGED],
                lost=found.exchanges[Consequence.LOST],
                lost_uncounted=tuple(dict.fromkeys(found.uncounted)),
                pages=opened,
                fetched=fetched,
                kinds=dict(found.kinds.most_common()),
                elsewhere=dict(found.elsewhere.most_common()),
            )
        )
    return Visibility(tuple(captures), _hosts(connection))


def _judged(connection: sqlite3.Connection) -> tuple[Counter[int], Counter[int]]:
    """By capture: the exchanges with an act that was judged, and those, with the probe's reports, in which it was read, too."""
    judged: Counter[int] = Counter()
    proofs: Counter[int] = Counter()
    for capture, gaps, of_site, has_message, count in connection.execute(_JUDGED):
        unread = any(kind_of(kind).consequence is Consequence.UNREAD for kind in (gaps or "").split())
        judged[capture] += count if of_site else 0
        proofs[capture] += count if has_message or not unread else 0
    return judged, proofs


@dataclass(slots=True)
class _Gaps:
    """The gaps of one capture."""

    exchanges: Counter[Consequence] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    elsewhere: Counter[str] = field(default_factory=Counter)
    uncounted: list[str] = field(default_factory=list)
    without_row: int = 0
    """Exchanges that were seen and not stored."""


def _gaps(connection: sqlite3.Connection) -> dict[int, _Gaps]:
    found: dict[int, _Gaps] = {}
    for capture, kinds, count in connection.execute(_SHOWN):
        of_capture = found.setdefault(capture, _Gaps())
        consequences = set()
        for kind in kinds.split():
            consequence = kind_of(kind).consequence
            if consequence is not Consequence.NOTE:
                of_capture.kinds[kind] += count
                consequences.add(consequence)
        of_capture.exchanges.update(dict.fromkeys(consequences, count))
    noted = unwritten(connection)
    stored = connection.execute(_GAPS, {"noted": json.dumps([gap.id for gap in noted])})
    for capture, kind, shown, counted, rows in (*stored, *((g.capture_id, g.kind, False, g.count, 1) for g in noted)):
        consequence = kind_of(kind).consequence
        of_capture = found.setdefault(capture, _Gaps())
        if consequence is Consequence.NOTE or (shown and kind in of_capture.kinds):
            continue
        if shown or counted is not None:
            number = rows if counted is None else counted * rows
            of_capture.kinds[kind] += number
            of_capture.exchanges[consequence] += number
            of_capture.without_row += 0 if shown or consequence is Consequence.LOST else number
        elif consequence is Consequence.LOST:
            of_capture.uncounted.append(kind)
        else:
            of_capture.elsewhere[kind] += rows
    return found


def _hosts(connection: sqlite3.Connection) -> Hosts:
    sites = _visited(connection)
    contacted, unknown = 0, []
    for host, named, count in connection.execute(_HOSTS):
        contacted += 1
        if not named and site_of(host) not in sites:
            unknown.append((host, count))
    unknown.sort(key=lambda each: (-each[1], each[0]))
    return Hosts(contacted, contacted - len(unknown), tuple(unknown[:MAX_NAMED]))


def _visited(connection: sqlite3.Connection) -> set[str]:
    """The sites whose pages were opened. Where a capture shows no page being opened (it began later, or still runs), those that
    requests name as their page: a frame that cannot be traced back to its page would be among them."""
    opened: dict[int, set[str]] = {}
    named: dict[int, set[str]] = {}
    for capture, site, pages in connection.execute(_SITES):
        named.setdefault(capture, set()).add(site)
        if pages:
            opened.setdefault(capture, set()).add(site)
    return {site for capture, sites in named.items() for site in opened.get(capture, sites)}
