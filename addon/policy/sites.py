"""The policy's tables for single sites and apps."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator

from addon.judge.verdict import Regime

from .section import NonEmpty, Section


class IngestionHost(Section):
    """One of ``ingestion_hosts``, where the host alone would mean Segment."""

    host: NonEmpty
    """The host: ``events.shop.example``."""
    cdp: NonEmpty = "segment"
    """The CDP whose messages it takes, by its id in the catalogue: ``rudderstack``, ``jitsu``."""


def _host_alone(value: object) -> object:
    return {"host": value} if isinstance(value, str) else value


class Site(Section):
    """``[sites."shop.example"]``: one site (registrable domain) or app (bundle id)."""

    consent_manager: NonEmpty | None = None
    """Catalogue id of its consent manager, if no request names it."""
    ingestion_hosts: list[Annotated[IngestionHost, BeforeValidator(_host_alone)]] = []
    """First-party hosts that take a CDP's messages: ``"metrics.shop.example"`` for Segment's, for another CDP's
    ``{ host = "events.shop.example", cdp = "rudderstack" }``."""
    privacy_manifests: list[NonEmpty] = []
    """Of an app for Apple's systems: its ``PrivacyInfo.xcprivacy`` and those of its SDKs, relative to the policy file. The rule
    undeclared-tracking-domain compares them with what the app calls."""
    regime: Regime | None = None
    """Its own regime, if another law applies there than in general."""
    own_domains: list[NonEmpty] = []
    """Other domains that belong to the site (its API, its content), each with its subdomains: they are not third parties."""

    def is_own(self, host: str) -> bool:
        """Whether a host is the site's own, by ``own_domains`` or because it takes the site's messages."""
        named = (*self.own_domains, *(each.host for each in self.ingestion_hosts))
        own = (each.lower().removeprefix("*.") for each in named)
        return any(host == each or host.endswith(f".{each}") for each in own)
