"""The whole policy file, and the questions that the rest of consentwire puts to it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pydantic import Field, PrivateAttr

from addon.judge.verdict import Regime
from vendor_catalog import Catalogue, Category

from .allowances import CookieLimits, PersonalDataAllowed
from .catalogue import CatalogueFolders
from .consent_managers import DeclaredManager
from .destinations import Destination, VendorOverride
from .general import General, Scope
from .privacy_manifests import DeclaredTracking, ManifestError, declared_tracking
from .section import NonEmpty, Section
from .sites import Site
from .storage import Storage
from .suppressions import Suppression


class Policy(Section):
    """A whole policy file."""

    policy: General = General()
    """What holds everywhere unless a site says otherwise."""
    categories: dict[NonEmpty, Category] = {}
    """Category ids or names of your workspace and consent manager (upper or lower case), and what they mean here."""
    sites: dict[NonEmpty, Site] = {}
    """One site, by registrable domain, or one app, by bundle id."""
    destinations: dict[NonEmpty, Destination] = {}
    """One destination, by its name in the CDP's settings: what the wire cannot show of it."""
    vendors: dict[NonEmpty, VendorOverride] = {}
    """One vendor of the catalogue, by id, whose category is different for you."""
    consent_managers: dict[NonEmpty, DeclaredManager] = {}
    """A consent manager that the catalogue does not know, or that a site built itself, under an id of your choice."""
    catalogue: CatalogueFolders = CatalogueFolders()
    """Folders with vendors and consent managers that the shipped catalogue lacks."""
    personal_data: PersonalDataAllowed = PersonalDataAllowed()
    """Personal data that you decided may be sent: the rule personal-data-in-payload does not report it."""
    cookies: CookieLimits = CookieLimits()
    """How long cookies may live: the rule cookie-outlives-limit compares this with the cookies that responses set."""
    scope: Scope = Scope()
    """Which sites and apps are recorded."""
    suppress: list[Suppression] = Field(default_factory=list)
    """Findings that somebody reviewed and accepted for a time. They are kept and shown as suppressed, and never counted."""
    _tracking: dict[str, DeclaredTracking] = PrivateAttr(default_factory=dict)
    storage: Storage = Storage()
    """How much of the traffic is stored. Authorization headers and cookie values never are."""

    def site(self, name: str | None) -> Site:
        """What the policy says of a site or app; upper and lower case are the same, as in DNS."""
        wanted = (name or "").lower()
        return next((site for key, site in self.sites.items() if key.lower() == wanted), _NO_SITE)

    def with_manifests(self, folder: Path) -> Policy:
        """The policy with what the privacy manifests declare that it names; their paths are relative to a folder.

        Raises:
            ManifestError: naming the app's table and the file, if one cannot be used.
        """
        found: dict[str, DeclaredTracking] = {}
        for name, site in self.sites.items():
            if site.privacy_manifests:
                try:
                    found[name.lower()] = declared_tracking(folder / each for each in site.privacy_manifests)
                except ManifestError as error:
                    raise ManifestError(f'sites."{name}".privacy_manifests: {error}') from error
        self._tracking.update(found)
        return self

    def declared_tracking(self, app: str) -> DeclaredTracking | None:
        """What an app's privacy manifests declare; ``None`` if the policy names none."""
        return self._tracking.get(app.lower()) if self._tracking else None

    def regime_of(self, site: str | None) -> Regime:
        """The regime that holds on a site or in an app."""
        return self.site(site).regime or self.policy.regime

    def in_scope(self, site: str | None) -> bool:
        """Whether a site or app is to be recorded. Traffic of no known site or app is recorded only if there is no scope."""
        return self.scope.covers(site)

    def extended(self, catalogue: Catalogue) -> Catalogue:
        """The catalogue with the policy's own consent managers."""
        if not self.consent_managers:
            return catalogue
        own = {identifier: declared.entry(identifier) for identifier, declared in self.consent_managers.items()}
        return replace(catalogue, consent_managers={**catalogue.consent_managers, **own})

    def is_own(self, host: str, site: str | None) -> bool:
        """Whether a host is a site's own, by ``own_domains`` or because it takes the site's messages."""
        return self.site(site).is_own(host)

    def category_overrides(self) -> dict[str, Category]:
        """``[categories]`` with keys in lower case, as lookups have them."""
        return {key.lower(): category for key, category in self.categories.items()}

    def suppression_of(
        self, *, rule: str, vendor: str | None, destination: str | None, site: str | None, event: str | None, at: float
    ) -> Suppression | None:
        """The suppression that covers a violation at a moment (Unix time in seconds), if one does."""
        return next(
            (
                entry
                for entry in self.suppress
                if entry.covers(rule=rule, vendor=vendor, destination=destination, site=site, event=event, at=at)
            ),
            None,
        )


_NO_SITE = Site()
