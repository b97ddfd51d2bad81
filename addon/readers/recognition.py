"""Which reader a recorded capture needs, by its content."""

from __future__ import annotations

import hashlib
from pathlib import Path

from . import flows, har
from .capture import CaptureError, CaptureFile, Identity

_BOM = b"\xef\xbb\xbf"
_HEAD = 4096
_CHUNK = 1024 * 1024


def open_capture(path: Path) -> CaptureFile:
    """A capture file, recognised by its content.

    Raises:
        CaptureError: if it cannot be opened or is neither kind.
    """
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError as error:
        raise CaptureError(f"{path}: cannot be read: {error.strerror}") from error
    if not head:
        raise CaptureError(f"{path}: the file is empty; nothing was captured into it")
    text = head.removeprefix(_BOM).lstrip()
    if text.startswith(b"{"):
        return har.open_har(path, _identity(path))
    if flows.looks_like_flows(head):
        return flows.open_flows(path, _identity(path))
    raise CaptureError(
        f"{path}: no capture; expected a mitmproxy flow file (mitmdump -w FILE) or a HAR (a browser's network panel, export)"
    )


def _identity(path: Path) -> Identity:
    digest, secret, size = hashlib.sha256(), hashlib.blake2b(digest_size=32), 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            secret.update(chunk)
            size += len(chunk)
    return Identity(digest.hexdigest(), secret.digest(), size)
