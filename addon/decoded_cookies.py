"""Consent cookies, decoded for people as analysis reads them: each by the readers of its name, with those that it is read beside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from addon.consent.reader import cookie_reader
from addon.consent.signal import Answer, MalformedSignal, NotThisFormat, Resolver
from vendor_catalog import Catalogue, ConsentManager

_MAX_COOKIES = 1000


class UnreadableCookie(Exception):
    """No cookie that anything reads, or one that cannot be read; says why."""


def decode_cookies(text: str, catalogue: Catalogue) -> tuple[str, dict[str, object]]:
    """The first of some cookies that a consent manager keeps its answer in, by the first manager whose grammar it has.

    Args:
        text: ``name=value``, or several of them with ``;`` between, as in a request.

    Returns:
        What it is, and what it says.

    Raises:
        UnreadableCookie: if none of them has a reader, or all that have one are broken.
    """
    jar = _jar(text)
    problems: list[str] = []
    for name in jar:
        claims = catalogue.consent_cookies(name)
        reasons: list[str] = []
        for manager, fact in claims:
            try:
                answer = cookie_reader(manager, fact)(name, jar)
            except (NotThisFormat, MalformedSignal) as error:
                reasons.append(f"{manager.name}: {error}")
                continue
            return f"consent cookie of {manager.name}", _fields(name, answer, manager, catalogue)
        if claims:
            problems.append(f"the cookie {name} could not be read: {'; '.join(reasons)}")
    if problems:
        raise UnreadableCookie("; ".join(problems))
    for name in jar:
        beside = list(_read_beside(name, catalogue))
        if beside:
            return f"cookie that is read beside {beside[0][1]}", _companion(name, jar, beside)
    raise UnreadableCookie(_no_reader(jar, catalogue))


def _jar(text: str) -> dict[str, str]:
    jar: dict[str, str] = {}
    for part in text.removeprefix("Cookie:").split(";", _MAX_COOKIES)[:_MAX_COOKIES]:
        name, equals, value = part.strip().partition("=")
        if equals:
            jar.setdefault(name.strip(), value.strip())
    return jar


def _fields(name: str, answer: Answer, manager: ConsentManager, catalogue: Catalogue) -> dict[str, object]:
    signal = Resolver(catalogue, {}).signal(answer, manager, carrier=f"cookie {name}", host="")
    return {
        "consent_manager": manager.id,
        "answered": answer.answered,
        **{category.value: given for category, given in signal.values.items()},
        "keys": dict(answer.keys),
        "destinations": dict(answer.destinations),
        "effective_at": answer.effective_at,
        "unmapped": list(signal.unmapped),
        "evidence": answer.evidence,
    }


def _read_beside(name: str, catalogue: Catalogue) -> Iterable[tuple[ConsentManager, str]]:
    """The consent managers that read a cookie beside their own, each with the name of its own."""
    for manager in catalogue.consent_managers.values():
        for cookie in manager.cookies:
            if name in cookie.companions:
                yield manager, cookie.name or f"{cookie.prefix}*"


def _companion(name: str, jar: Mapping[str, str], beside: list[tuple[ConsentManager, str]]) -> dict[str, object]:
    return {
        "name": name,
        "value": jar[name],
        "read_beside": [f"{own} of {manager.name}" for manager, own in beside],
        "hint": f"alone it says nothing; give both: {beside[0][1]}=...; {name}=...",
    }


def _no_reader(jar: Mapping[str, str], catalogue: Catalogue) -> str:
    known = sorted(
        cookie.name or f"{cookie.prefix}*"
        for manager in catalogue.consent_managers.values()
        for cookie in manager.cookies
        if cookie.unreadable is None
    )
    asked = ", ".join(repr(name[:80]) for name in list(jar)[:5])
    return (
        f"no reader for this name: no consent manager in the catalogue keeps its answer in a cookie {asked}; known are"
        f" {', '.join(known)}"
    )
