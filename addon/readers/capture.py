"""A recorded capture: which door its file needs, what is known of it beforehand, and its exchanges."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from addon.exchange import Exchange

_BOM = b"\xef\xbb\xbf"
_HEAD = 4096


class CaptureError(Exception):
    """A file of which nothing can be read: says which, and what was expected."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A part of a capture that could not be read: becomes a gap."""

    kind: str
    reason: str
    host: str | None = None


@dataclass(frozen=True, slots=True)
class CaptureFile:
    """A recorded capture, opened."""

    path: Path
    kind: str
    """``flows`` or ``har``."""
    digest: str
    size: int
    """Bytes."""
    cookies_visible: bool
    one_clock: bool
    notes: tuple[Unreadable, ...]
    """What is already known to be missing."""
    read: Reading

    def exchanges(self, progress: Callable[[int], None] | None = None) -> Iterator[Exchange | Unreadable]:
        """The exchanges in order, and what stands between them and cannot be read.

        Args:
            progress: told now and then how many bytes were read.
        """
        yield from self.notes
        yield from self.read(self.path, progress or (lambda _: None))


class Reading(Protocol):
    """Reads one kind of file."""

    def __call__(self, path: Path, progress: Callable[[int], None]) -> Iterator[Exchange | Unreadable]: ...


def open_capture(path: Path) -> CaptureFile:
    """A capture file, recognised by its content.

    Raises:
        CaptureError: if it cannot be opened or is neither kind.
    """
    from . import flows, har  # each knows this module

    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
        size = path.stat().st_size
    except OSError as error:
        raise CaptureError(f"{path}: cannot be read: {error.strerror}") from error
    if not head:
        raise CaptureError(f"{path}: the file is empty; nothing was captured into it")
    text = head.removeprefix(_BOM).lstrip()
    if text.startswith(b"{"):
        return har.open_har(path, _digest(path), size)
    if flows.looks_like_flows(head):
        return flows.open_flows(path, _digest(path), size)
    raise CaptureError(
        f"{path}: no capture; expected a mitmproxy flow file (mitmdump -w FILE) or a HAR (a browser's network panel, export)"
    )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
