"""What a HAR says of who made its requests: the pages of its own list, and scripts of the browser's extensions.

``_initiator`` is Chrome's (DevTools protocol, ``Network.Initiator``): the script's address, or its call stack with the stacks that led
to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from addon.exchange import is_extension
from addon.jsontext import Json, mapping, text_of

_MAX_FRAMES = 500


@dataclass(frozen=True, slots=True)
class Pages:
    """The pages of a HAR."""

    urls: Mapping[str, str] = field(default_factory=dict)
    """Page id -> its address. Chrome puts it into the title; others put the document's title there, which is no help."""
    of_extensions: frozenset[str] = frozenset()
    """Ids of the pages that belong to an extension of the browser."""


def pages_of(listed: Json) -> Pages:
    """What a HAR's ``pages`` say."""
    urls: dict[str, str] = {}
    of_extensions: set[str] = set()
    for page in listed if isinstance(listed, list) else []:
        title, number = text_of(mapping(page).get("title")), text_of(mapping(page).get("id"))
        if number and title and title.startswith(("http://", "https://")):
            urls[number] = title
        elif number and title and is_extension(title):
            of_extensions.add(number)
    return Pages(urls, frozenset(of_extensions))


def made_by_extension(entry: Mapping[str, Json]) -> bool:
    """Whether scripts of an extension alone led to a request. Where a script of the page stands in between, the page made it: an
    extension may wrap what pages call, or press a button of theirs."""
    initiator = mapping(entry.get("_initiator"))
    scripts = [url for url in _scripts(mapping(initiator.get("stack"))) if url]
    if not scripts:
        address = text_of(initiator.get("url"))
        return address is not None and is_extension(address)
    return all(map(is_extension, scripts))


def _scripts(stack: Mapping[str, Json]) -> Iterator[str | None]:
    """The addresses of the scripts of a call stack and of those that led to it."""
    left = _MAX_FRAMES
    while stack and left > 0:
        frames = stack.get("callFrames")
        for frame in frames[:left] if isinstance(frames, list) else []:
            yield text_of(mapping(frame).get("url"))
        left -= 1 + (len(frames) if isinstance(frames, list) else 0)
        stack = mapping(stack.get("parent"))
