"""One file of ``cmps/``: a consent manager."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import field_validator, model_validator

from .cookies import ConsentCookie
from .endpoints import Endpoint, RecordingCall
from .facts import Category, Fact, Identifier, NonEmpty, Sources
from .script_interfaces import ScriptApi


class ConsentManager(Fact):
    """One consent management platform, as it shows on the wire."""

    id: Identifier
    name: NonEmpty
    website: NonEmpty
    role: Literal["manager", "standard", "opt-out", "claim"] = "manager"
    """``standard``: a string that many managers write beside their own record, which is believed first. ``opt-out``: it says
    what may not be sold or shared where no consent is required, and never that somebody consented. ``claim``: the site's report
    of the choice to others, believed only if there is no other signal."""
    absence: Literal["unanswered", "unknown"]
    """What a first-party request without its cookie means while this manager is in use: the banner is unanswered, or nothing
    (because the manager writes its cookie before any answer, or keeps its answer elsewhere)."""
    storage: Literal["cookie", "cookie-or-local-storage", "local-storage"]
    """Where the answer is kept. What is in local storage never crosses the wire."""
    categories: dict[NonEmpty, Category] = {}
    """The manager's own category ids or names, in lower case, and what they mean here by default."""
    site_defined: bool = False
    """Whether sites name the categories themselves, so that an unlisted key is normal and has to be mapped by the policy."""
    banner_selectors: list[NonEmpty] = []
    """CSS selectors of its banner, for the in-page probe."""
    javascript_api: NonEmpty | None = None
    """The global object or function through which scripts read its state."""
    apis: list[ScriptApi] = []
    """How the in-page probe reads it."""
    notes: str | None = None
    sources: Sources
    cookies: list[ConsentCookie] = []
    recording: list[RecordingCall] = []
    endpoints: list[Endpoint] = []

    @field_validator("categories")
    @classmethod
    def _lower_case(cls, categories: dict[str, Category]) -> dict[str, Category]:
        wrong = [key for key in categories if key != key.lower()]
        if wrong:
            raise ValueError(f"category keys are looked up in lower case; write {wrong[0].lower()!r} for {wrong[0]!r}")
        return categories

    @model_validator(mode="after")
    def _apis_have_a_name(self) -> Self:
        if self.javascript_api is None and any(api.name is None for api in self.apis):
            raise ValueError("'apis' need a 'name', or 'javascript_api'")
        return self
