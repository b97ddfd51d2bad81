"""Reads from what was judged who was seen in which state of consent."""

from __future__ import annotations

from addon.consent.timeline.state import Standing
from addon.findings.query import Connection
from addon.findings.rules import OPTED_OUT, Phase, Severity, Verdict
from vendor_catalog import Category

from .model import Cell, Coverage, Outcome, Place, State, Subject

_OF_CONSENT = {
    Standing.UNANSWERED: State.UNANSWERED,
    Standing.GRANTED: State.ACCEPTED,
    Standing.DENIED: State.REFUSED,
    OPTED_OUT: State.OPTED_OUT,
}
_OF_PHASE = {
    Phase.BEFORE_CHOICE: State.UNANSWERED,
    Phase.AFTER_DENIAL: State.REFUSED,
    Phase.AFTER_WITHDRAWAL: State.WITHDRAWN,
}
SALE = "sale"
"""The category of ``consent_states`` that opt-outs have."""
_PLACE = "coalesce(s.site, s.app, CASE s.surface WHEN 'server' THEN 'a server' ELSE 'unknown' END)"
_STATES = """
SELECT t.session_id, t.category, t.state, t.since FROM consent_states t
WHERE t.alternative IS NULL AND t.state IN ('granted', 'denied', 'unanswered') AND EXISTS (
    SELECT 1 FROM exchanges x WHERE x.session_id = t.session_id
    AND (t.since IS NULL OR x.started_at >= t.since) AND (t.until IS NULL OR x.started_at < t.until))
"""
_EXERCISED = f"""
SELECT t.session_id, {_PLACE}, t.category, t.state FROM ({_STATES}) t JOIN sessions s ON s.id = t.session_id
ORDER BY t.session_id, t.since
"""
_ACTS = f"""
WITH exercised AS ({_STATES}),
granted AS (SELECT session_id, category, min(coalesce(since, '')) AS since FROM exercised WHERE state = 'granted' GROUP BY 1, 2),
acts (session_id, vendor, destination, category, consent, alternative, at) AS (
    SELECT a.session_id, a.vendor, NULL, a.category, a.consent, a.alternative, x.started_at
    FROM calls a JOIN exchanges x ON x.id = a.exchange_id WHERE a.kind <> 'consent' AND a.vendor IS NOT NULL
    UNION ALL
    SELECT a.session_id, a.cdp, NULL, c.category, a.consent, a.alternative, a.received_at
    FROM events a LEFT JOIN calls c ON c.id = a.exchange_id
    UNION ALL
    SELECT e.session_id, a.vendor, a.destination, a.category, a.consent, a.alternative, e.received_at
    FROM deliveries a JOIN events e ON e.id = a.event_id WHERE a.outcome IN ('flows', 'ambiguous')
    UNION ALL
    SELECT a.session_id, a.vendor, NULL, a.category, a.consent, a.alternative, a.first_seen_at
    FROM cookies a WHERE a.vendor IS NOT NULL)
SELECT {_PLACE}, a.vendor, a.destination, a.category, a.consent, a.alternative, coalesce(a.at >= g.since, 0), count(*)
FROM acts a LEFT JOIN sessions s ON s.id = a.session_id
LEFT JOIN granted g ON g.session_id = a.session_id AND g.category = a.category
WHERE a.category IS NULL OR a.category <> '{Category.NECESSARY}'
GROUP BY 1, 2, 3, 4, 5, 6, 7
"""
"""Place, vendor, destination, category, consent, alternative, whether it was granted before, how many."""
_VIOLATIONS = f"""
SELECT {_PLACE}, f.vendor, f.destination, c.phase, c.verdict = '{Verdict.UNPROVEN}', sum(c.violations) FROM violation_counts c
JOIN findings f ON f.fingerprint = c.fingerprint JOIN sessions s ON s.id = c.session_id
WHERE f.severity = '{Severity.ERROR}' AND c.verdict <> 'cleared' AND NOT c.suppressed
GROUP BY 1, 2, 3, 4, 5
"""


def read_coverage(connection: Connection) -> Coverage:
    """What a database's captures exercised. The places with the most violations first."""
    places: dict[str, Place] = {}
    subjects: dict[tuple[str, str | None, str | None], Subject] = {}
    _note_exercised(connection, places)

    def subject(place: str, vendor: str | None, destination: str | None) -> Subject:
        places.setdefault(place, Place(place))
        return subjects.setdefault((place, vendor, destination), Subject(vendor, destination))

    for place, vendor, destination, *about in connection.execute(_ACTS):
        _note(subject(place, vendor, destination), *about)
    for place, vendor, destination, phase, unproven, count in connection.execute(_VIOLATIONS):
        if not vendor and not destination:
            continue
        found, state = subject(place, vendor, destination), _OF_PHASE.get(phase)
        if state is None:
            found.unplaced += count
        else:
            (found.unproven if unproven else found.violations)[state] += count
    for (place, *_), found in subjects.items():
        found.cells = {state: _cell(found, state, places[place]) for state in State}
        places[place].subjects.append(found)
    for each in places.values():
        each.subjects.sort(key=_weight)
    listed = [place for place in places.values() if place.subjects]
    listed.sort(key=lambda place: (-sum(each.violations.total() for each in place.subjects), place.name))
    return Coverage(tuple(listed))


def _note(
    subject: Subject, category: str | None, consent: str | None, alternative: str | None, granted: int, count: int
) -> None:
    """So many acts, under the consent that they were judged under; ``granted`` if a refusal then was a withdrawal."""
    if category:
        subject.categories.add(category)
    state = _OF_CONSENT.get(consent or "")
    other = _OF_CONSENT.get(alternative) if alternative else None
    if state is None or (alternative and other is None):
        subject.undecided += count
        subject.unknown += count
    elif other is not None:
        subject.undecided += count
        subject.possible.update(dict.fromkeys((state, other), count))
    else:
        subject.acts[State.WITHDRAWN if granted and state is State.REFUSED else state] += count


def _note_exercised(connection: Connection, places: dict[str, Place]) -> None:
    """Notes in which states requests went out, of each place. What is refused after it was granted was withdrawn."""
    granted: set[tuple[str, str]] = set()
    for session, name, category, consent in connection.execute(_EXERCISED):
        place = places.setdefault(name, Place(name))
        if category == SALE:
            if consent == Standing.DENIED:
                place.exercised[State.OPTED_OUT].add("marketing")
            continue
        state = _OF_CONSENT[Standing(consent)]
        if state is State.ACCEPTED:
            granted.add((session, category))
        elif state is State.REFUSED and (session, category) in granted:
            state = State.WITHDRAWN
        place.exercised[state].add(category)


def _cell(subject: Subject, state: State, place: Place) -> Cell:
    acts, violations, unproven = subject.acts[state], subject.violations[state], subject.unproven[state]
    if violations:
        return Cell(Outcome.VIOLATED, acts, violations, unproven)
    if unproven:
        return Cell(Outcome.NOT_VISIBLE, acts, 0, unproven)
    if acts:
        return Cell(Outcome.CLEAN, acts)
    if state is State.ACCEPTED:  # to be silent where it may speak says nothing
        return Cell(Outcome.NOT_EXERCISED)
    if subject.categories and subject.categories <= place.exercised.get(state, set()):
        # it was silent in this state: that says something only if it is known to be there, and when it is not silent
        decided = subject.acts.total() or subject.violations.total()
        doubtful = subject.unknown or subject.possible[state]
        return Cell(Outcome.CLEAN if decided and not doubtful else Outcome.NOT_VISIBLE)
    return Cell(Outcome.NOT_EXERCISED)


def _weight(subject: Subject) -> tuple[object, ...]:
    return (-subject.violations.total(), -subject.seen, subject.vendor or "", subject.destination or "")
