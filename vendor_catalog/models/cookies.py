"""Cookies: those that a vendor writes, and those that keep a choice, with the grammars that need no code."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from .facts import Category, Fact, Identifier, NonEmpty, Sources


class VendorCookie(Fact):
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


class VendorStorageKey(Fact):
    """A key under which a vendor's code keeps an identifier, or what belongs to one, in the browser's storage of the visited site."""

    name: NonEmpty | None = None
    """The exact key."""
    prefix: NonEmpty | None = None
    """Instead of ``name``: how the key starts."""
    suffix: NonEmpty | None = None
    """Beside ``prefix``: how it ends as well, where the prefix alone may be anybody's."""
    category: Category | None = None
    """The key's own category, if it differs from the vendor's."""
    purpose: NonEmpty
    sources: Sources

    @model_validator(mode="after")
    def _one_name(self) -> Self:
        if (self.name is None) == (self.prefix is None):
            raise ValueError("expected exactly one of 'name' and 'prefix'")
        if self.suffix is not None and self.prefix is None:
            raise ValueError("'suffix' goes with 'prefix'")
        return self

    def fits(self, key: str) -> bool:
        """Whether a key that its name or prefix fits is meant."""
        return self.suffix is None or key.endswith(self.suffix)


class DeclaredFormat(Fact):
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
    granted_at: NonEmpty | None = None
    """``json``: where the granted categories are listed, as keys with dots; with ``refused_at``, instead of ``categories_at``."""
    refused_at: NonEmpty | None = None
    """``json``: where the refused categories are listed."""
    value_at: NonEmpty | None = None
    """``json``: where in each category's object its value stands, as keys with dots; absent means that no category is an object."""
    named_at: NonEmpty | None = None
    """``json``: where in each category's object the names are listed under which it counts; absent, or without any, means its key."""
    key_prefix: str = ""
    """``pairs``: what stands before the name of every category."""
    only_granted: bool = False
    """``json`` and ``pairs``: whether only what is granted is there, so that a category that is missing is refused."""
    site_keys: list[NonEmpty] = []
    """``json`` and ``pairs``: categories beside those of ``categories``, in lower case, of which the site alone says what they mean."""
    every_key: bool = False
    """``json`` and ``pairs``: whether every entry is a category, however the site calls it."""
    is_answer: bool = True
    """Whether a value without ``answered_key`` is an answer. Some are written by default too, so that they do not tell."""
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
        if (self.granted_at is None) != (self.refused_at is None):
            raise ValueError("'granted_at' and 'refused_at' go together")
        for key in ("granted_at", "value_at", "named_at"):
            if getattr(self, key) is not None and self.shape != "json":
                raise ValueError(f"{key!r} goes with shape 'json'")
        return self


class ConsentCookie(Fact):
    """Where a consent manager keeps the answer."""

    name: NonEmpty | None = None
    prefix: NonEmpty | None = None
    format: NonEmpty | None = None
    """The module in ``addon/consent/formats`` that reads it."""
    declared: DeclaredFormat | None = None
    """Instead of ``format``: its grammar, if it needs no code."""
    unreadable: NonEmpty | None = None
    """Instead of ``format``: why nobody can read it. That it is there is then known, and nothing of what it says."""
    companions: list[NonEmpty] = []
    """Other cookies that the format reads beside it."""
    sources: Sources

    @model_validator(mode="after")
    def _one_name(self) -> Self:
        if (self.name is None) == (self.prefix is None):
            raise ValueError("expected exactly one of 'name' and 'prefix'")
        if sum(each is not None for each in (self.format, self.declared, self.unreadable)) != 1:
            raise ValueError("expected exactly one of 'format', 'declared' and 'unreadable'")
        return self
