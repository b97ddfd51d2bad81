"""Requests to vendors, to third parties that nobody knows, and to a CDP's management interface."""

from __future__ import annotations

import re
from dataclasses import dataclass

from addon.consent.timeline import Need
from addon.decode.facts import Surface
from vendor_catalog import CallKind

from .act import Act

MAX_EVENT_NAME = 60
_NUMBERED = re.compile(r"[0-9]{4}|[0-9a-fA-F]{12}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CallAct(Act):
    """A vendor's address was called."""

    vendor: str
    vendor_name: str
    kind: CallKind
    host: str
    need: Need
    tells_opt_out: bool = False
    """Whether the call itself tells the vendor of an opt-out from sale and sharing."""
    events: tuple[str, ...] = ()
    """The events that it names, in the vendor's words, each once."""
    ping: str | None = None
    """The consent-mode parameters, as sent, of a call that Google's tags make while storage is denied and that carries nothing which
    identifies the person; ``None`` for every other call."""

    known_by: str | None = None
    """Why it is taken for the vendor's, in a sentence, if its address does not tell."""

    @property
    def event_name(self) -> str | None:
        """The name of its only event, if findings may be grouped by it. ``None`` for a name that contains an id or a number of its
        own: it would make every call a separate finding."""
        one = self.events[0] if len(self.events) == 1 else None
        return one if one is not None and len(one) <= MAX_EVENT_NAME and not _NUMBERED.search(one) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverAct(Act):
    """An unlisted third party received the identifier by which a known vendor recognises the person."""

    host: str
    """The third party's host name."""
    identifier: str
    """What it is, in words, never its value: ``Segment's anonymous id``."""
    where: str
    """Where in the request it was: ``its query``."""
    need: Need
    """The consent under which the vendor has it."""
    given_by_site: bool
    """Whether the site itself assigned this identifier, so that its own servers know it too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionAct(Act):
    """A vendor was sent something at an address that is known to be served from certain regions."""

    vendor: str
    vendor_name: str
    host: str
    regions: tuple[str, ...]
    wanted: str
    """The region in which data has to stay."""
    inside: bool
    """Whether one of the regions lies in it."""
    settings_host: str | None = None
    """An address in the wanted region that the source's own settings name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackingDomainAct(Act):
    """An app of which privacy manifests are known called an advertising vendor."""

    vendor: str
    vendor_name: str
    host: str
    app: str
    manifests: int
    """How many manifests are known of it: its own, and its SDKs'."""
    tracks: bool
    """Whether any of them says that data is used for tracking."""
    declared: bool
    """Whether one of them declares the host, or a domain above it, as used for tracking."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceTokenAct(Act):
    """A page or an app called a CDP's management interface with a token of the workspace."""

    cdp: str
    cdp_name: str
    host: str
    surface: Surface
