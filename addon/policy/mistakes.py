"""The error messages for a policy file: the place, what was expected, and what was found."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from addon.consent.formats import cookie_formats
from addon.decode import decoders_by_cdp
from addon.judge.rules import all_rules
from vendor_catalog import Catalogue

from .document import Policy

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_EXPECTED = {
    "model_type": "a table",
    "dict_type": "a table",
    "list_type": "a list",
    "string_type": "text in quotes",
    "string_too_short": "text that is not empty",
    "date": "a date such as 2027-06-30",
}
"""By part of pydantic's error type: what a policy file should have there, in TOML's words."""


def explained(problem: Mapping[str, Any]) -> str:
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
            expected = next((text for part, text in _EXPECTED.items() if part in kind), None)
            wanted = problem["msg"] if expected is None else f"expected {expected}"
            return f"{place}: {wanted}, found {problem['input']!r}"


def _dotted(location: Iterable[str | int]) -> str:
    parts: list[str] = []
    for part in location:
        if isinstance(part, int):
            parts[-1] += f"[{part}]"
        elif part != "[key]":
            parts.append(part if _BARE_KEY.fullmatch(part) else f'"{part}"')
    return ".".join(parts)


def _allowed_keys(location: Iterable[str | int]) -> list[str]:
    """The keys of the table that holds the key at a place."""
    table: type[BaseModel] = Policy
    names = iter(list(location)[:-1])
    for name in names:
        annotation = table.model_fields[name].annotation if name in table.model_fields else None
        table = next(_tables_in(annotation), table)
        if get_origin(annotation) is dict:
            next(names, None)  # a name of the user's own choice
    return list(table.model_fields)


def _tables_in(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _tables_in(part)


def _suggest(word: str, known: Iterable[str]) -> str:
    close = get_close_matches(word, list(known), n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""


def unknown_names(policy: Policy, catalogue: Catalogue) -> Iterable[str]:
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
