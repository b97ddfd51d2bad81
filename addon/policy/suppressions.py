"""Findings that somebody reviewed and accepted."""

from __future__ import annotations

from datetime import UTC, date, datetime

from .section import NonEmpty, Section


class Suppression(Section):
    """``[[suppress]]``: findings that somebody reviewed and accepted, for a time."""

    rule: NonEmpty
    """Slug of the rule."""
    reason: NonEmpty
    """Why it is accepted."""
    owner: NonEmpty
    """Who accepted it."""
    expires: date
    """The last day on which it covers anything."""
    vendor: NonEmpty | None = None
    """Only violations of this vendor (catalogue id)."""
    destination: NonEmpty | None = None
    """Only violations that concern this destination."""
    site: NonEmpty | None = None
    """Only violations on this site or in this app."""
    event: NonEmpty | None = None
    """Only this message (for example ``track 'Order Completed'``) or this cookie."""

    def covers(
        self, *, rule: str, vendor: str | None, destination: str | None, site: str | None, event: str | None, at: float
    ) -> bool:
        """Whether it covers a violation at a moment (Unix time in seconds)."""
        narrowed = (
            (self.vendor, vendor),
            (self.destination, destination),
            (self.site, site),
            (self.event, event),
        )
        day = datetime.fromtimestamp(at, UTC).date()
        return self.rule == rule and day <= self.expires and all(want in (None, found) for want, found in narrowed)
