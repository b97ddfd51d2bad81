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
    """Whether several windows of the browser, each with cookies and consent of its own, may have sent it, and nothing shows which."""
    doubtful: str | None = None
    """The site of what may be a page of its own, with consent of its own, and is taken for a frame in this one."""
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
        """Id of the signal that the act itself rests on, for judgements that name no signal of their own."""
        return None
