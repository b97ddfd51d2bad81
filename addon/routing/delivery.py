"""One event at one destination: what becomes of it, and how that is known."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from addon.decode.facts import Mode, Origin

HIDDEN = (Origin.INFERRED, Origin.DOUBTED, Origin.COVERED)
"""Origins of destinations that the settings do not list."""
UNLISTED = "(not listed in the settings)"
"""What such a destination is called, if its category is not known."""


class Outcome(StrEnum):
    """What becomes of an event at a destination."""

    FLOWS = "flows"
    FILTERED = "filtered"
    AMBIGUOUS = "ambiguous"
    """It may flow: the CDP's own documents contradict themselves, or a filter applies of which only the CDP knows whether it matches."""
    UNKNOWN = "unknown"
    FAILED = "failed"
    """The library handed it over in the page, and the destination's code failed: it was not delivered."""


NOT_DELIVERED = (Outcome.FILTERED, Outcome.FAILED)


class Basis(StrEnum):
    """How the outcome is known."""

    PREDICTED = "predicted"
    OBSERVED = "observed"
    DECLARED = "declared"
    """Predicted for a destination that only the policy file names."""


class Seen(StrEnum):
    """What the capture shows of a delivery in the page."""

    CALL = "call"
    """The vendor was called within seconds of the message."""
    METRIC = "metric"
    """The library counted that it handed the message over."""
    FAILURE = "failure"
    """The library counted that handing it over failed."""
    PING = "ping"
    """The vendor was called within seconds of the message, with nothing that identifies the person."""
    NOTHING = "not-seen"
    """The vendor was in use in the page, and no call of it followed."""


type Prediction = tuple[Outcome, str]
"""What becomes of a message at a destination, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One event at one destination."""

    destination: str
    vendor: str | None
    mode: Mode
    keys: tuple[str, ...]
    """The workspace's category ids for it."""
    mapping_shown: bool = False
    """Whether the settings show which these are; else that there are none says nothing."""
    outcome: Outcome
    basis: Basis
    reason: str
    switched_on: bool
    """Whether the message's ``integrations`` names it and switches it on."""
    names: tuple[str, ...] = ()
    """All names of the destination."""
    predicted: Outcome | None = None
    """What was predicted before the outcome was observed; ``None`` if it was not."""
    seen: Seen | None = None
    """What the capture shows of it; ``None`` where it could show nothing."""
    origin: Origin = Origin.NAMED
    """How the destination is known."""
    owner: str | None = None
    """Who answers for it, by the policy."""
    known_fault: str | None = None
    """A known fault of a library that would explain it, if it is seen although the message's consent refuses it."""

    @property
    def receiver(self) -> str:
        """The destination, in a sentence."""
        if self.origin in HIDDEN:
            return "a destination that the settings do not list"
        return self.destination if self.owner is None else f"{self.destination} (owner: {self.owner})"
