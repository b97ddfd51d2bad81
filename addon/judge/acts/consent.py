"""Acts about consent itself: a manager's record, a consent string, Google's consent mode, and what follows a withdrawal."""

from __future__ import annotations

from dataclasses import dataclass

from addon.consent.signal import Signal
from vendor_catalog import Category

from .act import Act


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordAct(Act):
    """A consent manager, or a string beside it, was seen to hold consent."""

    origin: str
    origin_name: str
    carrier: str
    granted: tuple[Category, ...]
    signal: Signal


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentStringAct(Act):
    """A consent string was seen that is broken, or breaks its version's rules."""

    carrier: str
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentModeAct(Act):
    """A call to Google stated, in consent-mode parameters, what is granted."""

    vendor: str
    vendor_name: str
    host: str
    granted: tuple[Category, ...]
    shown: str
    """The parameters, as sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawalAct(Act):
    """Consent was withdrawn, and messages went on being sent."""

    event: str
    """Id of the first message after it."""
    cdp: str
    cdp_name: str
    reported_by: str
    """Name of the message by which a choice is reported to this CDP."""
    categories: tuple[Category, ...]
    """Those that were granted before and refused from then on."""
    withdrawn_by: float
    """The latest moment at which it can have happened (Unix time in seconds)."""
    signal: Signal
    """What showed the refusal first."""
    messages: int
    """How many messages followed before consent was given again."""
    until: float
    """When the last of them was sent."""
    enforced: bool
    """Whether the workspace is known to enforce consent; else the messages carry stamps."""
    reported_otherwise: bool
    """Whether a choice was reported to the CDP afterwards, but one that still grants these categories."""
    unread: bool
    """Whether a request to the CDP could not be read, so that it may have contained the report."""

    @property
    def event_id(self) -> str:
        return self.event
