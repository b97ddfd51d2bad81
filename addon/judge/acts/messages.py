"""CDP messages that were sent, with the consent that they carry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from addon.consent.signal import all_of
from addon.consent.timeline import Need
from addon.decode.facts import AdvertisingId, Stamp, Stamping, Surface
from addon.judge.identity_evidence import Choice, SentUnderGrant, SessionRef
from vendor_catalog import Category

from .act import Act


@dataclass(frozen=True, slots=True, kw_only=True)
class EventAct(Act):
    """A CDP message was sent."""

    event: str
    """Id."""
    cdp: str
    """The catalogue's id of the CDP."""
    cdp_name: str
    """Its name, for people."""
    stamping: Stamping | None
    """How its messages carry consent; ``None`` if they cannot."""
    type: str
    name: str | None
    surface: Surface
    stamp: Stamp
    stamp_needs: Mapping[str, Need]
    """What each category key of the stamp stands for, where that is known."""
    integrations: Mapping[str, bool]
    reports_choice: bool
    need: Need
    made_at: float | None
    """When the message was made, by the capture's clock (Unix time in seconds); ``None`` if that is unknown."""
    advertising_id: AdvertisingId | None
    anonymous: bool = False
    """Whether it was sent in the CDP's own anonymous mode, and names no person."""
    enforced: bool | None
    """Whether the workspace is known to enforce consent; ``None`` if its settings were not seen."""
    user_id: str | None = None
    anonymous_id: str | None = None
    device_id: str | None = None
    previous_id: str | None = None
    """The ids by which its person may be known again, as sent."""
    write_key: str | None = None
    made_by: str | None = None
    """What made it, if not the site's or app's own code: ``signal`` for auto-instrumentation."""

    @property
    def event_id(self) -> str:
        return self.event

    @property
    def title(self) -> str:
        """``track 'Order Completed'``"""
        return f"{self.type} {self.name!r}" if self.name else self.type

    def stamp_grants(self, categories: Iterable[Category]) -> bool:
        """Whether its stamp mentions at least one of these categories, and grants every one that it mentions."""
        wanted = set(categories)
        said = [
            value
            for key, value in self.stamp.preferences.items()
            if key in self.stamp_needs and wanted.intersection(self.stamp_needs[key].categories)
        ]
        return all_of(said) is True

    @property
    def label(self) -> str:
        """``message track 'Order Completed'``, ``page message``: how sentences name it."""
        return f"message {self.title}" if self.name else f"{self.type} message"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictAct(Act):
    """A message was sent for somebody who had refused that on another surface."""

    event: str
    sent: SentUnderGrant
    refusal: Choice
    refused_in: SessionRef
    acted_in: SessionRef
    link: str
    """What makes the two one person, in words: ``the same userId``."""
    certain_link: bool
    """False if two organisations may well know a person by this id, and nothing shows that both surfaces are of one."""

    @property
    def event_id(self) -> str:
        return self.event

    @property
    def signal_id(self) -> str | None:
        return self.refusal.signal
