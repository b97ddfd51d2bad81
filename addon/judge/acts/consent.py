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


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatedReportAct(Act):
    """A message reported to a CDP the choice that the one before it had reported."""

    event: str
    """Id of the message."""
    cdp: str
    cdp_name: str
    title: str
    """``track 'Segment Consent Preference Updated'``"""
    reported_at: float
    """When the same choice was last reported (Unix time in seconds)."""
    renewed: bool | None
    """Whether an answer was given in between, if the same as before; ``None`` if nothing shows that."""
    signal: Signal | None
    """What shows the answer that holds."""

    @property
    def event_id(self) -> str:
        return self.event


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentDefaultAct(Act):
    """A call to Google showed that no default of consent mode was set when it was made."""

    vendor: str
    vendor_name: str
    host: str
    shown: str
    """Its parameters, as sent."""
    stated: str | None
    """The parameters of a later call of the same page, which state a default; ``None`` if the call itself tells of an update that
    no default came before."""
    stated_at: float | None
    """When that call was made (Unix time in seconds)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnkeptRefusalAct(Act):
    """A consent manager had nothing stored of a refusal on a page that was opened after it."""

    origin: str
    origin_name: str
    shown: str
    """What shows the refusal, in words: ``the cookie klaro``, ``the click on 'Reject all'``."""
    recorded: bool
    """Whether that is the consent manager's own record, and not only what was pressed."""
    refusal: Signal | None
    """The record, or the tester's mark; ``None`` for a click."""
    refused_at: float
    """When the refusal was last seen (Unix time in seconds)."""
    found: Signal
    """What was found instead: the open banner, or a request without the cookie."""
    others_kept: bool
    """Whether other cookies of the same host stayed, so that nobody emptied the browser."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalRecordAct(Act):
    """A consent manager's record granted something after a refusal was pressed."""

    origin: str
    origin_name: str
    pressed: str
    """What shows the refusal, in words: ``the click on 'Reject all'``, ``the tester's mark 'rejected'``."""
    pressed_at: float
    clicked: bool
    """Whether the press itself was seen, and not only told."""
    granted: tuple[Category, ...]
    dated: bool
    """Whether the record was stored, by its own date or as it was seen, just after the press."""
    record: Signal
