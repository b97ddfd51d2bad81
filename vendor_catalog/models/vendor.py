"""One file of ``vendors/``: a vendor."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .cookies import VendorCookie, VendorStorageKey
from .endpoints import Endpoint
from .facts import Category, Fact, Identifier, NonEmpty, Sources


class Vendor(Fact):
    """One company's product, as it shows on the wire."""

    id: Identifier
    name: NonEmpty
    everyday_name: bool = False
    """Whether its name is an everyday word (Close, Button, Split): a key of that name in a consent manager's answer is then not
    taken for it."""
    category: Category
    category_reason: NonEmpty
    """Why this category: people contest it, and the policy file can override it."""
    website: NonEmpty
    segment_keys: list[NonEmpty] = []
    """Names in Segment's settings and ``integrations`` objects: the creation name first, then display names."""
    aliases: list[NonEmpty] = []
    """What people call it every day (``facebook``, ``ga``, ``gtm``), as services are named in the answers of consent managers."""
    modes: list[Literal["device", "cloud", "actions"]] = []
    """How Segment delivers to it: ``device`` (its own code in the page or app), ``cloud`` (Segment's servers), ``actions``
    (either, by the mappings of Destination Actions). Absent means that it is no destination, or that it is not known."""
    warehouse: bool = False
    """Whether it is a store (a warehouse, bucket, database or event stream) that others read: what arrives there needs the category
    of its most permissive declared use, which only the policy file can say. The entry's own category is the least it needs."""
    tcf_vendor_id: int | None = None
    """Its company's id in the IAB's Global Vendor List, by which TC strings name it."""
    tcf_vendor_name: NonEmpty | None = None
    """The company's name in that list, where several entries are products of one listed company: they must agree on it."""
    google_provider_id: Annotated[int, Field(gt=0)] | None = None
    """Its id in Google's list of ad technology providers, by which Additional Consent strings name who is not on IAB's list."""
    sources: Sources
    endpoints: list[Endpoint] = []
    cookies: list[VendorCookie] = []
    storage: list[VendorStorageKey] = []
