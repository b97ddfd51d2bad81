"""What pages of one site have stored, and what was called, while a tester teaches a banner: latest state, in memory, for this run alone."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from addon.addresses import site_of
from addon.manager_draft import Place, shortened
from addon.observations import ObservationError, explained
from vendor_catalog import CallKind, Catalogue

MAX_STATE_BYTES = 2 * 1024 * 1024
"""A larger state is refused: a page tells at most four hundred values of at most 4,001 letters, most of them short."""
STORED = "/api/stored"
"""The path under which the latest state is read."""
_MAX_HOSTS, _MAX_CALLS, _MAX_PATH = 50, 2000, 120

type Name = Annotated[str, Field(max_length=200)]
type Value = Annotated[str, Field(max_length=4001)]


class _State(BaseModel):
    model_config = ConfigDict(extra="forbid")

    cookies: Annotated[dict[Name, Value], Field(max_length=200)]
    storage: Annotated[dict[Name, Value], Field(max_length=200)]


class StoredReport(BaseModel):
    """What one page has stored."""

    model_config = ConfigDict(extra="forbid")

    key: Annotated[str, Field(max_length=100)]
    """The key that the proxy gave to this page."""
    state: _State


class StoredValue(BaseModel):
    """One value that is stored."""

    place: Place
    name: str
    value: str
    """Words and JSON; what may identify somebody is replaced by a keyed hash."""


class StoredState(BaseModel):
    """The latest state of a site."""

    site: str
    at: float
    """When it was last told (Unix time in seconds); 0 if no page of the site was open yet."""
    stored: list[StoredValue]
    sent: dict[str, str]
    """The cookies of the latest request to the site that carried any."""
    calls: list[str]
    """What was called from pages of the site, each once, in order: ``POST log.example/v1/consent``."""
    managers: list[str]
    """Ids of the consent managers of the catalogue that were called."""


def parse_stored(content: bytes) -> StoredReport:
    """A page's state from its bytes.

    Raises:
        ObservationError: naming the field.
    """
    if len(content) > MAX_STATE_BYTES:
        raise ObservationError(f"{len(content)} bytes; at most {MAX_STATE_BYTES} are read")
    try:
        return StoredReport.model_validate_json(content)
    except ValidationError as error:
        raise ObservationError("; ".join(explained(error.errors(include_url=False))[:5])) from None


@dataclass(slots=True)
class StoredStates:
    """The states of one site's pages, and the requests beside them."""

    site: str
    """Its registrable domain."""
    catalogue: Catalogue
    _key: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    """Of the hashes, for this run alone."""
    _pages: dict[str, dict[tuple[Place, str], str]] = field(default_factory=dict)
    """Host -> what its page told last."""
    _scripted: set[str] = field(default_factory=set)
    """Names of cookies that a page could read: of these it says itself whether they are there."""
    _sent: dict[str, dict[str, str]] = field(default_factory=dict)
    """Host -> the cookies of the latest request that carried any, or opened a page."""
    _calls: dict[str, None] = field(default_factory=dict)
    _managers: dict[str, None] = field(default_factory=dict)
    _at: float = 0.0

    def take_page(self, host: str, report: StoredReport) -> None:
        """Takes in what a page of a host has stored."""
        if site_of(host) != self.site or (host not in self._pages and len(self._pages) >= _MAX_HOSTS):
            return
        by_place = ((Place.COOKIE, report.state.cookies), (Place.STORAGE, report.state.storage))
        self._pages[host] = {
            (place, name): shortened(value, self._key) for place, values in by_place for name, value in values.items()
        }
        self._scripted.update(report.state.cookies)
        self._at = time.time()

    def take_request(
        self, method: str, host: str, path: str, page_host: str | None, cookies: Mapping[str, str], *, document: bool
    ) -> None:
        """Takes in a request that passes by.

        Args:
            page_host: the host that its Origin or Referer names.
            document: whether it opens a page.
        """
        own = site_of(host) == self.site
        if not own and (page_host is None or site_of(page_host) != self.site):
            return
        if own and (cookies or document) and (host in self._sent or len(self._sent) < _MAX_HOSTS):
            self._sent[host] = {name: shortened(value, self._key) for name, value in cookies.items()}
        if len(self._calls) < _MAX_CALLS:
            self._calls[f"{method} {host}{path.partition('?')[0][:_MAX_PATH]}"] = None
        match = self.catalogue.match(method, host, path.partition("?")[0], path.partition("?")[2])
        if match is not None and match.kind is CallKind.CONSENT and match.vendor in self.catalogue.consent_managers:
            self._managers[match.vendor] = None

    def latest(self) -> StoredState:
        """What is stored now: what pages told, and cookies that no script may read as requests carried them."""
        sent = {name: value for cookies in self._sent.values() for name, value in cookies.items()}
        unread = {name: value for name, value in sent.items() if name not in self._scripted}
        stored = {(Place.COOKIE, name): value for name, value in unread.items()} if self._at else {}
        for page in self._pages.values():
            stored |= page
        return StoredState(
            site=self.site,
            at=self._at,
            stored=[StoredValue(place=place, name=name, value=value) for (place, name), value in stored.items()],
            sent=sent,
            calls=list(self._calls),
            managers=list(self._managers),
        )
