"""What a record says of single vendors, apart from what it says of categories."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from vendor_catalog import Category


class VendorConsent(Protocol):
    """What is said of one vendor."""

    def of(self, vendor: int, category: Category) -> Restricted | None:
        """Its consent to a category; ``None`` if nothing is restricted of it.

        Args:
            vendor: its id in the IAB's list.
        """
        ...


@dataclass(frozen=True, slots=True)
class Restricted:
    """Consent to a vendor whose purposes are restricted."""

    value: bool | None
    """``None`` if the string leaves it open."""
