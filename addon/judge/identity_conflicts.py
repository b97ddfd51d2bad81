"""Which messages are one person's: ids that identify and alias calls link, across surfaces and captures.

A userId is a person. An anonymousId is whoever uses the browser or app: it belongs to a userId from the identify call on,
until another userId comes under the same anonymousId (somebody else logged in on the same machine). Segment itself gives
out a new anonymousId when the userId changes, so that this is seen only where a site does something else. What every
visitor shares (``anonymous``, ``0``, zeros, an unfilled template) is nobody's id.

An id that two organisations may well give to the same or to different people (an e-mail address or its hash, a phone
number, a counter) links only what is sent to one source, from one site or from one app.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from functools import lru_cache

SHORTEST = 4
"""Characters of the shortest id that is not taken for a placeholder, or for a counter that every site starts at one."""
# fmt: off
_PLACEHOLDERS = frozenset((
    "anonymous", "anon", "guest", "null", "none", "nil", "undefined", "unknown", "unidentified", "user", "userid",
    "user_id", "user-id", "anonymousid", "anonymous_id", "visitor", "customer", "default", "test", "example", "dummy",
    "empty", "false", "true", "n/a", "public", "system", "admin", "server", "backend", "client", "redacted",
    "not_set", "not-set", "notset", "logged_out", "loggedout", "unset", "[object object]", "(not set)", "not set",
))
# fmt: on
_TEMPLATE = re.compile(r"[{}<>\[\]$%]")
_HASH = re.compile(r"(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})", re.IGNORECASE)
_NUMBER = re.compile(r"[+(]?[0-9][0-9 ()./-]*")
_DISTINCT = 6
"""Characters from which on an id of letters is hardly given out twice by chance."""
_MAX_LENGTH = 500
_MAX_CARRIERS = 100
"""Anonymous ids under one userId; one with more is no person's."""
_MAX_USERS = 20
"""Users of one anonymousId; one with more is a constant."""


@lru_cache(maxsize=20_000)
def usable(value: str | None) -> str | None:
    """An id in the form in which ids are compared; ``None`` if it cannot be the id of one person (a placeholder, for example)."""
    if value is None:
        return None
    bare = value.strip()
    placeholder = bare.lower() in _PLACEHOLDERS or len(set(bare.replace("-", ""))) < 2
    if placeholder or not SHORTEST <= len(bare) <= _MAX_LENGTH or _TEMPLATE.search(bare):
        return None
    return bare


def is_common(value: str) -> bool:
    """Whether another organisation may well know a person, or another person, by the same userId."""
    return len(value) < _DISTINCT or "@" in value or bool(_HASH.fullmatch(value) or _NUMBER.fullmatch(value))


@dataclass(frozen=True, slots=True)
class Sighting:
    """Ids that were seen together, for a while. Every id passed :func:`usable`."""

    user: str | None
    anonymous: str | None
    device: str | None
    previous: str | None
    """Of alias calls: the id that became ``user``."""
    write_key: str | None
    places: tuple[str, ...]
    """The site or the app, and the app's own domain."""
    first_at: float
    last_at: float


type Person = Hashable
"""One person, as long as the sightings stay the same."""
type _Key = tuple[str, ...]


class People:
    """The people behind sightings.

    Args:
        loosely: let common ids (see :func:`is_common`) link whatever carries them.
    """

    def __init__(self, sightings: Iterable[Sighting], *, loosely: bool = False) -> None:
        self._loosely = loosely
        self._parent: dict[_Key, _Key] = {}
        ordered = sorted(sightings, key=lambda one: (one.first_at, one.last_at))
        known_as_anonymous = {one.anonymous for one in ordered}
        aliases: list[tuple[Sighting, _Key]] = []
        for one in ordered:
            user = self._node("user", one.user, one)
            if user is None or one.previous is None:
                continue
            if one.previous in known_as_anonymous:
                aliases.append((one, user))
            else:
                self._join(user, self._node("user", one.previous, one))
        self._history = self._users_by_carrier(ordered, aliases)
        self._crowds = self._crowded()

    def person(self, sighting: Sighting, at: float) -> Person | None:
        """The person to whom a sighting at this moment belongs; ``None`` if it shows no usable id, or may be several people's."""
        user = self._node("user", sighting.user, sighting)
        if user is not None:
            return None if user in self._crowds else user
        carrier = self._carriers(sighting)[:1]
        if not carrier:
            return None
        history = self._history.get(carrier[0], [])
        users = {self._find(user) for _, user in history}
        if not users:
            return carrier[0]
        if len(users) > 1:
            index = bisect_right(history, at, key=lambda entry: entry[0])
            users = {self._find(history[index - 1][1])} if index and len(users) <= _MAX_USERS else set()
        return next((owner for owner in users if owner not in self._crowds), None)

    def _users_by_carrier(
        self, ordered: list[Sighting], aliases: list[tuple[Sighting, _Key]]
    ) -> dict[_Key, list[tuple[float, _Key]]]:
        """Anonymous or device id -> who was known to use it, since when."""
        history: dict[_Key, list[tuple[float, _Key]]] = defaultdict(list)
        for one in ordered:
            user = self._node("user", one.user, one)
            for carrier in self._carriers(one):
                if user is not None:
                    history[carrier].append((one.first_at, user))
        for one, became in aliases:
            before = self._node("anonymous", one.previous, one)
            if before is not None:
                history[before].append((one.first_at, became))
        merged: dict[_Key, list[tuple[float, _Key]]] = defaultdict(list)
        for carrier, entries in history.items():
            merged[self._find(carrier)] += entries
        return {carrier: sorted(entries, key=lambda entry: entry[0]) for carrier, entries in merged.items()}

    def _crowded(self) -> set[_Key]:
        carriers: dict[_Key, set[_Key]] = defaultdict(set)
        for carrier, entries in self._history.items():
            if carrier[0] == "anonymous":
                for _, user in entries:
                    carriers[self._find(user)].add(carrier)
        return {user for user, used in carriers.items() if len(used) > _MAX_CARRIERS}

    def _carriers(self, one: Sighting) -> list[_Key]:
        found = (self._node("anonymous", one.anonymous, one), self._node("device", one.device, one))
        return [carrier for carrier in found if carrier is not None]

    def _node(self, kind: str, value: str | None, one: Sighting) -> _Key | None:
        """The node that stands for an id; of one that counts within a source or a place only, those are joined."""
        if value is None:
            return None
        if self._loosely or not (kind == "device" or is_common(value)):
            return self._find((kind, value))
        # a device's id may be the same for all apps on it, whoever made them
        scopes = [*((("source", one.write_key),) if one.write_key else ()), *(("place", place) for place in one.places)]
        node: _Key | None = None
        for scope in scopes:
            node = self._join(self._find((kind, value, *scope)), node)
        return node

    def _find(self, key: _Key) -> _Key:
        root = key
        while (above := self._parent.get(root, root)) != root:
            root = above
        while key != root:
            above = self._parent[key]
            self._parent[key] = root
            key = above
        return root

    def _join(self, one: _Key, other: _Key | None) -> _Key:
        """Makes two nodes one; returns what stands for both."""
        if other is None:
            return self._find(one)
        one, other = self._find(one), self._find(other)
        # the smaller name wins, so that the order of joining decides nothing
        root, below = (one, other) if one <= other else (other, one)
        self._parent[below] = root
        return root
