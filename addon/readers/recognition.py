"""Which reader a recorded capture needs, by its content."""

from __future__ import annotations

import hashlib
from pathlib import Path

from . import archives, charles, flows, har
from .capture import CaptureError, CaptureFile, Identity
from .foreign_formats import foreign_format
from .packed import Content, TooLarge, is_zip, spooled, unwrapped

_BOM = b"\xef\xbb\xbf"
_HEAD = 4096
_CHUNK = 1024 * 1024
_MAX_LAYERS = 4
"""Of wrapping, one in the other."""


def open_capture(path: Path) -> CaptureFile:
    """A capture file, recognised by its content, whatever it is wrapped in.

    Raises:
        CaptureError: if it cannot be opened, or is nothing that is read.
    """
    try:
        return _opened(path)
    except OSError as error:
        raise CaptureError(f"{path}: cannot be read: {error.strerror or error}") from error
    except (TooLarge, archives.NoRecording, charles.NoSession) as error:
        raise CaptureError(f"{path}: {error}") from error


def _opened(path: Path) -> CaptureFile:
    size = path.stat().st_size
    content = Content(path, size)
    for _ in range(_MAX_LAYERS + 1):
        with content.path.open("rb") as file:
            head = file.read(_HEAD)
            file.seek(0)
            pieces = unwrapped(file, head)
            if pieces is not None:
                content = spooled(pieces, size)
                continue
        if is_zip(head):
            content = archives.unpacked(content.path, size)
            continue
        return _recognised(path, content, head)
    raise CaptureError(f"{path}: wrapped more than {_MAX_LAYERS} times; unpack it first")


def _recognised(path: Path, content: Content, head: bytes) -> CaptureFile:
    if not head and content.held is not None:
        raise CaptureError(f"{path}: packed, and nothing comes out of it; it is damaged, or what was packed is empty")
    if not head:
        raise CaptureError(f"{path}: the file is empty; nothing was captured into it")
    text = head.removeprefix(_BOM).lstrip()
    if text.startswith(b"["):
        content = charles.as_har(content.path, content.size)
        text = b"{"
    if text.startswith(b"{"):
        return har.open_har(path, _identity(path), content)
    if flows.looks_like_flows(head):
        return flows.open_flows(path, _identity(path), content)
    foreign = foreign_format(path, head)
    if foreign is not None:
        raise CaptureError(f"{path}: {foreign.name}, which is not read; {foreign.instead}")
    raise CaptureError(
        f"{path}: no capture; expected a mitmproxy flow file (mitmdump -w FILE) or a HAR (a browser's network panel, export), a JSON"
        " session of Charles (.chlsj) or a trace of Playwright, packed with gzip or zip or not"
    )


def _identity(path: Path) -> Identity:
    digest, secret, size = hashlib.sha256(), hashlib.blake2b(digest_size=32), 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            secret.update(chunk)
            size += len(chunk)
    return Identity(digest.hexdigest(), secret.digest(), size)
