"""What one vendor received in a database: calls and the events in them, deliveries, cookies, findings, sessions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from addon.decode.hits import IDENTIFIERS, hit_readers

from .gravity import gravest_first
from .query import Connection, number, rows
from .rows import COUNTED, Finding, findings

MOST = 60
"""Lines of one list on the page; what is beyond stands in Datasette's tables."""


@dataclass(frozen=True, slots=True)
class Host:
    """Calls of one kind to one host."""

    host: str
    kind: str
    calls: int
    first_at: str
    last_at: str


_HOSTS = """
SELECT x.host, coalesce(c.kind, 'unknown'), count(*), min(x.started_at), max(x.started_at)
FROM calls c JOIN exchanges x ON x.id = c.exchange_id WHERE c.vendor = :vendor
GROUP BY 1, 2 ORDER BY count(*) DESC, 1, 2 LIMIT :most
"""


@dataclass(slots=True)
class NamedHit:
    """Events of one name in the vendor's own calls."""

    name: str | None
    hits: int
    sessions: int
    example: str
    """An exchange that carries one."""
    kinds: dict[str, int] = field(default_factory=dict)
    """Kind of identifier -> how many of these events carry one."""


_HITS = """
SELECT name, count(*), count(DISTINCT session_id), min(exchange_id) FROM hits WHERE vendor = :vendor
GROUP BY name ORDER BY count(*) DESC, name LIMIT :most
"""
_KINDS = """
SELECT h.name, k.key, count(*) FROM hits h, json_each(h.identifiers) k WHERE h.vendor = :vendor GROUP BY h.name, k.key
"""


@dataclass(frozen=True, slots=True)
class Account:
    """Whose data the vendor received: a measurement id, a pixel id."""

    account: str
    hits: int


_ACCOUNTS = """
SELECT account, count(*) FROM hits WHERE vendor = :vendor AND account IS NOT NULL
GROUP BY account ORDER BY count(*) DESC, account LIMIT :most
"""


@dataclass(frozen=True, slots=True)
class Routed:
    """Messages of one name that a CDP sends on, or does not."""

    type: str
    name: str | None
    destination: str
    mode: str | None
    outcome: str
    basis: str
    messages: int
    example: str
    """One of the messages."""


_ROUTED = """
SELECT e.type, e.name, d.destination, d.mode, d.outcome, d.basis, count(*), min(e.id)
FROM deliveries d JOIN events e ON e.id = d.event_id WHERE d.vendor = :vendor
GROUP BY e.type, e.name, d.destination, d.mode, d.outcome, d.basis ORDER BY count(*) DESC, e.type, e.name, d.outcome LIMIT :most
"""
_MESSAGES = "SELECT type, count(*) FROM events WHERE cdp = :vendor GROUP BY type ORDER BY count(*) DESC, type"


@dataclass(frozen=True, slots=True)
class NamedCookie:
    """Sightings of one of its cookies."""

    name: str
    category: str | None
    seen_by: str | None
    sessions: int
    first_at: str | None


_COOKIES = """
SELECT name, category, seen_by, count(DISTINCT session_id), min(first_seen_at) FROM cookies WHERE vendor = :vendor
GROUP BY name, category, seen_by ORDER BY name, seen_by LIMIT :most
"""
_FINDINGS = f"WHERE f.vendor = :vendor AND f.verdict <> 'cleared' ORDER BY {gravest_first('f')} LIMIT :most"


@dataclass(frozen=True, slots=True)
class Concerned:
    """A session in which the vendor received something."""

    id: str
    place: str
    surface: str | None
    started_at: str | None
    verdicts: dict[str, int]


_CONCERNED = """
WITH concerned AS (
    SELECT session_id FROM calls WHERE vendor = :vendor AND session_id IS NOT NULL
    UNION SELECT session_id FROM cookies WHERE vendor = :vendor
    UNION SELECT e.session_id FROM deliveries d JOIN events e ON e.id = d.event_id WHERE d.vendor = :vendor
    UNION SELECT session_id FROM violations WHERE vendor = :vendor
)
"""
_SESSIONS = (
    _CONCERNED
    + """
SELECT id, coalesce(site, app, CASE surface WHEN 'server' THEN 'a server' ELSE 'unknown' END), surface, started_at FROM sessions
WHERE id IN concerned ORDER BY started_at, id LIMIT :most
"""
)
_PLACES = (
    _CONCERNED
    + """
SELECT count(*), count(DISTINCT coalesce(site, app)) FROM sessions WHERE id IN concerned
"""
)
_VERDICTS = f"""
SELECT session_id, verdict, count(*) FROM violations WHERE vendor = :vendor AND {COUNTED} GROUP BY session_id, verdict
"""
_TIMES = """
SELECT min(at), max(at) FROM (
    SELECT min(x.started_at) AS at FROM calls c JOIN exchanges x ON x.id = c.exchange_id WHERE c.vendor = :vendor
    UNION ALL SELECT max(x.started_at) FROM calls c JOIN exchanges x ON x.id = c.exchange_id WHERE c.vendor = :vendor
    UNION ALL SELECT min(e.received_at) FROM deliveries d JOIN events e ON e.id = d.event_id WHERE d.vendor = :vendor
    UNION ALL SELECT max(e.received_at) FROM deliveries d JOIN events e ON e.id = d.event_id WHERE d.vendor = :vendor
    UNION ALL SELECT min(first_seen_at) FROM cookies WHERE vendor = :vendor
    UNION ALL SELECT max(first_seen_at) FROM cookies WHERE vendor = :vendor
)
"""
_NEEDS = """
SELECT category, count(*) FROM (
    SELECT category FROM calls WHERE vendor = :vendor UNION ALL SELECT category FROM deliveries WHERE vendor = :vendor
) WHERE category IS NOT NULL GROUP BY category ORDER BY count(*) DESC
"""
_KNOWN = """
SELECT EXISTS (SELECT 1 FROM calls WHERE vendor = :vendor) + EXISTS (SELECT 1 FROM deliveries WHERE vendor = :vendor)
     + EXISTS (SELECT 1 FROM cookies WHERE vendor = :vendor) + EXISTS (SELECT 1 FROM violations WHERE vendor = :vendor)
"""


@dataclass(frozen=True, slots=True)
class Received:
    """All that one vendor received."""

    first_at: str | None
    last_at: str | None
    needs: list[str]
    """The categories that it was judged under here, the most frequent first: a policy may differ from the catalogue."""
    hosts: list[Host]
    hits: list[NamedHit]
    accounts: list[Account]
    routed: list[Routed]
    messages: list[tuple[str, int]]
    """Of a CDP: types of messages and how many."""
    cookies: list[NamedCookie]
    findings: list[Finding]
    sessions: list[Concerned]
    session_count: int
    place_count: int
    """Sites and apps."""
    verdicts: dict[str, int]

    @property
    def calls(self) -> int:
        return sum(each.calls for each in self.hosts)


def decoded(vendor: str) -> tuple[str, ...] | None:
    """What is read of a vendor's calls, in words; ``None`` if nobody reads them."""
    reader = hit_readers().get(vendor)
    return None if reader is None else tuple(reader.decodes)


def identifier_kinds() -> Mapping[str, str]:
    """Kind of identifier in a vendor's calls -> what it is."""
    return IDENTIFIERS


def is_known(connection: Connection, vendor: str) -> bool:
    """Whether anything in the database concerns the vendor."""
    return number(connection, _KNOWN, vendor=vendor) > 0


def received(connection: Connection, vendor: str) -> Received:
    """Everything on a vendor's page."""
    times = connection.execute(_TIMES, {"vendor": vendor}).fetchone()
    by_session: dict[str, dict[str, int]] = {}
    total: Counter[str] = Counter()
    for session_id, verdict, count in connection.execute(_VERDICTS, {"vendor": vendor}):
        by_session.setdefault(session_id, {})[verdict] = count
        total[verdict] += count
    places = connection.execute(_PLACES, {"vendor": vendor}).fetchone()
    concerned = connection.execute(_SESSIONS, {"vendor": vendor, "most": MOST}).fetchall()
    return Received(
        first_at=times[0],
        last_at=times[1],
        needs=[row[0] for row in connection.execute(_NEEDS, {"vendor": vendor})],
        hosts=rows(connection, Host, _HOSTS, vendor=vendor, most=MOST),
        hits=_hits(connection, vendor),
        accounts=rows(connection, Account, _ACCOUNTS, vendor=vendor, most=MOST),
        routed=rows(connection, Routed, _ROUTED, vendor=vendor, most=MOST),
        messages=rows(connection, lambda kind, count: (kind, count), _MESSAGES, vendor=vendor),
        cookies=rows(connection, NamedCookie, _COOKIES, vendor=vendor, most=MOST),
        findings=findings(connection, _FINDINGS, vendor=vendor, most=MOST),
        sessions=[
            Concerned(key, place, surface, started_at, by_session.get(key, {}))
            for key, place, surface, started_at in concerned
        ],
        session_count=places[0],
        place_count=places[1],
        verdicts=dict(total),
    )


def _hits(connection: Connection, vendor: str) -> list[NamedHit]:
    named = rows(connection, NamedHit, _HITS, vendor=vendor, most=MOST)
    by_name = {each.name: each for each in named}
    for name, kind, count in connection.execute(_KINDS, {"vendor": vendor}):
        if name in by_name:
            by_name[name].kinds[kind] = count
    return named
