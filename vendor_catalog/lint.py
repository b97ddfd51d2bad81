"""Whether the catalogue holds: every example answers as it says, and nobody else claims it."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from .catalogue import Catalogue
from .models import Endpoint, RecordingCall


def problems(catalogue: Catalogue) -> list[str]:
    """What does not hold, a sentence each, starting with the file."""
    return sorted({*catalogue.unread, *_examples(catalogue), *_recordings(catalogue), *_cookie_collisions(catalogue)})


def example(text: str) -> tuple[str, str, str, str]:
    """``POST https://host/path?query`` -> method, host, path, query; no host if it is no address."""
    method, _, url = text.rpartition(" ")
    try:
        parts = urlsplit(url)
    except ValueError:
        return method or "GET", "", "/", ""
    return method or "GET", parts.hostname or "", parts.path or "/", parts.query


def _examples(catalogue: Catalogue) -> Iterator[str]:
    owned: list[tuple[str, Endpoint]] = [
        (entry.id, endpoint)
        for entries in (catalogue.vendors.values(), catalogue.consent_managers.values())
        for entry in entries
        for endpoint in entry.endpoints
    ]
    for owner, endpoint in owned:
        file = f"{owner}.toml"
        for text in endpoint.matches:
            found = catalogue.match(*example(text))
            if found is None:
                yield f"{file}: {text} matches nothing; it should match {endpoint.host} {endpoint.path}"
            elif found.endpoint is not endpoint:
                taken = f"{found.vendor} ({found.endpoint.host} {found.endpoint.path})"
                yield f"{file}: {text} goes to {taken}, not to {endpoint.host} {endpoint.path}"
            for other in sorted({match.vendor for match in catalogue.match_all(*example(text))} - {owner}):
                yield f"{file}: {text} is claimed by {other} too"
        for text in endpoint.rejects:
            if not example(text)[1]:
                yield f"{file}: {text} is no address, so that it proves nothing"
            found = catalogue.match(*example(text))
            claimed = any(match.endpoint is endpoint for match in catalogue.match_all(*example(text)))
            # a nearer endpoint of the same entry may take it away; nobody else may
            if claimed and found is not None and (found.endpoint is endpoint or found.vendor != owner):
                yield f"{file}: {text} matches {endpoint.host} {endpoint.path}, which it should not"


def _recordings(catalogue: Catalogue) -> Iterator[str]:
    for manager in catalogue.consent_managers.values():
        for call in manager.recording:
            for text in call.matches:
                if _recording(catalogue, text) is not call:
                    yield f"{manager.id}.toml: {text} is not recognised as its recording call"
            for text in call.rejects:
                if _recording(catalogue, text) is call:
                    yield f"{manager.id}.toml: {text} is taken for a recording call, which it should not be"


def _recording(catalogue: Catalogue, text: str) -> RecordingCall | None:
    _, host, path, _ = example(text)
    found = catalogue.recording_call(host, path)
    return None if found is None else found[1]


def _cookie_collisions(catalogue: Catalogue) -> Iterator[str]:
    owners: dict[tuple[str, str | None], str] = {}
    for vendor in catalogue.vendors.values():
        for cookie in vendor.cookies:
            name = cookie.name or f"{cookie.prefix}*"
            other = owners.setdefault((name, cookie.domain), vendor.id)
            if other != vendor.id:
                yield f"{vendor.id}.toml: the cookie {name} stands in {other}.toml too"
