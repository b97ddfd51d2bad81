"""What one identity chose on one surface, and what was done with its messages on another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from addon.decode.facts import Surface
from vendor_catalog import Category

from .identity_conflicts import People, Person, Sighting

GRACE = 5.0
"""Seconds that a choice may take to reach what sends for the same person elsewhere."""
_LOGIN = 60.0
"""Seconds from a login to the first message that names who logged in."""
MAX_CONFLICTS = 1000
"""As many as are worth a row each."""
_MAX_REFUSALS = 20
"""Refusals of one person that are compared: the latest ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One answer for one category, and how long it held. Times are Unix time in seconds."""

    category: Category
    granted: bool
    after: float | None
    """The earliest moment at which it can have been made; ``None`` if nothing shows it."""
    by: float
    """The latest moment at which it can have been made."""
    until: float | None
    """Up to when it certainly held; ``None`` if nothing else was seen after it."""
    seen_until: float
    """When it was last seen."""
    decided: bool
    """Whether a person certainly made it. Without a known answer it may be a default of the site."""
    withdrawn: bool = False
    """Whether it takes back a grant."""
    shown_by: str
    """What showed it, as sentences name it: ``the cookie cc_cookie``."""
    signal: str | None
    """Id of the signal that showed it first; ``None`` for a server's stamps, which are no signals of a session."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentUnderGrant:
    """One message that needed a category, under whatever allowed it there."""

    category: Category
    at: float
    """When the message was made, or sent if that is not known."""
    exchange: str
    event: str
    title: str
    destination: str | None
    """Where it would go on, if it is that which needs the category."""
    grant: Choice | None
    """The grant in force; ``None`` if there was no answer at all where none is needed (opt-out)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRef:
    """A session, as findings refer to it."""

    session: str
    capture: int
    surface: Surface
    place: str | None
    """The site or app; ``None`` for a server."""

    @property
    def label(self) -> str:
        """``the web session 1.s1 on shop.example``"""
        match self.surface:
            case Surface.SERVER:
                return f"the server session {self.session}"
            case Surface.MOBILE:
                return f"the app session {self.session} of {self.place or 'an unnamed app'}"
            case _:
                return f"the {self.surface} session {self.session} on {self.place or 'an unnamed site'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conduct:
    """Ids that were seen together in one session for a while, what was chosen in that session, and what was done for them."""

    session_ref: SessionRef
    sighting: Sighting
    choices: tuple[Choice, ...]
    """Those of the whole session, whoever made them."""
    sent_under_grant: tuple[SentUnderGrant, ...]


@dataclass(frozen=True, slots=True)
class Conflict:
    """A message sent under a grant against a refusal of the same identity on another surface."""

    refused: Conduct
    refusal: Choice
    acted: Conduct
    sent: SentUnderGrant
    certain_link: bool

    @property
    def link(self) -> str:
        one, other = self.refused.sighting, self.acted.sighting
        if one.user is not None and one.user == other.user:
            return "the same userId"
        if one.anonymous is not None and one.anonymous == other.anonymous:
            return "the same anonymousId"
        return "ids that identify or alias calls link"


def conflicts(conducts: Sequence[Conduct]) -> list[Conflict]:
    """Messages under a grant against refusals: one for each pair of sessions, identity and category, the gravest and first. In the order of
    the messages that were sent under a grant."""
    found: dict[tuple[str | None, ...], Conflict] = {}
    for loosely in (False, True):
        people = People((one.sighting for one in conducts), loosely=loosely)
        for conflict in _conflicts(conducts, people, certain_link=not loosely):
            refused, acted = conflict.refused.session_ref, conflict.acted.session_ref
            ids = conflict.acted.sighting
            # a server speaks for many
            whom = ids.user or ids.anonymous if acted.surface is Surface.SERVER else None
            key = (refused.session, acted.session, conflict.sent.category, whom)
            best = found.get(key)
            if best is None or _order(conflict) < _order(best):
                found[key] = conflict
    return sorted(found.values(), key=lambda one: (one.sent.at, one.sent.event, one.refused.session_ref.session))


def grade(sent: SentUnderGrant, refusal: Choice) -> int | None:
    """How much stands against a message: 0 if the grant that it rested on is older than the refusal; 1 if nothing tells which is
    newer; 2 if the grant is newer; ``None`` if the refusal was not in force."""
    if sent.at <= refusal.by + GRACE or (refusal.until is not None and sent.at >= refusal.until):
        return None
    grant = sent.grant
    if grant is None:
        return 1
    if refusal.after is not None and grant.by <= refusal.after:
        return 0
    return 2 if grant.after is not None and grant.after >= refusal.by else 1


def _order(conflict: Conflict) -> tuple[bool, bool, int, float, str]:
    graded = grade(conflict.sent, conflict.refusal)
    assert graded is not None, "conflicts are between a message and a refusal in force"
    return not conflict.certain_link, not conflict.refusal.decided, graded, conflict.sent.at, conflict.sent.event


def _conflicts(conducts: Sequence[Conduct], people: People, *, certain_link: bool) -> Iterator[Conflict]:
    refusals = _refusals(conducts, people)
    carriers = _carriers(conducts)
    for acted in conducts:
        for sent in acted.sent_under_grant:
            person = people.person(acted.sighting, sent.at)
            for refused, refusal in refusals.get(person, ()) if person is not None else ():
                if refusal.category is not sent.category or not _apart(refused, acted, carriers):
                    continue
                graded = grade(sent, refusal)
                # a newer answer to the same banner is a change of mind, wherever it was given
                if graded is None or (graded == 2 and _same_banner(refused, acted)):
                    continue
                # a common id links what is of different kinds: one tester's site and app; two sites are two companies
                if certain_link or refused.session_ref.surface is not acted.session_ref.surface:
                    yield Conflict(refused, refusal, acted, sent, certain_link)


def _refusals(conducts: Sequence[Conduct], people: People) -> dict[Person, list[tuple[Conduct, Choice]]]:
    """Refusals, by the person who made them."""
    sessions: dict[str, list[Conduct]] = defaultdict(list)
    for conduct in conducts:
        sessions[conduct.session_ref.session].append(conduct)
    found: dict[Person, list[tuple[Conduct, Choice]]] = defaultdict(list)
    for unordered in sessions.values():
        members = sorted(unordered, key=lambda one: one.sighting.first_at)
        for choice in members[0].choices:
            if not choice.granted:
                chooser = _chooser(members, choice, people)
                if chooser is not None:
                    found[chooser[0]].append((chooser[1], choice))
    return {whose: sorted(listed, key=_latest)[-_MAX_REFUSALS:] for whose, listed in found.items()}


def _latest(entry: tuple[Conduct, Choice]) -> tuple[float, str]:
    return entry[1].by, entry[0].session_ref.session


def _chooser(members: Sequence[Conduct], choice: Choice, people: People) -> tuple[Person, Conduct] | None:
    """Who made a choice: whoever alone used the session, or alone used it at that time."""
    whose = [(people.person(one.sighting, one.sighting.last_at), one) for one in members]
    known = [(person, one) for person, one in whose if person is not None]
    if len({person for person, _ in known}) > 1:
        if choice.after is None:
            return None
        before = [pair for pair in known if pair[1].sighting.last_at < choice.after]
        during = [
            (person, one)
            for person, one in known
            if one.sighting.first_at <= choice.by and one.sighting.last_at >= choice.after
        ]
        soon = [pair for pair in known if choice.by < pair[1].sighting.first_at <= choice.by + _LOGIN]
        known = [*before[-1:], *during]
        # who is known just after it may have been there already
        if len({person for person, _ in (*known, *soon)}) != 1:
            return None
    # evidence is better with a userId
    known.sort(key=lambda pair: pair[1].sighting.user is None)
    return (known[0][0], known[0][1]) if known and known[0][0] is not None else None


def _carriers(conducts: Iterable[Conduct]) -> dict[str, set[str]]:
    """Session -> the anonymous and device ids seen in it."""
    found: dict[str, set[str]] = defaultdict(set)
    for conduct in conducts:
        ids = (conduct.sighting.anonymous, conduct.sighting.device)
        found[conduct.session_ref.session].update(each for each in ids if each is not None)
    return found


def _apart(one: Conduct, other: Conduct, carriers: dict[str, set[str]]) -> bool:
    """Whether two sessions are two surfaces: one browser or app keeps one answer, however often its address changes."""
    if one.session_ref.session == other.session_ref.session:
        return False
    shared = carriers[one.session_ref.session] & carriers[other.session_ref.session]
    return not (shared and _same_banner(one, other))


def _same_banner(one: Conduct, other: Conduct) -> bool:
    here, there = one.session_ref, other.session_ref
    return here.place is not None and here.place == there.place and here.surface is there.surface
