"""Cookies that were there, cookies that were set, and what stands in the browser's storage in their place."""

from __future__ import annotations

from dataclasses import dataclass

from addon.consent.timeline import Need
from vendor_catalog import Category

from .act import Act

STORAGE = "storage"
"""How something is seen that is no cookie: a script was seen to write it into the browser's storage (local, or of the tab)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CookieAct(Act):
    """A vendor's cookie was there, or what it keeps in the browser's storage in the place of one."""

    name: str
    host: str
    vendor: str
    vendor_name: str
    seen_by: str
    need: Need


@dataclass(frozen=True, slots=True, kw_only=True)
class LastingCookieAct(Act):
    """A response set a cookie that has a limit."""

    name: str
    host: str
    vendor: str | None
    vendor_name: str | None
    category: Category | None
    """``None`` if nobody knows what it is for."""
    lasts: float
    """Seconds for which it asks to be kept."""
    limit: int
    """Days that the policy allows."""

    @property
    def outlives(self) -> bool:
        """Whether it asks for more than the limit. One day more is tolerated: clocks differ, and sites round differently."""
        return self.lasts > (self.limit + 1) * 86_400
