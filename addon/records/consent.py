"""What the person chose, and how that was seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from .table import Column, own_id, reference, table


@table("signals", indexes=(("session_id", "observed_at"), ("exchange_id",)))
@dataclass(slots=True, kw_only=True)
class SignalRecord:
    """Observations of consent: what was said, by whom, and since when it holds."""

    id: Annotated[str, own_id("Number of the signal.")]
    session_id: Annotated[str, reference("sessions", "The session.", required=True)]
    exchange_id: Annotated[str, reference("exchanges", "The exchange that carried it.", required=True)]
    source: Annotated[str, Column("Who speaks: a consent manager, iab-tcf, message-stamp.", required=True, named=True)]
    carrier: Annotated[
        str, Column("What carried it: a cookie, a recording call, a stamp; 'no cookie' where one is missing.")
    ]
    raw: Annotated[str | None, Column("What it says, without consent ids; empty for a missing cookie.")]
    answered: Annotated[bool | None, Column("Whether the banner was answered; empty if unknown.")]
    necessary: Annotated[bool | None, Column("Always granted.")]
    functional: Annotated[bool | None, Column("Whether it is granted; empty if unknown.")]
    analytics: Annotated[bool | None, Column("Whether it is granted; empty if unknown.")]
    marketing: Annotated[bool | None, Column("Whether it is granted; empty if unknown.")]
    observed_at: Annotated[float, Column("When it was seen first.")]
    effective_at: Annotated[float | None, Column("Since when it holds, by its own timestamp.")]
    effective_precision: Annotated[str | None, Column("exact, or day: then it is a lower bound.")]


@table("consent_states", indexes=(("session_id", "category", "since"),))
@dataclass(slots=True, kw_only=True)
class ConsentStateRecord:
    """What consent was in force in a session, by category and time, as it was judged. A moment on a page of a host for which there are
    rows is looked up in these; every other one in those without a host."""

    id: Annotated[str, own_id("Number of the session, and place in it.")]
    session_id: Annotated[str, reference("sessions", "The session.", required=True)]
    host: Annotated[
        str | None, Column("Host of the pages that it holds for; empty if it holds wherever none is named.")
    ]
    category: Annotated[
        str,
        Column(
            "functional, analytics, marketing; or sale: an opt-out from sale and sharing, with rows only while one is in force.",
            required=True,
        ),
    ]
    since: Annotated[float | None, Column("From when on; empty if it held from the beginning.")]
    until: Annotated[
        float | None,
        Column(
            "Until when, not included; empty to the end. The same as since where something held at one moment only."
        ),
    ]
    state: Annotated[str, Column("granted, denied, unanswered, nothing known or unclear.", required=True)]
    certainty: Annotated[
        str,
        Column(
            "How that is known: dated, observed, bracketed, seen before, open window, disputed (another consent manager shows something"
            " else), only after, or nothing after.",
            required=True,
        ),
    ]
    alternative: Annotated[
        str | None, Column("In an open window, or where it is disputed: the other state that may have been in force.")
    ]
    signals: Annotated[
        str,
        Column(
            "Ids of the signals that it rests on: the one that decides first, then those before and after.", kind="json"
        ),
    ]


@table("banner_events", indexes=(("session_id", "occurred_at"), ("exchange_id",)))
@dataclass(slots=True, kw_only=True)
class BannerEventRecord:
    """Consent banners shown, hidden or clicked, and choices that their managers recorded without saying what was chosen."""

    id: Annotated[str, own_id("Number of the banner event.")]
    session_id: Annotated[str, reference("sessions", "The session.", required=True)]
    exchange_id: Annotated[
        str,
        reference(
            "exchanges",
            "The report of the probe, or the call of the consent manager, from which it is known.",
            required=True,
        ),
    ]
    kind: Annotated[str, Column("shown, hidden, clicked or recorded.")]
    manager: Annotated[
        str | None, Column("Catalogue id of the consent manager; null for what only looks like a banner.", named=True)
    ]
    detail: Annotated[str | None, Column("What was clicked, or which call recorded it.")]
    occurred_at: Annotated[float, Column("When.")]


@table("marks", indexes=(("session_id", "marked_at"), ("capture_id",), ("exchange_id",)))
@dataclass(slots=True, kw_only=True)
class MarkRecord:
    """What the tester said."""

    id: Annotated[str, own_id("Number of the mark.")]
    capture_id: Annotated[int, reference("captures", "The capture.", required=True)]
    session_id: Annotated[str | None, reference("sessions", "The session it is about, if it names one.")]
    exchange_id: Annotated[str, reference("exchanges", "The request from which it is known.", required=True)]
    kind: Annotated[str, Column("accepted, rejected, withdrew, or note: then it says nothing of consent.")]
    text: Annotated[str, Column("In the tester's words.")]
    choices: Annotated[
        str | None,
        Column("What was chosen of each category, where the tester said it; else everything was meant.", kind="json"),
    ] = None
    marked_at: Annotated[float, Column("When the press was that it tells of.")]


@table("names", key=("kind", "id"))
@dataclass(slots=True, kw_only=True)
class NameRecord:
    """What ids stand for, by the catalogue, the folders laid over it and the policy that the captures were judged with: of those that
    occur."""

    kind: Annotated[
        str,
        Column(
            "vendor; consent-manager; or category: then the id is a workspace's category, as stamps and settings have it.",
            required=True,
        ),
    ]
    id: Annotated[str, own_id("The id.")]
    name: Annotated[
        str,
        Column("Its name; of a category the one of ours that it means, empty if nothing says which.", required=True),
    ]
