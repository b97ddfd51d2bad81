"""Lists of cookies: the Open Cookie Database, and what consent managers export."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from addon.addresses import site_of
from vendor_catalog import Catalogue, Category, Vendor

from .draft import SENSITIVITY, Draft, clean, slug
from .files import CATEGORY, HOST, LIFETIME, NAME, PROVIDER, PURPOSE, STORAGE, WEBSITE, WILDCARD, Contents, Kind

_CATEGORIES = {
    **dict.fromkeys(("necessary", "strictly necessary", "essential", "required", "security"), Category.NECESSARY),
    **dict.fromkeys(("functional", "functionality", "preferences", "preference"), Category.FUNCTIONAL),
    **dict.fromkeys(("analytics", "statistics", "performance", "statistic"), Category.ANALYTICS),
    **dict.fromkeys(("marketing", "advertising", "targeting", "advertisement"), Category.MARKETING),
}
_NO_COOKIE = re.compile(r"html|local|session ?storage|indexed|pixel|flash", re.IGNORECASE)
"""Kinds of storage that the browser never sends by itself, or that are no storage."""
_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)+")
_ASIDE = re.compile(r"\((3rd|third)[ -]party\)|<br ?/?>|\bor\b|\band\b|[,;|\s\u200b]+")
_NAME = re.compile(r"[!#$%&'+.^_`|~0-9A-Za-z:@/-]{1,100}")
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_GENERAL = frozenset(
    _WORDS.findall(
        """ab auth basket blur campaign cart client contact cookie cookies count country csrf currency current data date debug device
        email experiment first focus form guid hash history host id index info key landing lang language last loaded locale login
        name page prefs preferences query rails ref referer referrer region search sess session settings shop sid site source state
        status store string term test theme time timezone token total tracking uid user userid utm uuid value variant version vid
        view views visit visitor xsrf"""
    )
)
"""Words that any site may use as the name of its own cookie."""
_CHOICE = re.compile(r"consent|opt[-_]?(out|in)|privacy|gdpr|ccpa|tcdata|ignore", re.IGNORECASE)
"""Parts of the names of cookies that store a consent choice. Such a cookie is no violation, whatever category a list gives it."""
_MIN_PREFIX = 3
_MAX_WORD = 8


@dataclass(frozen=True, slots=True)
class CookieRow:
    """One row of a list."""

    name: str
    prefix: bool
    provider: str
    domain: str | None
    """The registrable domain that it is set on; ``None`` for the visited site's."""
    category: Category | None
    stated: str
    """The category in the list's own words."""
    purpose: str
    lifetime: str
    website: str

    @property
    def identity(self) -> tuple[str, bool, str | None]:
        return (self.name, self.prefix, self.domain)


def cookie_rows(contents: Contents) -> Iterator[CookieRow | str]:
    """Each row as cookies, one for each domain it names; or the reason why it is left out."""
    broad = contents.kind is Kind.COOKIE_DATABASE
    for row in contents.rows:
        name, prefix = _cookie_name(row)
        if _NO_COOKIE.search(row.get(STORAGE, "")):
            yield "no cookies, but other storage"
        elif _NAME.fullmatch(name) is None:
            yield "without a name, or with a placeholder in it"
        elif prefix and len(name.strip("_-.")) < _MIN_PREFIX:
            yield "with a beginning too general to identify a vendor"
        else:
            yield from _by_domain(row, name, prefix=prefix, broad=broad)


def _cookie_name(row: Mapping[str, str]) -> tuple[str, bool]:
    """The name, and whether it is only how names begin: Cookiebot writes ``#`` for what varies, others ``*``."""
    name = row.get(NAME, "")
    marked = name.endswith(("*", "#"))
    return name.rstrip("*#"), marked or row.get(WILDCARD) == "1"


def _by_domain(row: Mapping[str, str], name: str, *, prefix: bool, broad: bool) -> Iterator[CookieRow]:
    provider = clean(row.get(PROVIDER, ""))
    hosts = _hosts(row.get(HOST, "")) or _hosts(provider)
    stated = clean(row.get(CATEGORY, ""))
    if _hosts(provider):
        provider = ""
    for domain in dict.fromkeys(site_of(host) for host in hosts) if hosts else (None,):
        yield CookieRow(
            name=name,
            prefix=prefix,
            provider=provider,
            domain=domain,
            category=_category(stated, broad=broad),
            stated=stated,
            purpose=clean(row.get(PURPOSE, "")),
            lifetime=clean(row.get(LIFETIME, "")),
            website=clean(row.get(WEBSITE, "")),
        )


def _category(stated: str, *, broad: bool) -> Category | None:
    """Ours, for a list's. ``broad``: whether its "functional" takes in what is strictly necessary, as in the Open Cookie
    Database, where consent managers' own records are functional; then nobody can say which cookies need consent."""
    key = stated.lower().removesuffix(" cookies").removesuffix(" cookie")
    found = _CATEGORIES.get(key)
    return None if broad and found is Category.FUNCTIONAL else found


def _hosts(text: str) -> list[str]:
    """The hosts that a cell names; none if it holds anything else."""
    parts = [
        part.strip().removeprefix("https://").removeprefix("http://") for part in _ASIDE.split(text.lower()) if part
    ]
    hosts = [part.strip("./") for part in parts if part and part not in ("3rd", "third", "party")]
    return hosts if hosts and all(_HOST.fullmatch(host) for host in hosts) else []


def take_cookies(rows: Iterable[CookieRow | str], draft: Draft) -> None:
    """Takes in every row that says whose a cookie is and what it is for."""
    owners = _owners_by_domain(draft.known)
    names = _names_by_domain(draft.known)
    taken: dict[str, list[CookieRow]] = defaultdict(list)
    known: dict[str, Vendor] = {}
    claims: dict[tuple[str, bool, str | None], set[tuple[str, Category | None]]] = defaultdict(set)
    for row in rows:
        if isinstance(row, str):
            draft.leave_out(row)
            continue
        reason = _unusable(row, draft.known, names)
        if reason is not None:
            draft.leave_out(reason)
            continue
        vendor = _vendor(row, draft.known, owners)
        identifier = vendor.id if vendor is not None else slug(row.provider or row.domain or "")
        if not identifier:
            draft.leave_out("without a provider or a host")
        elif identifier in draft.known.consent_managers:
            draft.leave_out("a consent manager's that the catalogue knows")
        else:
            claims[row.identity].add((identifier, row.category))
            taken[identifier].append(row)
            if vendor is not None:
                known[identifier] = vendor
    for identifier, listed in taken.items():
        _file(identifier, known.get(identifier), _unclaimed(listed, claims, draft), draft)


def _unclaimed(
    rows: Iterable[CookieRow],
    claims: Mapping[tuple[str, bool, str | None], set[tuple[str, Category | None]]],
    draft: Draft,
) -> list[CookieRow]:
    """The rows about which the list says one thing only, each once."""
    found: dict[tuple[str, bool, str | None], CookieRow] = {}
    for row in rows:
        if len(claims[row.identity]) > 1:
            draft.leave_out("listed for several vendors or categories")
        elif row.identity in found:
            draft.leave_out("listed twice")
        else:
            found[row.identity] = row
    return list(found.values())


def _unusable(row: CookieRow, known: Catalogue, names: Mapping[str | None, list[str]]) -> str | None:
    if row.category is None:
        return f"category {row.stated or '(none)'!r}, which does not say whether consent is needed"
    if known.consent_cookies(row.name):
        return "a consent manager's that the catalogue knows"
    if known.cookie_owner(row.name, row.domain or "", first_party=True) is not None:
        return "known already"
    if row.prefix and any(name.startswith(row.name) for name in names.get(row.domain, ())):
        return "that begin like cookies the catalogue knows"
    if row.category is not Category.NECESSARY and _CHOICE.search(row.name):
        return "with the name of a stored consent choice, which needs no consent"
    if row.domain is None and _is_general(row.name):
        return "with a name that any site may use for its own cookie"
    return None


def _is_general(name: str) -> bool:
    """Whether any site may call a cookie of its own so: one short plain word, or nothing but such words."""
    words = [word.lower() for word in _WORDS.findall(name)]
    plain = name.isalpha() and name.islower() and len(name) <= _MAX_WORD
    return plain or len(name) <= _MIN_PREFIX or all(word in _GENERAL or len(word) < 2 for word in words)


def _vendor(row: CookieRow, known: Catalogue, owners: Mapping[str, set[str]]) -> Vendor | None:
    """The vendor that the catalogue knows for a row: by its name, else as the only one at its domain."""
    if row.provider:
        return known.vendor_by_alias(row.provider) or known.vendors.get(slug(row.provider))
    there = owners.get(row.domain or "", set())
    return known.vendors[next(iter(there))] if len(there) == 1 else known.vendors.get(slug(row.domain or ""))


def _owners_by_domain(known: Catalogue) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for vendor in known.vendors.values():
        for endpoint in vendor.endpoints:
            if endpoint.host != "*":
                found[site_of(endpoint.host.removeprefix("*."))].add(vendor.id)
        for cookie in vendor.cookies:
            if cookie.domain is not None:
                found[cookie.domain].add(vendor.id)
    return found


def _names_by_domain(known: Catalogue) -> dict[str | None, list[str]]:
    found: dict[str | None, list[str]] = defaultdict(list)
    for vendor in known.vendors.values():
        for cookie in vendor.cookies:
            found[cookie.domain].append(cookie.name or cookie.prefix or "")
    return found


def _file(identifier: str, vendor: Vendor | None, rows: list[CookieRow], draft: Draft) -> None:
    if not rows:
        return
    category = vendor.category if vendor is not None else _most_sensitive(rows)
    if vendor is not None:
        draft.add(vendor)
    else:
        first = rows[0]
        website = next((row.website for row in rows if row.website), "") or first.domain or "not stated in the list"
        draft.new(identifier, first.provider or first.domain or identifier, category, _reason(rows), website)
    for row in rows:
        cookie: dict[str, str] = {"prefix" if row.prefix else "name": row.name}
        cookie |= {"party": "first"} if row.domain is None else {"party": "third", "domain": row.domain}
        if row.category is not None and row.category is not category:
            cookie["category"] = row.category.value
        cookie["purpose"] = row.purpose or f"Listed as {row.stated}."
        if row.lifetime:
            cookie["lifetime"] = row.lifetime
        draft.cookie(identifier, cookie)


def _most_sensitive(rows: Iterable[CookieRow]) -> Category:
    there = {row.category for row in rows}
    return next(category for category in SENSITIVITY if category in there)


def _reason(rows: list[CookieRow]) -> str:
    counted = [(category, sum(row.category is category for row in rows)) for category in SENSITIVITY]
    shares = ", ".join(f"{number} {category}" for category, number in counted if number)
    return f"Its cookies are listed as {shares}; the vendor gets the most sensitive of these categories."
