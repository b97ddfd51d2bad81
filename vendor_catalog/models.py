"""What a catalogue file may say. One TOML file is one vendor or one consent manager.

The models are the format's definition: unknown keys are refused, every fact carries its source, and every
endpoint carries addresses that it must match and addresses that it must not. ``docs/catalogue.md`` explains
the format to people who add a file.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator


class Category(StrEnum):
    """The four consent categories that every consent manager's own categories map onto."""

    NECESSARY = "necessary"
    FUNCTIONAL = "functional"
    ANALYTICS = "analytics"
    MARKETING = "marketing"


class CallKind(StrEnum):
    """What a request to a vendor is for."""

    COLLECT = "collect"
    LIBRARY = "library"
    CONFIG = "config"
    CONSENT = "consent"


Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
NonEmpty = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Sources = Annotated[list[NonEmpty], Field(min_length=1)]
Region = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]


_HOST = re.compile(r"(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)+")


class _Fact(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


def _compilable(pattern: str) -> str:
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"not a regular expression: {error}") from error
    return pattern


class Endpoint(_Fact):
    """Addresses of one vendor that serve one purpose."""

    kind: CallKind
    host: NonEmpty
    """An exact host, or ``*.example.com`` for every host below example.com (not example.com itself), or ``*`` for any
    host, which then needs ``segment``."""
    path: str = "^/"
    """Regular expression, searched in the path without its query."""
    query: str | None = None
    """Regular expression, searched in the raw query; absent means any query, or none."""
    segment: Annotated[NonEmpty, StringConstraints(pattern=r"^[^/]+$")] | None = None
    """For host ``*``: a literal part of the path between slashes, by which the address is looked up."""
    methods: Annotated[list[Literal["GET", "POST", "PUT", "HEAD"]], Field(min_length=1)] | None = None
    """Request methods; absent means any but OPTIONS, which never reaches a vendor's data."""
    regions: list[Region] = []
    """Where the hosts are known to process what they are sent: ``eu``, or a country by its two letters (``us``, ``au``). Absent
    means that it is not known, not that it is nowhere."""
    note: str | None = None
    sources: Sources
    matches: Annotated[list[NonEmpty], Field(min_length=1)]
    """Addresses that must match, as ``https://host/path?query`` or ``METHOD https://...``."""
    rejects: Annotated[list[NonEmpty], Field(min_length=1)]
    """Addresses that must not match this endpoint."""

    @field_validator("path")
    @classmethod
    def _path_compiles(cls, pattern: str) -> str:
        return _compilable(pattern)

    @field_validator("query")
    @classmethod
    def _query_compiles(cls, pattern: str | None) -> str | None:
        return pattern if pattern is None else _compilable(pattern)

    @field_validator("host")
    @classmethod
    def _host_is_plain(cls, host: str) -> str:
        if host != "*" and not _HOST.fullmatch(host):
            raise ValueError("expected 'host.example', '*.host.example' or '*', in lower case")
        return host

    @model_validator(mode="after")
    def _any_host_needs_a_segment(self) -> Self:
        if (self.host == "*") != (self.segment is not None):
            raise ValueError(
                "host '*' and 'segment' go together: a literal path segment is how any-host facts are found"
            )
        return self

    @cached_property
    def _path_pattern(self) -> re.Pattern[str]:
        return re.compile(self.path)

    @cached_property
    def _query_pattern(self) -> re.Pattern[str] | None:
        return None if self.query is None else re.compile(self.query)

    def accepts(self, method: str, path: str, query: str) -> bool:
        """Whether a request to one of this endpoint's hosts belongs to it. Host and segment are the index's work."""
        if method == "OPTIONS" or (self.methods is not None and method not in self.methods):
            return False
        if self._path_pattern.search(path) is None:
            return False
        return self._query_pattern is None or self._query_pattern.search(query) is not None


class VendorCookie(_Fact):
    """A cookie that a vendor's code writes."""

    name: NonEmpty | None = None
    """The exact name."""
    prefix: NonEmpty | None = None
    """Instead of ``name``: how the name starts (``_ga_`` for ``_ga_X1Y2``)."""
    party: Literal["first", "third"]
    """``first``: written on the visited site. ``third``: on the vendor's own domain."""
    domain: str | None = None
    """For ``third``: the registrable domain it lives on."""
    category: Category | None = None
    """The cookie's own category, if it differs from the vendor's."""
    within: Identifier | None = None
    """The other vendor whose ``prefix`` this name starts with as well: the longer name wins, and this says that it is meant."""
    purpose: NonEmpty
    lifetime: str | None = None
    """As documented, in words: "13 months", "session"."""
    sources: Sources

    @model_validator(mode="after")
    def _one_name(self) -> Self:
        if (self.name is None) == (self.prefix is None):
            raise ValueError("expected exactly one of 'name' and 'prefix'")
        if (self.party == "third") != (self.domain is not None):
            raise ValueError("'domain' goes with party 'third', and only with it")
        return self


class Vendor(_Fact):
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


class DeclaredFormat(_Fact):
    """A grammar that needs no code: it says where a value names the categories, and which words mean yes and no."""

    shape: Literal["json", "pairs", "list", "word"]
    """``json``: an object of categories, or a list of the granted ones. ``pairs``: ``analytics:yes,ads:no``. ``list``: the
    granted categories, ``analytics,ads``. ``word``: one word for the whole answer."""
    base64: bool = False
    """Whether the value is in base64. Percent-encoding is taken off in any case."""
    categories_at: NonEmpty | None = None
    """``json``: where the categories stand, as keys with dots (``consent.purposes``); absent means the whole value."""
    separator: NonEmpty = ","
    """``pairs`` and ``list``: what stands between two."""
    assigns: NonEmpty = ":"
    """``pairs``: what stands between a category and its value."""
    granted: list[NonEmpty] = ["true", "1", "yes", "on", "granted", "allow", "allowed", "accepted"]
    """``json`` and ``pairs``: values that grant, in lower case."""
    denied: list[str] = ["false", "0", "no", "off", "denied", "deny", "rejected", "declined", "null", ""]
    """``json`` and ``pairs``: values that refuse, in lower case."""
    words: dict[NonEmpty, list[NonEmpty]] = {}
    """``word``: each value, in lower case, with the categories that it grants: ``{ all = ["ads"], none = [] }``."""
    answered_key: NonEmpty | None = None
    """``json`` (with dots) and ``pairs``: what says that somebody answered; absent means that the cookie itself does."""
    answered_values: list[str] | None = None
    """Values under ``answered_key`` that say so, in lower case; absent means any but empty, ``false``, ``0``, ``no`` and
    ``null``."""
    dated_key: NonEmpty | None = None
    """``json`` (with dots) and ``pairs``: when the choice was made, as ISO 8601 with a zone, or in seconds or milliseconds
    since 1970."""

    @model_validator(mode="after")
    def _words_go_with_their_shape(self) -> Self:
        if (self.shape == "word") != bool(self.words):
            raise ValueError("shape 'word' and 'words' go together")
        if self.categories_at is not None and self.shape != "json":
            raise ValueError("'categories_at' goes with shape 'json'")
        if self.shape in ("list", "word") and (self.answered_key or self.dated_key):
            raise ValueError("'answered_key' and 'dated_key' go with the shapes 'json' and 'pairs'")
        return self


class ConsentCookie(_Fact):
    """Where a consent manager keeps the answer."""

    name: NonEmpty | None = None
    prefix: NonEmpty | None = None
    format: NonEmpty | None = None
    """The module in ``addon/consent/formats`` that reads it."""
    declared: DeclaredFormat | None = None
    """Instead of ``format``: its grammar, if it needs no code."""
    companions: list[NonEmpty] = []
    """Other cookies that the format reads beside it."""
    sources: Sources

    @model_validator(mode="after")
    def _one_name(self) -> Self:
        if (self.name is None) == (self.prefix is None):
            raise ValueError("expected exactly one of 'name' and 'prefix'")
        if (self.format is None) == (self.declared is None):
            raise ValueError("expected exactly one of 'format' and 'declared'")
        return self


class RecordingCall(_Fact):
    """A request by which a consent manager records a choice at the moment it is made."""

    host: NonEmpty
    """An exact host, or ``*.example.com`` for every host below example.com, or ``*`` for the visited site's own, which then needs
    ``segment``."""
    segment: Annotated[NonEmpty, StringConstraints(pattern=r"^[^/]+$")] | None = None
    """For host ``*``: the last part of the path, by which the address is looked up."""
    path: str
    format: NonEmpty
    sources: Sources
    matches: Annotated[list[NonEmpty], Field(min_length=1)]
    rejects: Annotated[list[NonEmpty], Field(min_length=1)]

    @field_validator("path")
    @classmethod
    def _path_compiles(cls, pattern: str) -> str:
        return _compilable(pattern)

    @model_validator(mode="after")
    def _any_host_needs_a_segment(self) -> Self:
        if (self.host == "*") != (self.segment is not None):
            raise ValueError("host '*' and 'segment' go together: the path's last part is how any-host facts are found")
        return self

    @cached_property
    def _path_pattern(self) -> re.Pattern[str]:
        return re.compile(self.path)

    def accepts(self, path: str) -> bool:
        return self._path_pattern.search(path) is not None


_STEP = re.compile(r"[A-Za-z_$][\w$]*|\*\w*|[A-Za-z_]\w*\([a-z]*\)")
_GETTER = re.compile(r"([gG]et|[iI]s|[hH]as|[aA]re|[sS]hould|[vV]alid|[cC]urrent)[A-Z]\w*\(")


def _readable(path: str) -> str:
    """A path into a page's script objects. It may call getters (``getX``, ``isX``, ``currentX``), and nothing else."""
    for step in path.split("."):
        if _STEP.fullmatch(step) is None:
            raise ValueError(f"{step!r}: expected a name, a getter's call such as 'isOpen()', or '*' for every one")
        if step.endswith(")") and _GETTER.match(step) is None:
            raise ValueError(
                f"{step!r}: only what begins with get, is, has, are, should, valid or current may be called"
            )
    return path


_Path = Annotated[NonEmpty, AfterValidator(_readable)]
_Paths = dict[Annotated[NonEmpty, StringConstraints(pattern=r"^[a-z_]+$", max_length=40)], _Path]


class ApiListener(_Fact):
    """A function of a script interface that takes a listener."""

    path: Annotated[NonEmpty, StringConstraints(pattern=r"^[\w.()]*(__tcfapi|__gpp|on\w*|watch|addEventListener)$")]
    """From ``window``; its last step is the function: ``Didomi.on``."""
    arguments: Annotated[list[str | int], Field(max_length=4)] = []
    """The arguments before the listener."""
    watcher: str | None = None
    """The method of the listener that it calls, if the listener is an object and not a function."""
    keeps: Annotated[str, StringConstraints(pattern=r"^[a-z]+$")] | None = None
    """The name under which the listener's first argument is kept, for a path's call: ``getManager(config)``."""

    @field_validator("path")
    @classmethod
    def _leads_through_getters(cls, path: str) -> str:
        _readable(path.rpartition(".")[0] or "window")
        return path


class ScriptApi(_Fact):
    """How the in-page probe reads a consent manager's script interface. Paths start at ``window``; ``*`` stands for every entry
    of an object or array (``*id``: named by its ``id``). Nothing that changes a state can be called."""

    name: NonEmpty | None = None
    """Its global, if it is not ``javascript_api``."""
    format: NonEmpty
    """The module in ``addon/consent/formats`` whose ``api`` reads the state."""
    window_paths: _Paths = {}
    """Name in the state -> the path, from ``window``, whose value is read for it."""
    event_paths: _Paths = {}
    """Name in the state -> the path in a listener's first argument, or in an event's ``detail``, whose value is read for it."""
    listeners: list[ApiListener] = []
    """The functions with which the probe registers listeners."""
    events: list[NonEmpty] = []
    """Events on ``window`` or ``document`` after which it is read again."""
    sources: Sources


class ConsentManager(_Fact):
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
