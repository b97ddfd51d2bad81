"""What every act has: when and where it was."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """When and where something happened."""

    at: float
    exchange: str
    """Id of the exchange that shows it."""
    page_host: str | None = None
    """The host of the page that acted."""
    site: str | None = None
    """The visited site, or the app."""
    presumed: bool = False
    """Whether nothing shows which of the browser's windows, each with consent of its own, it came from."""
    failure: str | None = None
    """Why the request had no response, if it had none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Something that the site or app did."""

    place: Place

    @property
    def at(self) -> float:
        return self.place.at

    @property
    def event_id(self) -> str | None:
        """The message that it is about, if it is about one."""
        return None

    @property
    def signal_id(self) -> str | None:
        """The signal that it rests on, where the judgements have none of their own."""
        return None
