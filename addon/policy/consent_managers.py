"""Consent managers that the policy declares."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from vendor_catalog import CallKind, Category, ConsentCookie, ConsentManager, DeclaredFormat, Endpoint

from .section import NonEmpty, Section


class DeclaredManager(Section):
    """``[consent_managers.house-banner]``: a consent manager that the catalogue does not know."""

    name: NonEmpty
    """Its name, for people."""
    cookie: NonEmpty | None = None
    """The exact name of the cookie that stores the answer. Without it, the consent manager is recognised by its hosts only."""
    cookie_prefix: NonEmpty | None = None
    """Instead of ``cookie``: how the cookie's name starts."""
    format: NonEmpty | None = None
    """The grammar of another consent manager's cookie, if it writes the same: ``klaro``, ``onetrust``."""
    declared: DeclaredFormat | None = None
    """Instead of ``format``: its own grammar."""
    categories: dict[NonEmpty, Category] = {}
    """Its categories, as they stand in the cookie, and what they mean."""
    absence: Literal["unanswered", "unknown"] = "unanswered"
    """What a page view without the cookie means: nobody has answered yet, or nothing."""
    storage: Literal["cookie", "cookie-or-local-storage", "local-storage"] = "cookie"
    """Where the answer is kept."""
    hosts: list[NonEmpty] = []
    """Hosts of its script, ``cmp.example.com`` or ``*.example.com``: a call says that it is in use."""
    banner_selectors: list[NonEmpty] = []
    """CSS selectors of its banner, for the in-page probe."""

    @model_validator(mode="after")
    def _one_grammar(self) -> Self:
        if self.cookie is not None and self.cookie_prefix is not None:
            raise ValueError("'cookie' and 'cookie_prefix' exclude each other")
        keeps = self.cookie is not None or self.cookie_prefix is not None
        if keeps != ((self.format is None) != (self.declared is None)):
            raise ValueError("a cookie goes with exactly one of 'format' and 'declared'")
        if self.declared is not None and not self.categories:
            raise ValueError("'declared' needs 'categories': only those are read")
        return self

    def entry(self, identifier: str) -> ConsentManager:
        """The same as a catalogue entry.

        Raises:
            ValidationError: if the catalogue's models refuse a part of it.
        """
        source = ["the policy file"]
        cookies = []
        if self.cookie is not None or self.cookie_prefix is not None:
            kept = {"name": self.cookie, "prefix": self.cookie_prefix, "format": self.format, "declared": self.declared}
            cookies = [ConsentCookie.model_validate(kept | {"sources": source})]
        endpoints = [
            Endpoint(kind=CallKind.CONSENT, host=host, sources=source, matches=["declared"], rejects=["declared"])
            for host in self.hosts
        ]
        return ConsentManager(
            id=identifier,
            name=self.name,
            website="declared by the policy file",
            absence=self.absence,
            storage=self.storage,
            categories={key.lower(): category for key, category in self.categories.items()},
            banner_selectors=self.banner_selectors,
            sources=source,
            cookies=cookies,
            endpoints=endpoints,
        )
