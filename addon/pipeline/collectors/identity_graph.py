"""Who was seen with which ids in which session, what was chosen there, and what was sent for them."""

from __future__ import annotations

import json
from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field

from addon.addresses import site_of
from addon.consent.timeline import Need, Standing, Stretch, history
from addon.decode.facts import StampShape, Surface
from addon.judge.acts import Act, ConflictAct, DeliveryAct, EventAct, Place
from addon.judge.identity_conflicts import Sighting, usable
from addon.judge.identity_evidence import (
    MAX_CONFLICTS,
    Choice,
    Conduct,
    Conflict,
    SentUnderGrant,
    SessionRef,
    conflicts,
)
from addon.judge.verdict import Regime
from addon.judge.wording import carrier
from addon.pipeline.capture import CaptureParts
from addon.pipeline.session_state import SessionState
from addon.records import IdentityRecord
from addon.routing.delivery import Outcome
from vendor_catalog import Category

from .collector import Collector, Others
from .consent import GATED

_MAX_ROWS = 10_000
_MAX_EVENTS = 20_000
_MAX_NOTES = 20
"""Messages that needed a category which are kept of the first, and as many of the latest, for one set of ids."""
_MAX_ALL_NOTES = 200_000
_MAX_CHOICES = 50
_SILENT = (Standing.UNANSWERED, Standing.NOTHING, Standing.UNREADABLE)


@dataclass(frozen=True, slots=True)
class _Note:
    """A message that needed a category."""

    event: EventAct
    need: Need
    destination: str | None


@dataclass(slots=True)
class _Notes:
    """The first and the latest of them."""

    first: list[_Note] = field(default_factory=list)
    last: deque[_Note] = field(default_factory=lambda: deque(maxlen=_MAX_NOTES))

    def add(self, note: _Note) -> int:
        """Takes one in; says how many more are kept by it."""
        before = len(self.first) + len(self.last)
        (self.first if len(self.first) < _MAX_NOTES else self.last).append(note)
        return len(self.first) + len(self.last) - before

    def __iter__(self) -> Iterator[_Note]:
        yield from self.first
        yield from self.last


@dataclass(slots=True)
class _Row:
    """One set of ids in one session."""

    session: SessionState
    ids: tuple[str | None, ...]
    """User, anonymous, device, previous, write key."""
    first_at: float
    last_at: float
    notes: dict[Category, _Notes] = field(default_factory=dict)


class IdentityGraph(Collector):
    """Takes note of every message's ids, and compares them in the end."""

    def __init__(self, capture: CaptureParts, others: Others) -> None:
        super().__init__(capture, others)
        self._rows: dict[tuple[object, ...], _Row] = {}
        self._of_event: OrderedDict[str, _Row] = OrderedDict()
        """Event -> its row, for deliveries that are known later."""
        self._users: dict[tuple[str, str], str] = {}
        """Session and anonymousId -> the latest userId."""
        self._turns: dict[tuple[str, str], int] = {}
        """Session and anonymousId -> how often another userId came."""
        self._noted = 0

    def act(self, session: SessionState, act: Act) -> None:
        """Takes note of a message, or of where one goes on."""
        if isinstance(act, EventAct):
            row = self._row(session, act)
            if row is None:
                return
            self._of_event[act.event] = row
            if len(self._of_event) > _MAX_EVENTS:
                self._of_event.popitem(last=False)
            if not act.reports_choice:
                self._note(row, act, act.need, None)
        elif isinstance(act, DeliveryAct) and act.delivery.outcome is Outcome.FLOWS and act.need is not None:
            row = self._of_event.get(act.event.event)
            if row is not None and not act.event.reports_choice:
                self._note(row, act.event, act.need, act.delivery.destination)

    def _note(self, row: _Row, event: EventAct, need: Need, destination: str | None) -> None:
        for category in need.categories:
            if category not in GATED:
                continue
            if self._noted >= _MAX_ALL_NOTES:
                self._left_out(
                    f"more than {_MAX_ALL_NOTES} messages would have to be compared; later ones were left out"
                )
            else:
                self._noted += row.notes.setdefault(category, _Notes()).add(_Note(event, need, destination))

    def _row(self, session: SessionState, act: EventAct) -> _Row | None:
        user, anonymous, device, previous = map(usable, (act.user_id, act.anonymous_id, act.device_id, act.previous_id))
        if act.anonymous or (user is None and anonymous is None and device is None):
            return None
        turn = 0
        if anonymous is not None and session.key.surface is not Surface.SERVER:
            where = (session.id, anonymous)
            remembered = where in self._users or len(self._users) < _MAX_ROWS
            if user is not None and remembered and self._users.setdefault(where, user) != user:
                self._users[where] = user
                self._turns[where] = self._turns.get(where, 0) + 1
            turn = self._turns.get(where, 0)
        ids = (user, anonymous, device, previous, act.write_key)
        key = (session.id, *ids, turn)
        row = self._rows.get(key)
        if row is None:
            if len(self._rows) >= _MAX_ROWS:
                self._left_out(
                    f"more than {_MAX_ROWS} sets of ids were seen; the consent of the others was not compared"
                )
                return None
            row = self._rows[key] = _Row(session, ids, act.at, act.at)
        row.first_at, row.last_at = min(row.first_at, act.at), max(row.last_at, act.at)
        return row

    def finish(self) -> None:
        """Records what was noted, and files what is in conflict within this capture."""
        conducts = []
        sessions = {}
        choices: dict[str, tuple[Choice, ...]] = {}
        for row in self._rows.values():
            session = row.session
            if session.id not in choices:
                choices[session.id] = choices_of(session)
            sessions[session.id] = session
            conduct = _conduct(row, choices[session.id], self.emitter.capture)
            conducts.append(conduct)
            self.emitter.add(identity_record(conduct, self.emitter.number("i")))
        found = conflicts(conducts)
        if len(found) > MAX_CONFLICTS:
            self._left_out(
                f"{len(found)} conflicts between sessions were found; only the first {MAX_CONFLICTS} are recorded"
            )
        for each in found[:MAX_CONFLICTS]:
            self.judgements.act(sessions[each.acted.session_ref.session], conflict_act(each))

    def _left_out(self, reason: str) -> None:
        self.emitter.gap("identities-not-compared", None, reason)


def _conduct(row: _Row, choices: tuple[Choice, ...], capture: int) -> Conduct:
    user, anonymous, device, previous, write_key = row.ids
    key = row.session.key
    return Conduct(
        session_ref=SessionRef(session=row.session.id, capture=capture, surface=key.surface, place=row.session.site),
        sighting=Sighting(
            user=user,
            anonymous=anonymous,
            device=device,
            previous=previous,
            write_key=write_key,
            places=places(key.site, key.app),
            first_at=row.first_at,
            last_at=row.last_at,
        ),
        choices=choices,
        sent_under_grant=tuple(_messages_under_grant(row, choices)),
    )


def places(site: str | None, app: str | None) -> tuple[str, ...]:
    """What a site or an app shares with others of its maker: ``com.shop.app`` is of ``shop.com``."""
    if app is not None:
        domain = site_of(".".join(reversed(app.lower().split(".")[:10])))
        return (app, domain) if "." in domain else (app,)
    return () if site is None else (site,)


def choices_of(session: SessionState) -> tuple[Choice, ...]:
    """A session's answers, by the most trusted that gave any. A server has no banner."""
    if session.key.surface is Surface.SERVER:
        return ()
    found: list[Choice] = []
    for _, timeline in session.timeline.parts():
        for category in GATED:
            found += _choices(category, history(timeline, Need((category,)))[-_MAX_CHOICES:])
    return tuple(found)


def _choices(category: Category, stretches: Sequence[Stretch]) -> Iterator[Choice]:
    granted_before = False
    for index, stretch in enumerate(stretches):
        granted = stretch.standing is Standing.GRANTED
        if granted or stretch.standing is Standing.DENIED:
            signal = stretch.signal
            following = stretches[index + 1] if index + 1 < len(stretches) else None
            yield Choice(
                category=category,
                granted=granted,
                after=stretch.after if stretch.after > 0 else None,
                by=stretch.by,
                until=None if following is None else following.after,
                seen_until=stretch.seen_until,
                decided=signal.answered is True or granted_before,
                withdrawn=granted_before and not granted,
                shown_by=carrier(signal).rstrip(","),
                signal=signal.id,
            )
        granted_before = granted_before or granted


def _messages_under_grant(row: _Row, choices: tuple[Choice, ...]) -> list[SentUnderGrant]:
    """The messages that were fine by their own session's consent."""
    server = row.session.key.surface is Surface.SERVER
    found: list[SentUnderGrant] = []
    for category, notes in row.notes.items():
        stamped = [note for note in notes if _grants(note.event, category)] if server else []
        said = _server_choice(category, stamped) if stamped else None
        for note in stamped if server else notes:
            allowed, grant = (True, said) if server else _allowed(row.session, note, category, choices)
            if allowed:
                found.append(_sent_under_grant(note, category, grant))
    return found


def _sent_under_grant(note: _Note, category: Category, grant: Choice | None) -> SentUnderGrant:
    event = note.event
    return SentUnderGrant(
        category=category,
        at=event.at if event.made_at is None else min(event.at, event.made_at),
        exchange=event.place.exchange,
        event=event.event,
        title=event.title[:200],
        destination=note.destination,
        grant=grant,
    )


def _allowed(
    session: SessionState, note: _Note, category: Category, choices: Iterable[Choice]
) -> tuple[bool, Choice | None]:
    """Whether a message was fine by its own session's consent, and the grant that made it so."""
    event, consent_view = note.event, session.consent_view
    state = consent_view.state(note.need, event)
    if consent_view.lack_in(state, note.need, event) is not None or state.alternative is not None:
        return False, None
    if state.standing in _SILENT:
        return consent_view.regime is Regime.OPT_OUT, None
    if state.standing is not Standing.GRANTED:
        return False, None
    given = [each for each in choices if each.category is category and each.granted and each.by <= event.at]
    return True, given[-1] if given else _vague(category, event.at, "the consent in force", event.at)


def _grants(event: EventAct, category: Category) -> bool:
    """Whether a server's message grants a category in its own stamp."""
    return event.stamp.shape is StampShape.PREFERENCES and event.stamp_grants((category,))


def _server_choice(category: Category, stamped: list[_Note]) -> Choice:
    return _vague(
        category,
        min(note.event.at for note in stamped),
        "the server's own stamp",
        max(note.event.at for note in stamped),
    )


def _vague(category: Category, by: float, shown_by: str, seen_until: float) -> Choice:
    """A grant of which nothing tells when it was given."""
    return Choice(
        category=category,
        granted=True,
        after=None,
        by=by,
        until=None,
        seen_until=seen_until,
        decided=False,
        shown_by=shown_by,
        signal=None,
    )


def identity_record(conduct: Conduct, number: str) -> IdentityRecord:
    """One set of ids as a row."""
    seen = conduct.sighting
    return IdentityRecord(
        id=number,
        session_id=conduct.session_ref.session,
        write_key=seen.write_key,
        user_id=seen.user,
        anonymous_id=seen.anonymous,
        device_id=seen.device,
        previous_id=seen.previous,
        first_at=seen.first_at,
        last_at=seen.last_at,
        choices=json.dumps([asdict(choice) for choice in conduct.choices]),
        sent_under_grant=json.dumps([asdict(sent) for sent in conduct.sent_under_grant]),
    )


def conflict_act(found: Conflict) -> ConflictAct:
    """A conflict, to be brought before the rules."""
    here = found.acted.session_ref
    return ConflictAct(
        place=Place(at=found.sent.at, exchange=found.sent.exchange, site=here.place),
        event=found.sent.event,
        sent=found.sent,
        refusal=found.refusal,
        refused_in=found.refused.session_ref,
        acted_in=here,
        link=found.link,
        certain_link=found.certain_link,
    )


COLLECTOR = IdentityGraph
