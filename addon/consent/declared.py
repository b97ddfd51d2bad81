"""Consent cookies whose grammar is declared, not coded: by a policy file, because every site has one more, or by a catalogue
entry. Only categories that are declared are read, so that nothing else of the value can pass for one."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Mapping
from urllib.parse import unquote

from addon.jsontext import Json, JsonError, parse_exactly, strings
from addon.timestamps import from_iso, from_milliseconds, plausible
from vendor_catalog import DeclaredFormat

from .formats import CookieFormat
from .signal import Answer, MalformedSignal

_MAX_PAIRS = 500
_CONTRADICTED = "\0"
"""In place of the value of a category that stands there twice, with different values."""
_UNANSWERED = ("", "false", "0", "no", "null")
_MILLISECONDS_FROM = 1e11
"""A number from here on counts milliseconds: as seconds it would be the year 5138."""


def declared_format(grammar: DeclaredFormat, categories: frozenset[str]) -> CookieFormat:
    """A reader of one declared grammar.

    Args:
        categories: the manager's own categories, in lower case.
    """

    categories = categories.union(grammar.site_keys)

    def cookie(name: str, cookies: Mapping[str, str]) -> Answer:
        text = _decoded(cookies[name], grammar)
        match grammar.shape:
            case "word":
                return _word(text, grammar, categories)
            case "list":
                return _granted_only(text.split(grammar.separator, _MAX_PAIRS), categories)
            case "pairs":
                pairs = _pairs(text, grammar)
                prefix = grammar.key_prefix.lower()
                values = {key.removeprefix(prefix): value for key, value in pairs.items() if key.startswith(prefix)}
                if prefix and not values:
                    raise MalformedSignal(f"no key that begins with {prefix!r}")
                return _answer(values, pairs.get, grammar, categories)
            case "json":
                return _json(text, grammar, categories)

    return cookie


def _decoded(value: str, grammar: DeclaredFormat) -> str:
    text = unquote(value).strip()
    if not grammar.base64:
        return text
    try:
        padded = text + "=" * (-len(text) % 4)
        return base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise MalformedSignal("not base64 text") from None


def _word(text: str, grammar: DeclaredFormat, categories: Iterable[str]) -> Answer:
    granted = grammar.words.get(text.lower())
    if granted is None:
        raise MalformedSignal("a word that the declaration does not list")
    return _granted_only(granted, categories)


def _granted_only(granted: Iterable[str], categories: Iterable[str]) -> Answer:
    named = {word.strip().lower() for word in granted}
    keys = {category: category in named for category in sorted(categories)}
    return Answer(True, _shown(keys), keys)


def _pairs(text: str, grammar: DeclaredFormat) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in text.split(grammar.separator, _MAX_PAIRS)[:_MAX_PAIRS]:
        key, assigned, value = pair.partition(grammar.assigns)
        if assigned:
            found[key.strip().lower()] = value.strip()
    return found


def _json(text: str, grammar: DeclaredFormat, categories: frozenset[str]) -> Answer:
    try:
        document = parse_exactly(text)
    except JsonError as error:
        raise MalformedSignal(str(error)) from None

    def marker(path: str) -> str | None:
        value = _at(document, path)
        return None if value is None else _plain(value)

    if grammar.granted_at is not None and grammar.refused_at is not None:
        values = _two_lists(document, grammar.granted_at, grammar.refused_at)
        return _answer(values, marker, grammar, categories)
    listed = _at(document, grammar.categories_at)
    if isinstance(listed, list):
        answer = _granted_only([item for item in listed if isinstance(item, str)], categories)
        return _marked(answer, marker, grammar)
    if not isinstance(listed, dict):
        place = grammar.categories_at or "the value"
        raise MalformedSignal(f"{place} is neither an object nor a list")
    return _answer(_entries(listed, grammar), marker, grammar, categories)


def _two_lists(document: Json, granted_at: str, refused_at: str) -> dict[str, str]:
    granted, refused = _at(document, granted_at), _at(document, refused_at)
    if not isinstance(granted, list) or not isinstance(refused, list):
        raise MalformedSignal(f"{granted_at} and {refused_at} are not both lists")
    found = {name.lower(): "false" for name in strings(refused)}
    for name in strings(granted):
        # listed as both, it is neither
        found[name.lower()] = _CONTRADICTED if name.lower() in found else "true"
    return found


def _entries(listed: Mapping[str, Json], grammar: DeclaredFormat) -> dict[str, str]:
    """Each category's value, in lower case by name."""
    found: dict[str, str] = {}
    for key, entry in list(listed.items())[:_MAX_PAIRS]:
        if not isinstance(entry, dict) or grammar.value_at is None:
            found[key.lower()] = _plain(entry)
            continue
        value = _plain(_at(entry, grammar.value_at))
        for name in strings(_at(entry, grammar.named_at) if grammar.named_at is not None else None) or [key]:
            found[name.lower()] = value if found.get(name.lower(), value) == value else _CONTRADICTED
    return found


def _at(document: Json, path: str | None) -> Json:
    """What stands at keys with dots."""
    for key in path.split(".") if path is not None else ():
        if not isinstance(document, dict):
            return None
        document = document.get(key)
    return document


def _plain(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _answer(
    values: Mapping[str, str],
    marker: Callable[[str], str | None],
    grammar: DeclaredFormat,
    categories: frozenset[str],
) -> Answer:
    keys: dict[str, bool | None] = {}
    for category in sorted(categories.union(values) if grammar.every_key else categories):
        if category not in values:
            if grammar.only_granted:
                keys[category] = False
            continue
        value = values[category].lower()
        if value == _CONTRADICTED:
            keys[category] = None
            continue
        if value not in grammar.granted and value not in grammar.denied:
            raise MalformedSignal(f"{category} is neither among the values that grant nor among those that refuse")
        keys[category] = value in grammar.granted and value not in grammar.denied
    return _marked(Answer(True, _shown(keys), keys, complete=False), marker, grammar)


def _marked(answer: Answer, marker: Callable[[str], str | None], grammar: DeclaredFormat) -> Answer:
    """The answer with what its markers say: whether somebody answered, and when."""
    answered: bool | None = True if grammar.is_answer else None
    if grammar.answered_key is not None:
        value = (marker(grammar.answered_key) or "").lower()
        answered = value not in _UNANSWERED if grammar.answered_values is None else value in grammar.answered_values
    dated = None if grammar.dated_key is None else _moment(marker(grammar.dated_key))
    effective_at = None if answered is False else dated
    return Answer(answered, answer.evidence, answer.keys, answer.complete, effective_at=effective_at)


def _moment(value: str | None) -> float | None:
    if value is None:
        return None
    try:
        number = float(value)
    except ValueError:
        return from_iso(value)
    return plausible(number) if number < _MILLISECONDS_FROM else from_milliseconds(value.partition(".")[0])


def _shown(keys: Mapping[str, bool | None]) -> str:
    """Only the categories: the rest of the value may identify the person."""
    words = {True: "granted", False: "refused", None: "both granted and refused"}
    return " ".join(f"{key[:80]}={words[value]}" for key, value in keys.items()) or "no category"
