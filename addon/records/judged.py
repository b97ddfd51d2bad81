"""What becomes known of rows that are written already: the state that an act was judged under, and states that no longer hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from .table import Column

Consent = Annotated[
    str | None,
    Column(
        "The consent that was in force for what it needs: granted, denied, unanswered, nothing known, unclear, or opted out (an opt-out"
        " preference refuses it); empty if it needs none or belongs to no session.",
        written_apart=True,
    ),
]
Alternative = Annotated[
    str | None,
    Column("The other state that may have been in force, if that cannot be decided.", written_apart=True),
]
ConsentCertainty = Annotated[
    str | None,
    Column("How the consent is known, as in consent_states.", written_apart=True),
]
ConsentSignal = Annotated[
    str | None,
    Column("The signal that shows the consent, or comes nearest to it.", references="signals", written_apart=True),
]
StampChoices = Annotated[
    str | None,
    Column(
        "Of each category of the stamp, what a consent manager's own record or the browser said at that moment, without the claims of"
        " the messages themselves: consent, alternative, certainty and signal, as acts have them. Of at most 50 categories, and of"
        " none that is necessary.",
        kind="json",
        written_apart=True,
    ),
]


@dataclass(slots=True, kw_only=True)
class JudgedRecord:
    """The state that an act was judged under, for the row that the act has. Written again when the state moves."""

    table: str
    key: tuple[str, ...]
    """Of the row."""
    consent: str
    alternative: str | None
    certainty: str
    signal_id: str | None
    stamp_choices: str | None = None
    """Of a message that carries a stamp."""


@dataclass(slots=True, kw_only=True)
class StaleStatesRecord:
    """Rows of ``consent_states`` that no longer hold, since later evidence left fewer of them."""

    ids: tuple[str, ...]
