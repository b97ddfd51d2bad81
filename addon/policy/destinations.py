"""The policy's tables for destinations and vendors."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from vendor_catalog import Category

from .section import NonEmpty, Section


class Destination(Section):
    """``[destinations."Snowflake"]``: facts about a destination that traffic cannot show."""

    category: Category
    """The category of consent that it needs."""
    owner: NonEmpty | None = None
    """The person or team responsible for it."""
    hidden: bool = False
    """Whether Segment sends messages there although no settings show it, as with warehouses, functions and audiences: then each
    message of its sources is judged there too, as a delivery on the basis ``declared``."""
    sources: list[NonEmpty] = []
    """Write keys of the sources that feed it, if it is hidden; all if there are none."""
    workspace_categories: list[NonEmpty] = []
    """The workspace category ids that it is mapped to, if it is hidden: Segment then withholds messages whose stamp refuses
    them."""

    @model_validator(mode="after")
    def _only_hidden(self) -> Self:
        if not self.hidden and (self.sources or self.workspace_categories):
            raise ValueError(
                "'sources' and 'workspace_categories' go with 'hidden = true': settings show them otherwise"
            )
        return self


class VendorOverride(Section):
    """``[vendors.amplitude]``"""

    category: Category
    """The category of consent that its calls and cookies need."""
