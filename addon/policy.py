"""The policy file, ``consentwire.toml``: what the wire cannot know, written down by the people who do.

Everything is optional. A wrong key, category, vendor or rule is refused with its place in the file and what was
expected, because a policy that is silently half read would change verdicts.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from addon.allowances import CookieLimits, PersonalDataAllowed
from addon.consent.formats import cookie_formats
from addon.decode import decoders_by_cdp
from addon.judge.rules import all_rules
from addon.judge.verdict import Regime
from addon.knowledge import catalogue_with
from vendor_catalog import (
    CallKind,
    Catalogue,
    CatalogueError,
    Category,
    ConsentCookie,
    ConsentManager,
    DeclaredFormat,
    Endpoint,
)

DEFAULT_NAME = "consentwire.toml"
NonEmpty = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


class PolicyError(Exception):
    """A policy file that cannot be used. One line per problem: file, key, what was expected."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class General(_Section):
    """``[policy]``"""

    regime: Regime = Regime.OPT_IN
    """Which law's default holds where nobody has answered: ``opt-in`` (GDPR) or ``opt-out`` (US states)."""
    region: NonEmpty | None = None
    """Where visitors are: ``eu``, ``us``. For the record, but for ``eu``: then their data has to stay there, unless ``data_region``
    says otherwise."""
    data_region: Annotated[str, StringConstraints(pattern=r"^(?i:any|[a-z]{2})$", to_lower=True)] | None = None
    """Where data has to stay: ``eu`` (which is the European Economic Area here), a country by its two letters, or ``any`` for
    anywhere. Held against calls whose address is known to be served from elsewhere."""

    @property
    def keeps_data_in(self) -> str | None:
        """The region that data must not leave; ``None`` if it may."""
        if self.data_region is not None:
            return None if self.data_region == "any" else self.data_region
        return "eu" if (self.region or "").lower() == "eu" else None


class IngestionHost(_Section):
    """One of ``ingestion_hosts``, where the host alone would mean Segment."""

    host: NonEmpty
    """The host: ``events.shop.example``."""
    cdp: NonEmpty = "segment"
    """The CDP whose messages it takes, by its id in the catalogue: ``rudderstack``, ``jitsu``."""


def _host_alone(value: object) -> object:
    return {"host": value} if isinstance(value, str) else value


class Site(_Section):
    """``[sites."shop.example"]``: one site (registrable domain) or app (bundle id)."""

    consent_manager: NonEmpty | None = None
    """Catalogue id of its consent manager, where nothing on the wire names it."""
    ingestion_hosts: list[Annotated[IngestionHost, BeforeValidator(_host_alone)]] = []
    """First-party hosts that take a CDP's messages: ``"metrics.shop.example"`` for Segment's, for another CDP's
    ``{ host = "events.shop.example", cdp = "rudderstack" }``."""
    regime: Regime | None = None
    """Where another law applies than in general."""
    own_domains: list[NonEmpty] = []
    """Other domains that are the site's own (its API, its content), each with everything below: no third parties."""


class Destination(_Section):
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


class VendorOverride(_Section):
    """``[vendors.amplitude]``"""

    category: Category
    """What its calls and cookies need consent for."""


class DeclaredManager(_Section):
    """``[consent_managers.house-banner]``: a consent manager that the catalogue does not know."""

    name: NonEmpty
    """Its name, for people."""
    cookie: NonEmpty | None = None
    """Where it keeps the answer: the cookie's exact name. Without one it is only recognised by its hosts."""
    cookie_prefix: NonEmpty | None = None
    """Or what the cookie's name starts with."""
    format: NonEmpty | None = None
    """The grammar of another consent manager's cookie, if it writes the same: ``klaro``, ``onetrust``."""
    declared: DeclaredFormat | None = None
    """Or its own grammar."""
    categories: dict[NonEmpty, Category] = {}
    """Its categories, as they stand in the cookie, and what they mean."""
    absence: Literal["unanswered", "unknown"] = "unanswered"
    """What a page view without the cookie says: nobody has answered yet, or nothing."""
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


class Scope(_Section):
    """``[scope]``"""

    include: list[NonEmpty] = []
    """Sites and apps to record, with ``*``; everything else is neither judged nor stored. Empty means everything."""


class CatalogueFolders(_Section):
    """``[catalogue]``"""

    folders: list[NonEmpty] = []
    """Folders with ``vendors/`` and ``cmps/`` of your own, laid over the catalogue that ships; relative to the policy file."""


class Suppression(_Section):
    """``[[suppress]]``: findings that somebody reviewed and accepted, for a time."""

    rule: NonEmpty
    """Slug of the rule."""
    reason: NonEmpty
    """Why it is accepted."""
    owner: NonEmpty
    """Who accepted it."""
    expires: date
    """The last day on which it covers anything."""
    vendor: NonEmpty | None = None
    """Only violations of this vendor (catalogue id)."""
    destination: NonEmpty | None = None
    """Only violations that concern this destination."""
    site: NonEmpty | None = None
    """Only violations on this site or in this app."""
    event: NonEmpty | None = None
    """Only this message (``track 'Order Completed'``) or cookie."""


class Storage(_Section):
    """``[storage]``: how much of what crossed the wire is kept."""

    payloads: Literal["full", "shape", "none"] = "full"
    """Bodies, queries and event payloads: as sent, with values replaced by their types, or not at all."""
    identifiers: Literal["plain", "hashed"] = "plain"
    """anonymousId and userId: as sent, or as keyed hashes that still join within one database."""


class Policy(_Section):
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
    """One vendor of the catalogue, by id: where its category is another one for you."""
    consent_managers: dict[NonEmpty, DeclaredManager] = {}
    """A consent manager that the catalogue does not know, or that a site wrote itself, under an id of your choice."""
    catalogue: CatalogueFolders = CatalogueFolders()
    """What you know beyond the catalogue that ships."""
    personal_data: PersonalDataAllowed = PersonalDataAllowed()
    """What personal data may travel, because it was decided so: the rule personal-data-in-payload leaves it out."""
    cookies: CookieLimits = CookieLimits()
    """How long cookies may live: what the rule cookie-outlives-limit holds against those that responses set."""
    scope: Scope = Scope()
    """What is recorded at all."""
    suppress: list[Suppression] = Field(default_factory=list)
    """Findings that somebody reviewed and accepted, for a time; kept, shown as suppressed, never counted."""
    storage: Storage = Storage()
    """How much of what crossed the wire is kept. Authorization headers and cookie values never are."""

    def site(self, name: str | None) -> Site:
        """What the policy says of a site or app; upper and lower case are the same, as in DNS."""
        wanted = (name or "").lower()
        return next((site for key, site in self.sites.items() if key.lower() == wanted), _NO_SITE)

    def regime_of(self, site: str | None) -> Regime:
        """The regime that holds on a site or in an app."""
        return self.site(site).regime or self.policy.regime

    def in_scope(self, site: str | None) -> bool:
        """Whether a site or app is to be recorded. What belongs to none is recorded only without a scope."""
        include = self.scope.include
        if not include:
            return True
        return site is not None and any(_scoped(site, pattern) for pattern in include)

    def extended(self, catalogue: Catalogue) -> Catalogue:
        """The catalogue with the policy's own consent managers."""
        if not self.consent_managers:
            return catalogue
        own = {identifier: declared.entry(identifier) for identifier, declared in self.consent_managers.items()}
        return replace(catalogue, consent_managers={**catalogue.consent_managers, **own})

    def is_own(self, host: str, site: str | None) -> bool:
        """Whether a host is a site's own, by ``own_domains`` or because it takes the site's messages."""
        entry = self.site(site)
        named = (*entry.own_domains, *(each.host for each in entry.ingestion_hosts))
        own = (each.lower().removeprefix("*.") for each in named)
        return any(host == each or host.endswith(f".{each}") for each in own)

    def category_overrides(self) -> dict[str, Category]:
        """``[categories]`` with keys in lower case, as lookups have them."""
        return {key.lower(): category for key, category in self.categories.items()}

    def suppression_of(
        self, *, rule: str, vendor: str | None, destination: str | None, site: str | None, event: str | None, at: float
    ) -> Suppression | None:
        """The suppression that covers a violation at a moment (Unix time in seconds), if one does."""
        day = datetime.fromtimestamp(at, UTC).date()
        for entry in self.suppress:
            wanted = (
                (entry.vendor, vendor),
                (entry.destination, destination),
                (entry.site, site),
                (entry.event, event),
            )
            if entry.rule == rule and day <= entry.expires and all(want in (None, found) for want, found in wanted):
                return entry
        return None


_NO_SITE = Site()
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def _scoped(site: str, pattern: str) -> bool:
    site, pattern = site.lower(), pattern.lower()
    return fnmatchcase(site, pattern) or (pattern.startswith("*.") and site == pattern[2:])


def read_policy(path: Path, catalogue: Catalogue) -> Policy:
    """A policy file.

    Raises:
        PolicyError: with every problem found.
    """
    return read_policy_and_catalogue(path, catalogue)[0]


def read_policy_and_catalogue(path: Path, catalogue: Catalogue) -> tuple[Policy, Catalogue]:
    """A policy file, and the catalogue with the folders that it names.

    Raises:
        PolicyError: with every problem found.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")  # some editors write a byte order mark, which TOML does not know
    except OSError as error:
        raise PolicyError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise PolicyError(f"{path}: not UTF-8 text (byte {error.start})") from error
    return _parse(text, catalogue, str(path), path.parent)


def parse_policy(text: str, catalogue: Catalogue, name: str = DEFAULT_NAME) -> Policy:
    """A policy from its text; ``name`` is what errors call it.

    Raises:
        PolicyError: with every problem found.
    """
    return _parse(text, catalogue, name, Path())[0]


def _parse(text: str, catalogue: Catalogue, name: str, folder: Path) -> tuple[Policy, Catalogue]:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PolicyError(f"{name}: not TOML: {error}") from error
    try:
        policy = Policy.model_validate(document)
    except ValidationError as error:
        raise PolicyError("\n".join(f"{name}: {_explain(problem)}" for problem in error.errors())) from error
    try:
        catalogue = catalogue_with([folder / each for each in policy.catalogue.folders], catalogue)
    except CatalogueError as error:
        raise PolicyError(f"{name}: catalogue.folders: {error}") from error
    wrong = list(_unknown_names(policy, catalogue))
    if wrong:
        raise PolicyError("\n".join(f"{name}: {problem}" for problem in wrong))
    return policy, catalogue


def _explain(problem: Mapping[str, Any]) -> str:
    place = _dotted(problem["loc"])
    match problem["type"]:
        case "extra_forbidden":
            allowed = _allowed_keys(problem["loc"])
            return f"{place}: unknown key{_suggest(str(problem['loc'][-1]), allowed)}; expected one of {', '.join(allowed)}"
        case "missing":
            return f"{place}: missing, and required"
        case "model_type" if "ingestion_hosts" in problem["loc"]:
            return f"{place}: expected a host in quotes, or a table with host and cdp, found {problem['input']!r}"
        case "value_error":
            return f"{place}: {problem['ctx']['error']}"
        case "enum" | "literal_error":
            return f"{place}: expected {problem['ctx']['expected']}, found {problem['input']!r}"
        case kind:
            expected = next((told for part, told in _EXPECTED.items() if part in kind), None)
            wanted = problem["msg"] if expected is None else f"expected {expected}"
            return f"{place}: {wanted}, found {problem['input']!r}"


_EXPECTED = {
    "model_type": "a table",
    "dict_type": "a table",
    "list_type": "a list",
    "string_type": "text in quotes",
    "string_too_short": "text that is not empty",
    "date": "a date such as 2027-06-30",
}
"""By part of pydantic's error type: what a policy file should have there, in TOML's words."""


def _dotted(location: Iterable[str | int]) -> str:
    parts: list[str] = []
    for part in location:
        if isinstance(part, int):
            parts[-1] += f"[{part}]"
        elif part != "[key]":
            parts.append(part if _BARE_KEY.fullmatch(part) else f'"{part}"')
    return ".".join(parts)


_TABLES: dict[str, type[BaseModel]] = {
    "policy": General,
    "sites": Site,
    "destinations": Destination,
    "vendors": VendorOverride,
    "consent_managers": DeclaredManager,
    "catalogue": CatalogueFolders,
    "personal_data": PersonalDataAllowed,
    "cookies": CookieLimits,
    "scope": Scope,
    "suppress": Suppression,
    "storage": Storage,
}


def _allowed_keys(location: tuple[str | int, ...]) -> list[str]:
    if len(location) == 1:
        return list(Policy.model_fields)
    if "ingestion_hosts" in location:
        return list(IngestionHost.model_fields)
    if location[0] == "consent_managers" and "declared" in location:
        return list(DeclaredFormat.model_fields)
    return list(_TABLES[str(location[0])].model_fields)


def _suggest(word: str, known: Iterable[str]) -> str:
    close = get_close_matches(word, list(known), n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""


def _unknown_names(policy: Policy, catalogue: Catalogue) -> Iterable[str]:
    named = [(_dotted(("vendors", vendor)), vendor) for vendor in policy.vendors]
    named += [
        (f"suppress[{index}].vendor", entry.vendor) for index, entry in enumerate(policy.suppress) if entry.vendor
    ]
    for place, vendor in named:
        if vendor not in catalogue.vendors:
            close = _suggest(vendor, catalogue.vendors)
            yield f"{place}: no vendor is called {vendor!r}{close}; see 'consentwire catalog list'"
    spelled: dict[str, str] = {}
    for key in policy.categories:
        other = spelled.setdefault(key.lower(), key)
        if other != key:
            yield f"{_dotted(('categories', key))}: stands there as {other!r} already; upper and lower case are the same"
    yield from _declared(policy, catalogue)
    cdps = decoders_by_cdp()
    for site, entry in policy.sites.items():
        for index, ingestion in enumerate(entry.ingestion_hosts):
            if ingestion.cdp not in cdps:
                place = f"{_dotted(('sites', site, 'ingestion_hosts'))}[{index}].cdp"
                yield f"{place}: no CDP is called {ingestion.cdp!r}{_suggest(ingestion.cdp, cdps)}; expected one of {', '.join(cdps)}"
    managers = catalogue.consent_managers.keys() | policy.consent_managers.keys()
    for site, entry in policy.sites.items():
        manager = entry.consent_manager
        if manager is not None and manager not in managers:
            known = sorted(managers)
            close = _suggest(manager, known)
            place = _dotted(("sites", site, "consent_manager"))
            yield f"{place}: no consent manager is called {manager!r}{close}; expected one of {', '.join(known)}"
    rules = all_rules()
    for index, suppression in enumerate(policy.suppress):
        if suppression.rule not in rules:
            close = _suggest(suppression.rule, rules)
            yield f"suppress[{index}].rule: no rule is called {suppression.rule!r}{close}; see 'consentwire rules'"


def _declared(policy: Policy, catalogue: Catalogue) -> Iterable[str]:
    """What is wrong with the policy's own consent managers."""
    for identifier, declared in policy.consent_managers.items():
        place = _dotted(("consent_managers", identifier))
        if identifier in catalogue.consent_managers or identifier in catalogue.vendors:
            yield f"{place}: the catalogue has an entry of this id; choose another"
        if declared.format is not None and declared.format not in cookie_formats():
            close = _suggest(declared.format, cookie_formats())
            yield f"{place}.format: no format is called {declared.format!r}{close}; expected one of {', '.join(cookie_formats())}"
            continue
        try:
            declared.entry(identifier)
        except ValidationError as error:
            first = error.errors()[0]
            yield f"{place}: {'.'.join(str(part) for part in first['loc'])}: {first['msg']}, found {first['input']!r}"
