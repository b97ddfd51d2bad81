"""Lookups over the facts of the catalogue: endpoints by address, cookies by name. Their cost does not grow with the number of
entries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .models import CallKind, ConsentCookie, Endpoint, VendorCookie, VendorStorageKey


@dataclass(frozen=True, slots=True)
class Match:
    """The vendor that a request goes to, and the purpose of the request."""

    vendor: str
    kind: CallKind
    endpoint: Endpoint


@dataclass(frozen=True, slots=True)
class ListedEndpoint:
    """An endpoint with the id of the entry that lists it."""

    vendor: str
    endpoint: Endpoint


def _specificity(entry: ListedEndpoint) -> tuple[int, int]:
    endpoint = entry.endpoint
    return (endpoint.query is None, -len(endpoint.path))


class EndpointIndex:
    """Endpoints by exact host, by parent domain and, for any-host facts, by a literal path segment or a parameter's name."""

    def __init__(self, entries: Iterable[ListedEndpoint]) -> None:
        self._exact: dict[str, list[ListedEndpoint]] = {}
        self._below: dict[str, list[ListedEndpoint]] = {}
        self._segment: dict[str, list[ListedEndpoint]] = {}
        self._parameter: dict[str, list[ListedEndpoint]] = {}
        """``name=`` -> endpoints."""
        for entry in entries:
            endpoint = entry.endpoint
            if endpoint.segment is not None:
                self._segment.setdefault(endpoint.segment, []).append(entry)
            elif endpoint.parameter is not None:
                self._parameter.setdefault(f"{endpoint.parameter}=", []).append(entry)
            elif endpoint.host.startswith("*."):
                self._below.setdefault(endpoint.host[2:], []).append(entry)
            else:
                self._exact.setdefault(endpoint.host, []).append(entry)
        for index in (self._exact, self._below, self._segment, self._parameter):
            for listed in index.values():
                listed.sort(key=_specificity)

    def _candidates(self, host: str, path: str, query: str) -> Iterator[ListedEndpoint]:
        yield from self._exact.get(host, ())
        parent = host
        while (dot := parent.find(".")) != -1:
            parent = parent[dot + 1 :]
            yield from self._below.get(parent, ())
        for part in dict.fromkeys(path.split("/")):
            if part in self._segment:
                yield from self._segment[part]
        if query:
            for name, listed in self._parameter.items():
                if name in query:
                    yield from listed

    def find(self, method: str, host: str, path: str, query: str) -> Match | None:
        for entry in self._candidates(host, path, query):
            if entry.endpoint.accepts(method, path, query):
                return Match(entry.vendor, entry.endpoint.kind, entry.endpoint)
        return None

    def find_all(self, method: str, host: str, path: str, query: str) -> list[Match]:
        """Every endpoint that accepts the address: for ``catalog lint``, which looks for overlaps."""
        return [
            Match(entry.vendor, entry.endpoint.kind, entry.endpoint)
            for entry in self._candidates(host, path, query)
            if entry.endpoint.accepts(method, path, query)
        ]


class NameIndex[Fact: (VendorCookie, VendorStorageKey, ConsentCookie)]:
    """Cookies, and keys of the browser's storage, by exact name and by prefix; a prefix is looked up by its length, longest first."""

    def __init__(self, facts: Iterable[tuple[str, Fact]]) -> None:
        self._exact: dict[str, list[tuple[str, Fact]]] = {}
        self._prefixes: dict[int, dict[str, list[tuple[str, Fact]]]] = {}
        for owner, fact in facts:
            if fact.name is not None:
                self._exact.setdefault(fact.name, []).append((owner, fact))
            elif fact.prefix is not None:
                by_length = self._prefixes.setdefault(len(fact.prefix), {})
                by_length.setdefault(fact.prefix, []).append((owner, fact))
        self._lengths = sorted(self._prefixes, reverse=True)

    def find(self, name: str) -> Iterator[list[tuple[str, Fact]]]:
        """The facts about a name, the nearest first: those of the exact name, then those of ever shorter prefixes."""
        if name in self._exact:
            yield self._exact[name]
        for length in self._lengths:
            found = self._prefixes[length].get(name[:length])
            if found is not None:
                yield found
