"""The values of one record after each answer -> the declared grammar that reads them, if there is one.

A key, a token or a word means what follows from the answers and nothing else. Which category a key stands for is known only where its
values agree with one category's answers and with no other's; keys that agree with several speak together.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from addon.jsontext import Json, JsonError, parse_exactly
from vendor_catalog import Category, DeclaredFormat

from .markers import answered_marker, dated_key
from .observed import Answer

CATEGORIES = (Category.FUNCTIONAL, Category.ANALYTICS, Category.MARKETING)
_BASE64 = "base64:"
_SEPARATORS = (",", "|", ";", "&", "~")
_ASSIGNS = (":", "=")
_LIST_SEPARATORS = (",", "|", ";", "+", " ")
_MAX_NODES, _MAX_DEPTH = 500, 6
_DEFAULT = DeclaredFormat(shape="json")
_GRANTS, _DENIES = frozenset(_DEFAULT.granted), frozenset(_DEFAULT.denied)
_FLAGS = frozenset({"0", "1", "-1", "true", "false"})
_MAX_WORD = 40
_SPREAD = "it follows {} alone, so that the answer stands in several records at once"


class NoGrammar(Exception):
    """No grammar reads a record by the answers; the message says why, as a part of a sentence about the record."""


@dataclass(frozen=True, slots=True)
class Grammar:
    """A declared grammar, with what its keys mean."""

    declared: DeclaredFormat
    categories: Mapping[str, Category] = field(default_factory=dict)

    @property
    def covers(self) -> frozenset[Category]:
        """The categories of which it says something."""
        return frozenset((*self.categories.values(), *self.declared.together_for))

    @property
    def undivided(self) -> bool:
        """Whether one word, or one key, stands for the whole answer."""
        return self.declared.shape == "word" or (not self.categories and len(self.declared.together) == 1)

    @property
    def distinct(self) -> int:
        """How many categories have a key of their own."""
        return 0 if self.declared.shape == "word" else len(set(self.categories.values()))


def grammar_of(answers: Sequence[Answer], values: Sequence[str], before: Sequence[str]) -> Grammar:
    """The grammar of a record.

    Args:
        values: after each answer.
        before: those that were there before anybody had answered.

    Raises:
        NoGrammar: if none reads it.
    """
    coded = all(value.startswith(_BASE64) for value in values)
    texts = [value.removeprefix(_BASE64) if coded else value for value in values]
    unanswered = [value.removeprefix(_BASE64) if coded else value for value in before]
    found = list(_fitting(answers, texts, unanswered))
    if not found:
        alone = _followed_alone(answers, texts)
        raise NoGrammar(_why_none(texts) if alone is None else _SPREAD.format(alone))
    best = max(found, key=lambda each: (each.distinct, len(each.covers), each.declared.shape != "word"))
    if len(best.covers) < 2:
        raise NoGrammar(_SPREAD.format(next(iter(best.covers))))
    if not coded:
        return best
    return Grammar(best.declared.model_copy(update={"base64": True}), best.categories)


def _fitting(answers: Sequence[Answer], texts: Sequence[str], before: Sequence[str]) -> Iterator[Grammar]:
    documents, unanswered = _documents(texts), _documents(before)
    if documents is not None:
        yield from _json(answers, documents, unanswered)
        return
    yield from _pairs(answers, texts, before)
    yield from _lists(answers, texts, before)
    words = _words(answers, texts)
    if words is not None and not set(before) & set(texts):
        yield Grammar(DeclaredFormat(shape="word", words=words[0]), words[1])


def _followed_alone(answers: Sequence[Answer], texts: Sequence[str]) -> Category | None:
    """The one category whose answers a value follows, where it says the same of answers that differ in another."""
    questions = _in_question(answers)
    if len(set(texts)) >= len({tuple(answer.says(category) for category in questions) for answer in answers}):
        return None
    for category in questions:
        said: dict[str, bool | None] = {}
        follows = all(
            said.setdefault(text, answer.says(category)) is answer.says(category)
            for text, answer in zip(texts, answers, strict=True)
        )
        if follows and len(set(said.values())) > 1:
            return category
    return None


def _why_none(texts: Sequence[str]) -> str:
    if all(text.startswith("#") for text in texts):
        return "its value is long and random"
    return "nothing in its value follows the answers for certain (a short value that is no plain word counts once it came twice)"


# --- JSON


def _documents(texts: Sequence[str]) -> list[Json] | None:
    """Each text as a JSON object or list; ``None`` if one is neither."""
    found: list[Json] = []
    for text in texts:
        try:
            document = parse_exactly(text)
        except JsonError:
            return None
        if not isinstance(document, (dict, list)):
            return None
        found.append(document)
    return found


def _json(answers: Sequence[Answer], documents: Sequence[Json], before: Sequence[Json] | None) -> Iterator[Grammar]:
    leaves = [dict(_leaves(document)) for document in documents]
    markers = _markers(answers, leaves, [dict(_leaves(document)) for document in before or ()])
    if markers is None:
        return
    for path in _paths(documents[0]):
        nodes = [_at(document, path) for document in documents]
        place = {"categories_at": ".".join(path)} if path else {}
        if all(isinstance(node, dict) for node in nodes):
            flags = [_flags(node) for node in nodes if isinstance(node, dict)]
            yield from _by_key(answers, flags, {"shape": "json", **place, **markers})
        elif all(isinstance(node, list) for node in nodes):
            tokens = [_tokens(node) for node in nodes if isinstance(node, list)]
            yield from _by_token(answers, tokens, {"shape": "json", **place, **markers})
    for name in leaves[0]:
        words = _words(answers, [each.get(name, "") for each in leaves])
        if words is not None and name != markers.get("answered_key"):
            yield Grammar(DeclaredFormat(shape="word", words=words[0], word_at=name, **markers), words[1])


def _paths(document: Json) -> list[tuple[str, ...]]:
    """The paths of all objects and lists within a document."""
    found: list[tuple[str, ...]] = []
    level: list[tuple[tuple[str, ...], Json]] = [((), document)]
    for _ in range(_MAX_DEPTH):
        found += [path for path, node in level if isinstance(node, (dict, list))][: _MAX_NODES - len(found)]
        level = [
            ((*path, key), inner)
            for path, node in level
            if isinstance(node, dict)
            for key, inner in node.items()
            if key and "." not in key
        ][:_MAX_NODES]
    return found


def _at(document: Json, path: Sequence[str]) -> Json:
    for key in path:
        document = document.get(key) if isinstance(document, dict) else None
    return document


def _leaves(document: Json) -> Iterator[tuple[str, str]]:
    """Each value that is no object and no list, by its keys with dots."""
    for path in _paths(document):
        node = _at(document, path)
        for key, value in node.items() if isinstance(node, dict) else ():
            if key and "." not in key and not isinstance(value, (dict, list)):
                yield ".".join((*path, key)), _plain(value)


def _plain(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _flags(node: Mapping[str, Json]) -> dict[str, str]:
    return {key.lower(): _plain(value) for key, value in node.items() if not isinstance(value, (dict, list))}


def _tokens(node: Sequence[Json]) -> frozenset[str]:
    return frozenset(item.strip().lower() for item in node if isinstance(item, str))


def _markers(
    answers: Sequence[Answer], values: Sequence[Mapping[str, str]], before: Sequence[Mapping[str, str]]
) -> dict[str, Any] | None:
    """What says that somebody answered, where a record is there before that, and when; ``None`` if the first is missing."""
    markers: dict[str, Any] = {}
    if before:
        found = answered_marker(values, before)
        if found is None:
            return None
        markers |= found.keys
    dated = dated_key(answers, values)
    return markers | ({} if dated is None else {"dated_key": dated})


# --- pairs and lists


def _pairs(answers: Sequence[Answer], texts: Sequence[str], before: Sequence[str]) -> Iterator[Grammar]:
    for separator in _SEPARATORS:
        for assigns in _ASSIGNS:
            split = [_split(text, separator, assigns) for text in texts]
            unanswered = [_split(text, separator, assigns) for text in before]
            known = [each for each in split if each]
            if len(known) < len(split) or any(not each for each in unanswered):
                continue
            markers = _markers(answers, known, [each for each in unanswered if each])
            if markers is not None:
                shape = {"shape": "pairs", "separator": separator, "assigns": assigns, **markers}
                yield from _by_key(answers, known, shape)


def _split(text: str, separator: str, assigns: str) -> dict[str, str] | None:
    """The pairs of a text; ``None`` if a part of it is none."""
    found: dict[str, str] = {}
    for part in text.split(separator)[:_MAX_NODES]:
        key, assigned, value = part.partition(assigns)
        if not assigned or not key.strip() or assigns in value:
            return None
        found[key.strip().lower()] = value.strip()
    return found


def _lists(answers: Sequence[Answer], texts: Sequence[str], before: Sequence[str]) -> Iterator[Grammar]:
    if before:
        return  # nothing in a list can say that nobody has answered
    for separator in _LIST_SEPARATORS:
        tokens = [frozenset(part.strip().lower() for part in text.split(separator) if part.strip()) for text in texts]
        if any(separator in text for text in texts) and all(_is_plain(each) for listed in tokens for each in listed):
            yield from _by_token(answers, tokens, {"shape": "list", "separator": separator})


# --- what follows the answers


def _by_key(answers: Sequence[Answer], values: Sequence[Mapping[str, str]], shape: dict[str, Any]) -> Iterator[Grammar]:
    """Keys whose values grant and refuse, as the answers do, or the other way round."""
    readable = [
        key
        for key in values[0]
        if all(key in each and each[key].lower() in _GRANTS | _DENIES for each in values)
        and key not in (shape.get("answered_key"), shape.get("dated_key"))
    ]
    granted = {key: tuple(each[key].lower() in _GRANTS for each in values) for key in readable}
    straight = _meant(answers, granted)
    if straight is not None:
        yield _grammar(straight, shape)
        return
    turned = _meant(answers, {key: tuple(not value for value in said) for key, said in granted.items()})
    if turned is not None:
        yield _grammar(turned, shape | {"granted": sorted(_DENIES - {""}), "denied": sorted(_GRANTS)})


def _by_token(answers: Sequence[Answer], listed: Sequence[frozenset[str]], shape: dict[str, Any]) -> Iterator[Grammar]:
    tokens = sorted({token for each in listed for token in each if "#" not in token})
    meant = _meant(answers, {token: tuple(token in each for each in listed) for token in tokens})
    if meant is not None:
        yield _grammar(meant, shape)


@dataclass(frozen=True, slots=True)
class _Meaning:
    categories: dict[str, Category]
    together: list[str]
    together_for: list[Category]


def _grammar(meaning: _Meaning, shape: dict[str, Any]) -> Grammar:
    more: dict[str, Any] = (
        {"together": meaning.together, "together_for": meaning.together_for} if meaning.together else {}
    )
    return Grammar(DeclaredFormat(**shape, **more), meaning.categories)


def _meant(answers: Sequence[Answer], said: Mapping[str, tuple[bool, ...]]) -> _Meaning | None:
    """What keys stand for, by what each said after each answer; ``None`` if none follows them."""
    expected: dict[tuple[bool | None, ...], list[Category]] = {}
    for category in _in_question(answers):
        expected.setdefault(tuple(answer.says(category) for answer in answers), []).append(category)
    categories: dict[str, Category] = {}
    together: list[str] = []
    together_for: list[Category] = []
    for key, values in said.items():
        meant = expected.get(values, [])
        if len(meant) == 1:
            categories[key] = meant[0]
        elif meant:
            together.append(key)
            together_for = meant
    return _Meaning(categories, together, together_for) if categories or together else None


def _in_question(answers: Sequence[Answer]) -> list[Category]:
    """The categories of which every answer says something. What an answer in part leaves out, the banner may not offer."""
    return [category for category in CATEGORIES if all(answer.says(category) is not None for answer in answers)]


def _words(answers: Sequence[Answer], texts: Sequence[str]) -> tuple[dict[str, list[str]], dict[str, Category]] | None:
    """Each word with the categories that it grants, and the categories themselves; ``None`` if they are no such words."""
    words: dict[str, list[str]] = {}
    questions = _in_question(answers)
    for answer, text in zip(answers, texts, strict=True):
        word = text.strip().lower()
        granted = [category.value for category in questions if answer.says(category)]
        if not word or words.setdefault(word, granted) != granted:
            return None
    repeated = {text.strip().lower() for text in texts if list(texts).count(text) > 1}
    plain = all(_is_plain(word) or word in repeated for word in words)
    if len(words) < 2 or not plain or any("#" in word for word in words):
        return None
    return words, {category.value: category for category in questions}


def _is_plain(word: str) -> bool:
    """Whether a word is one that people write, and not a random or a counted one."""
    letters = word.replace("_", "").replace("-", "").replace(" ", "")
    return word in _FLAGS or (len(word) <= _MAX_WORD and letters.isalpha())
