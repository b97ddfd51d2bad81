"""Reads from what was judged who was seen in which state of consent."""

from __future__ import annotations

from addon.consent.timeline.state import Standing
from addon.findings.query import Connection
from addon.findings.rules import OPTED_OUT, Phase, Severity, Verdict

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
_ACTS = (
    "SELECT a.session_id, a.vendor, NULL, a.category, a.consent, a.alternative, x.started_at FROM calls a"
    " JOIN exchanges x ON x.id = a.exchange_id WHERE a.kind <> 'consent' AND a.vendor IS NOT NULL",
    "SELECT a.session_id, a.cdp, NULL, c.category, a.consent, a.alternative, a.received_at FROM events a"
    " LEFT JOIN calls c ON c.id = a.exchange_id",
    "SELECT e.session_id, a.vendor, a.destination, a.category, a.consent, a.alternative, e.received_at FROM deliveries a"
    " JOIN events e ON e.id = a.event_id WHERE a.outcome IN ('flows', 'ambiguous')",
    "SELECT a.session_id, a.vendor, NULL, a.category, a.consent, a.alternative, a.first_seen_at FROM cookies a"
    " WHERE a.vendor IS NOT NULL",
)
"""Session, vendor, destination, category, consent, alternative, moment."""
_NEEDS_NONE = "necessary"
_STATES = """
SELECT t.session_id, t.category, t.state, t.since FROM consent_states t
WHERE t.alternative IS NULL AND t.state IN ('granted', 'denied', 'unanswered') AND EXISTS (
    SELECT 1 FROM exchanges x WHERE x.session_id = t.session_id
    AND (t.since IS NULL OR x.started_at >= t.since) AND (t.until IS NULL OR x.started_at < t.until))
ORDER BY t.session_id, t.since
"""
_VIOLATIONS = f"""
SELECT {_PLACE}, f.vendor, f.destination, c.phase, c.verdict = '{Verdict.UNPROVEN}', sum(c.violations) FROM violation_counts c
JOIN findings f ON f.fingerprint = c.fingerprint JOIN sessions s ON s.id = c.session_id
WHERE f.severity = '{Severity.ERROR}' AND c.verdict <> 'cleared' AND NOT c.suppressed
GROUP BY 1, 2, 3, 4, 5
"""


def read_coverage(connection: Connection) -> Coverage:
    """What a database's captures exercised. The places with the most violations first."""
    of_session = dict(connection.execute(f"SELECT s.id, {_PLACE} FROM sessions s"))
    places: dict[str, Place] = {}
    granted = _exercised(connection, of_session, places)
    subjects: dict[tuple[str, str | None, str | None], Subject] = {}

    def subject(place: str, vendor: str | None, destination: str | None) -> Subject:
        places.setdefault(place, Place(place))
        return subjects.setdefault((place, vendor, destination), Subject(vendor, destination))

    for query in _ACTS:
        for session, vendor, destination, category, *state, at in connection.execute(query):
            if category != _NEEDS_NONE:
                acting = subject(of_session.get(session, "unknown"), vendor, destination)
                _note(acting, category, *state, withdrawn=at >= granted.get((session, category), "~"))
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
    subject: Subject, category: str | None, consent: str | None, alternative: str | None, *, withdrawn: bool
) -> None:
    """An act, under the consent that it was judged under; ``withdrawn`` if a refusal then was a withdrawal."""
    if category:
        subject.categories.add(category)
    state = _OF_CONSENT.get(consent or "")
    other = _OF_CONSENT.get(alternative) if alternative else None
    if state is None or (alternative and other is None):
        subject.undecided += 1
        subject.unknown += 1
    elif other is not None:
        subject.undecided += 1
        subject.possible.update((state, other))
    else:
        subject.acts[State.WITHDRAWN if withdrawn and state is State.REFUSED else state] += 1


def _exercised(
    connection: Connection, of_session: dict[str, str], places: dict[str, Place]
) -> dict[tuple[str, str], str]:
    """Notes in which states requests went out. Returns since when a category was granted, by session and category: what is refused
    after that was withdrawn."""
    granted: dict[tuple[str, str], str] = {}
    for session, category, consent, since in connection.execute(_STATES):
        name = of_session.get(session, "unknown")
        place = places.setdefault(name, Place(name))
        if category == SALE:
            if consent == Standing.DENIED:
                place.exercised[State.OPTED_OUT].add("marketing")
            continue
        state = _OF_CONSENT[Standing(consent)]
        if state is State.ACCEPTED:
            granted.setdefault((session, category), since or "")
        elif state is State.REFUSED and (session, category) in granted:
            state = State.WITHDRAWN
        place.exercised[state].add(category)
    return granted


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
