"""The acts of a part of a session as what is drawn of them: each one where they are few, counts over time where they are many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from addon.findings import density
from addon.findings.acts import Act, Lane, Span, acts, small
from addon.findings.consent import Consent
from addon.findings.query import Connection, iso, seconds
from addon.findings.rules import Severity, Verdict
from datasette_plugins.drawing.lanes import Spot
from datasette_plugins.plugin.links import Links

_DRAWN_ONE_BY_ONE = 600
"""Acts up to which each is read; more are counted by the database."""
_LOOKED_THROUGH = 1200
"""Exchanges up to which acts are read without being counted first."""


def address(links: Links, act: Act) -> str | None:
    """Where an act is shown in full: a message's page, else its violation's, else its exchange."""
    if act.lane is Lane.EVENT:
        return links.event(act.id)
    if act.violations:
        return links.violation(act.violations[0].id)
    return None if act.exchange_id is None else links.exchange(act.exchange_id)


def spots(connection: Connection, links: Links, span: Span, consent: Consent) -> dict[Lane, list[Spot]]:
    """What is drawn, by lane."""
    if density.has_more_exchanges(connection, span, _LOOKED_THROUGH):
        buckets = list(density.acts_over_time(connection, span))
        if sum(bucket.acts for bucket in buckets) > _DRAWN_ONE_BY_ONE:
            return _counted(connection, links, span, consent, buckets)
    listed = acts(connection, span, consent.pages, _DRAWN_ONE_BY_ONE)
    if len(listed) > _DRAWN_ONE_BY_ONE:
        return _counted(connection, links, span, consent, density.acts_over_time(connection, span))
    return _each(links, listed)


def _each(links: Links, listed: Iterable[Act]) -> dict[Lane, list[Spot]]:
    found: dict[Lane, list[Spot]] = {}
    for act in listed:
        at = seconds(act.at)
        if at is not None:
            held = [each for each in act.violations if each.suppressed is None]
            verdicts = Counter(each.verdict for each in held if each.severity == Severity.ERROR)
            mild = sum(each.severity != Severity.ERROR and each.verdict != Verdict.CLEARED for each in held)
            found.setdefault(act.lane, []).append(Spot(at, 1, act.title, address(links, act), verdicts, mild))
    return found


def _counted(
    connection: Connection, links: Links, span: Span, consent: Consent, buckets: Iterable[density.Bucket]
) -> dict[Lane, list[Spot]]:
    """Of a long session: what there are few of, each; the rest counted."""
    pages = [
        Act(Lane.PAGE, iso(page.at), position, page.exchange, page.exchange, page.address)
        for position, page in enumerate(consent.pages)
        if span.since <= iso(page.at) <= span.until
    ]
    found = _each(links, [*pages, *(act for act in small(connection, span) if span.since <= act.at <= span.until)])
    for bucket in buckets:
        at = seconds(bucket.at)
        if at is not None:
            found.setdefault(bucket.lane, []).append(Spot(at, bucket.acts, bucket.lane.value, None))
    for each in density.violations_over_time(connection, span):
        at = seconds(each.at)
        if at is not None:
            verdicts = {each.verdict: each.violations} if each.error else {}
            mild = 0 if each.error or each.verdict == Verdict.CLEARED else each.violations
            found.setdefault(each.lane, []).append(Spot(at, 0, each.lane.value, None, verdicts, mild))
    return found
