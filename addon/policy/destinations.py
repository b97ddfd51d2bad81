"""What the policy says of destinations and of vendors."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from vendor_catalog import Category

from .section import NonEmpty, Section


class Destination(Section):
    """``[destinations."Snowflake"]``: what the wire cannot show of a destination."""

    category: Category
    """What it needs consent for."""
    owner: NonEmpty | None = None
    """Who answers for it."""
    hidden: bool = False
    """Whether Segment sends messages there although no settings show it, as with warehouses, functions and audiences: then each
    message of its sources is judged there too, as a delivery on the basis ``declared``."""
    sources: list[NonEmpty] = []
    """Write keys of the sources that feed it, if it is hidden; all if there are none."""
    workspace_categories: list[NonEmpty] = []
    """The workspace's category ids that it is mapped to, if it is hidden: what the stamp refuses is then held back from it."""

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
    """What its calls and cookies need consent for."""
