"""All answers of one visit -> a draft entry with what it rests on, or the reasons why there is none."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from addon.consent.declared import declared_format
from addon.consent.signal import MalformedSignal, Rank, Resolver
from vendor_catalog import Catalogue, ConsentManager

from .grammar import Grammar, NoGrammar, grammar_of
from .observed import Answer, AnswerKind, Place, Stored

_NOTHING = "nothing"
_SHOWN = 160
_MAX_CALLS = 8


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry that was found."""

    manager: ConsentManager
    """As it would stand in the catalogue: all of it, also where a file adds to an entry that ships."""
    document: Mapping[str, Any]
    """What its file holds."""
    adds_to: str | None
    """The name of the entry that ships to which it adds."""
    evidence: tuple[str, ...]
    """What it rests on, a sentence each."""


class NoDraft(Exception):
    """No record follows the answers."""

    def __init__(self, *reasons: str) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons
        """A sentence each, without its full stop."""


@dataclass(frozen=True, slots=True)
class _Record:
    """A record, its values after each answer, and those before anybody had answered."""

    stored: Stored
    after: tuple[str, ...]
    before: tuple[str, ...]
    grammar: Grammar
    sent: bool


def drafted(
    site: str,
    answers: Sequence[Answer],
    catalogue: Catalogue,
    recognised: Iterable[str] = (),
    *,
    in_parts: bool = True,
) -> Draft:
    """The draft of a site's consent manager.

    Args:
        site: its registrable domain.
        answers: in the order in which they were given.
        recognised: ids of the consent managers of the catalogue that the site called.
        in_parts: whether the banner lets people allow one category and refuse another.

    Raises:
        NoDraft: if no record follows the answers.
    """
    kinds = {answer.kind for answer in answers}
    missing = [kind for kind in (AnswerKind.ACCEPTED, AnswerKind.REJECTED) if kind not in kinds]
    if missing:
        raise NoDraft(f"the banner has to be answered both ways, and was never {' nor '.join(missing)}")
    records = _records(answers, catalogue)
    best = _best(records, whole=AnswerKind.PARTLY in kinds or not in_parts)
    entry = next((manager for each in recognised if (manager := _open_entry(each, catalogue)) is not None), None)
    draft = _draft(site, best, answers, entry, catalogue)
    _check(best, draft.manager, answers, catalogue)
    mirrors = [_named(each.stored) for each in records if each is not best]
    evidence = [*_evidence(best, answers), *_calls(answers)]
    evidence += [f"What follows the answers as well, and is not read: {', '.join(mirrors)}."] if mirrors else []
    return Draft(draft.manager, draft.document, draft.adds_to, tuple(evidence))


def _records(answers: Sequence[Answer], catalogue: Catalogue) -> list[_Record]:
    """Every record that follows the answers.

    Raises:
        NoDraft: if there is none.
    """
    records: list[_Record] = []
    reasons: list[str] = []
    for stored in sorted({stored for answer in answers for stored in answer.after.stored}):
        try:
            found = _record(stored, answers, catalogue)
        except NoGrammar as reason:
            reasons.append(f"{_named(stored)}: {reason}")
        else:
            records += [] if found is None else [found]
    if not records:
        raise NoDraft(*(reasons or ["nothing that the pages stored changed with the answers"]))
    return records


def _best(records: Sequence[_Record], *, whole: bool) -> _Record:
    """The record to read.

    Args:
        whole: whether the answers are of every kind that the banner offers.

    Raises:
        NoDraft: if they are not, and what is stored after one of another kind matters.
    """
    if len(records) > 1 and not whole:
        names = ", ".join(_named(each.stored) for each in records)
        raise NoDraft(
            f"several records follow the answers ({names}), and each may stand for a category of its own: allow a single category as well"
        )
    best = max(records, key=_preference)
    if best.grammar.undivided and not whole:
        raise NoDraft(
            f"{_named(best.stored)} has one word for the whole answer, and nothing shows which it has where somebody allows one category"
            " and refuses another: allow a single category as well"
        )
    return best


def _record(stored: Stored, answers: Sequence[Answer], catalogue: Catalogue) -> _Record | None:
    """A record that follows the answers; ``None`` if the answers left it as it was.

    Raises:
        NoGrammar: if it changed, and is no record of the answers.
    """
    values = [answer.after.stored.get(stored) for answer in answers]
    changed = any(answer.before.stored.get(stored) != answer.after.stored.get(stored) for answer in answers)
    if not changed or _owner(stored, catalogue) is not None:
        return None
    known = catalogue.consent_cookies(stored.name)
    if known:
        raise NoGrammar(f"it is {known[0][0].name}'s, which the catalogue reads already")
    after = tuple(value for value in values if value is not None)
    if len(after) < len(values):
        gone = next(answer.kind for answer, value in zip(answers, values, strict=True) if value is None)
        raise NoGrammar(f"nothing stands there after an answer ({gone}), which cannot be told from no answer")
    accepted = {value for answer, value in zip(answers, after, strict=True) if answer.kind is AnswerKind.ACCEPTED}
    rejected = {value for answer, value in zip(answers, after, strict=True) if answer.kind is AnswerKind.REJECTED}
    if accepted & rejected:
        raise NoGrammar(
            "it says the same after accepting and after rejecting: it keeps that somebody answered, not what was chosen"
        )
    before = _before_any(stored, answers)
    if set(before) & set(after):
        raise NoGrammar("it says the same before anybody has answered as after an answer")
    sent = any(stored.name in answer.after.sent for answer in answers)
    return _Record(stored, after, before, grammar_of(answers, after, before), sent)


def _before_any(stored: Stored, answers: Sequence[Answer]) -> tuple[str, ...]:
    """What stood there before the answers, without what an earlier answer had left."""
    found: list[str] = []
    left: set[str] = set()
    for answer in answers:
        value = answer.before.stored.get(stored)
        if value is not None and value not in left:
            found.append(value)
        left.add(answer.after.stored.get(stored, ""))
    return tuple(found)


def _owner(stored: Stored, catalogue: Catalogue) -> str | None:
    """The vendor whose cookie it is, if it is one's."""
    if stored.place is not Place.COOKIE:
        return None
    found = catalogue.cookie_owner(stored.name, "", first_party=True)
    return None if found is None else found[0].id


def _preference(record: _Record) -> tuple[object, ...]:
    """What the wire shows is preferred, then what tells more."""
    grammar = record.grammar
    in_cookie = record.stored.place is Place.COOKIE
    return record.sent, in_cookie, grammar.distinct, len(grammar.covers), not record.before


def _open_entry(identifier: str, catalogue: Catalogue) -> ConsentManager | None:
    """A consent manager of the catalogue of which it is not known where it keeps the answer."""
    manager = catalogue.consent_managers.get(identifier)
    return None if manager is None or manager.cookies or manager.role != "manager" else manager


def _draft(
    site: str, record: _Record, answers: Sequence[Answer], entry: ConsentManager | None, catalogue: Catalogue
) -> Draft:
    source = f"{len(answers)} answers to the banner of {site}, given with consentwire learn"
    in_cookie = record.stored.place is Place.COOKIE
    declared = record.grammar.declared.model_dump(mode="json", exclude_defaults=True) | {
        "shape": record.grammar.declared.shape
    }
    document: dict[str, Any] = {
        "id": f"{site.replace('.', '-')}-banner" if entry is None else entry.id,
        "name": f"The banner of {site}" if entry is None else entry.name,
        "website": f"https://{site}" if entry is None else entry.website,
        "absence": "unanswered" if not record.before and (record.sent or not in_cookie) else "unknown",
        "storage": "cookie" if in_cookie else "local-storage",
        "categories": {key: category.value for key, category in record.grammar.categories.items()},
        "notes": f"Learned on {site}. Another site may use the same name for something else.",
        "sources": [source],
        "cookies": [{"name": record.stored.name, "declared": declared, "sources": [source]}],
    }
    if entry is None:
        return Draft(ConsentManager.model_validate(document), document, None, ())
    added = {key: value for key, value in document.items() if key not in ("name", "website", "notes")}
    own = {"categories": {**entry.categories, **record.grammar.categories}, "cookies": document["cookies"]}
    combined = entry.model_dump(mode="json") | {key: document[key] for key in ("absence", "storage")} | own
    return Draft(ConsentManager.model_validate(combined), added, entry.name, ())


def _check(record: _Record, manager: ConsentManager, answers: Sequence[Answer], catalogue: Catalogue) -> None:
    """Reads every value by the draft, which has to say what the answer was.

    Raises:
        NoDraft: if it says something else.
    """
    read = declared_format(record.grammar.declared, frozenset(manager.categories))
    resolver = Resolver(catalogue, {})
    for answer, value in zip(answers, record.after, strict=True):
        prefix, text = value[:7], value[7:]
        text = base64.b64encode(text.encode()).decode() if prefix == "base64:" else value
        try:
            said = read(record.stored.name, {record.stored.name: text})
        except MalformedSignal as error:
            raise NoDraft(f"{_named(record.stored)}: its value after an answer cannot be read: {error}") from None
        values = resolver.signal(said, manager, carrier="", host="", rank=Rank.MANAGER).values
        wrong = [category for category in record.grammar.covers if values.get(category) is not answer.says(category)]
        if wrong or said.answered is not True:
            raise NoDraft(
                f"{_named(record.stored)}: its value does not say what was chosen of {', '.join(wrong) or 'anything'}"
            )


def _named(stored: Stored) -> str:
    return f"the cookie {stored.name}" if stored.place is Place.COOKIE else f"the storage key {stored.name}"


def _evidence(record: _Record, answers: Sequence[Answer]) -> list[str]:
    found = [
        f"{_named(record.stored).capitalize()}, {answer.kind}{_parts(answer)}:"
        f" {_cut(answer.before.stored.get(record.stored, _NOTHING))} before, {_cut(value)} after."
        for answer, value in zip(answers, record.after, strict=True)
    ]
    grammar = record.grammar
    meanings = [f"{key} stands for {category}" for key, category in grammar.categories.items() if key != category]
    if meanings:
        found.append(f"What follows one category's answers and no other's: {', '.join(meanings)}.")
    if grammar.declared.together:
        names = " and ".join(grammar.declared.together_for)
        keys = ", ".join(grammar.declared.together)
        found.append(f"Not told apart by the answers, so that they speak together, of {names}: {keys}.")
    if record.stored.place is Place.COOKIE:
        wire = "was sent" if record.sent else "was never seen"
        found.append(f"The cookie {wire} with requests to the site after an answer.")
    else:
        found.append("It never crosses the wire: only the in-page probe sees it.")
    return found


def _parts(answer: Answer) -> str:
    if answer.kind is not AnswerKind.PARTLY:
        return ""
    listed = [f"{sign}{each}" for sign, some in (("+", answer.allowed), ("-", answer.refused)) for each in sorted(some)]
    return f" ({' '.join(listed)})"


def _calls(answers: Sequence[Answer]) -> list[str]:
    """The calls that followed answers and had not been made before them."""
    found = []
    for answer in answers:
        new = [call for call in dict.fromkeys(answer.after.calls) if call not in answer.before.calls][:_MAX_CALLS]
        if new:
            found.append(f"Called after it was {answer.kind}{_parts(answer)}: {', '.join(new)}.")
    return found


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
