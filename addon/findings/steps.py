"""What a session did before an act -> steps by which somebody else may see it again.

Only what crossed the wire, or was marked, can be a step. What the person clicked in between is not known, and is not
made up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from addon.judge.wording import clock

from .acts import Act, Lane, small, span_of
from .consent import Consent, read_consent
from .names import Names
from .query import Connection, seconds
from .rows import ExchangeRow, Session, SignalRow, Violation
from .sentences import choice, lead

_MOST_PAGES = 8


@dataclass(frozen=True, slots=True)
class Step:
    """One step, and how it is known."""

    text: str
    known: str


def noted(connection: Connection, session: Session) -> list[Act]:
    """Banner events and marks of a session."""
    return [act for act in small(connection, span_of(session)) if act.lane in (Lane.BANNER, Lane.MARK)]


def read_steps(
    connection: Connection, session: Session, violation: Violation, carrier: ExchangeRow | None, names: Names
) -> list[Step]:
    """The same as ``steps``, for who has not read the session's consent."""
    return steps(session, read_consent(connection, session), noted(connection, session), violation, carrier, names)


def steps(
    session: Session,
    consent: Consent,
    noted: Sequence[Act],
    violation: Violation,
    carrier: ExchangeRow | None,
    names: Names,
) -> list[Step]:
    """Steps up to an act; none where the capture shows nothing that a person did.

    Args:
        noted: banner events and marks of the session.
    """
    at = seconds(violation.occurred_at)
    if at is None or session.surface == "server":
        return []
    found = [(page.at, Step(f"Open {page.address}", f"page load at {clock(page.at)}")) for page in consent.pages]
    found += [(moment, _choice(moment, row, names)) for moment, row in consent.choices()]
    found += [
        (moment, Step(act.title, f"{_kind(act)} at {clock(moment)}")) for act in noted if (moment := seconds(act.at))
    ]
    before = sorted((item for item in found if item[0] <= at), key=lambda item: item[0])
    if session.app is not None:
        before.insert(0, (0.0, Step(f"Use the app {session.app}", "the messages name it")))
    if not before:
        return []
    left_out = len(before) - _MOST_PAGES
    listed = [step for _, step in before]
    if left_out > 0:
        dots = Step(f"({left_out} more steps of this kind)", "see the session")
        listed = [listed[0], dots, *listed[-(_MOST_PAGES - 1) :]]
    start = f"{carrier.method} {carrier.host}{carrier.path}" if carrier is not None else "the request"
    sent = at if carrier is None else seconds(carrier.started_at) or at  # later than a withdrawal that nobody reported
    listed.append(Step(f"Watch {start}", f"sent at {clock(sent)}"))
    listed.append(Step(f"Seen: {lead(violation.explanation)}", "observed in this capture"))
    return listed


def _choice(at: float, row: SignalRow, names: Names) -> Step:
    answer = choice(row.functional, row.analytics, row.marketing)
    return Step(f"Answer the banner: {answer}", f"dated {clock(at)} by {names.source(row.source)}")


def _kind(act: Act) -> str:
    return "mark" if act.lane is Lane.MARK else "banner event"
