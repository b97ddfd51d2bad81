"""Who may tell and ask: a secret for the run, and a key for each page that carries the probe."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import tempfile
from collections import Counter
from pathlib import Path

HEADER = "x-consentwire-secret"
"""Carries the run's secret. That it is a header of its own makes a browser ask first, and pages of other origins are refused."""

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Without those that look alike."""
_CODE = 8
_MAX_WRONG = 10
"""Wrong codes of one device, after which it is asked no more."""


class TooManyTries(Exception):
    """A device gave too many wrong codes."""


class Keys:
    """The secret of one run, and the page keys made from it. A page's key holds for its own host and client alone, so whoever
    gets hold of it can speak for the page that it was in and for nothing else, and can ask nothing."""

    def __init__(self) -> None:
        self.secret = secrets.token_urlsafe(32)
        self.code = "".join(secrets.choice(_LETTERS) for _ in range(_CODE))
        """Shown in the terminal alone: a device in the network whose user types or scans it is given the secret."""
        self._wrong: Counter[str] = Counter()

    def admits(self, code: str, client: str) -> bool:
        """Whether a device's user has seen the code of this run.

        Raises:
            TooManyTries: if this device guessed too often.
        """
        if self._wrong[client] >= _MAX_WRONG:
            raise TooManyTries
        given = "".join(code.upper().split()).replace("-", "")
        if given.isascii() and hmac.compare_digest(given, self.code):
            return True
        self._wrong[client] += 1
        return False

    def page_key(self, client: str, host: str) -> str:
        nonce = secrets.token_urlsafe(9)
        return f"{nonce}.{self._signed(nonce, client, host)}"

    def holds(self, key: str, client: str, host: str) -> bool:
        """Whether a key was given to a page of this host, opened by this client."""
        nonce, _, signature = key.partition(".")
        return signature.isascii() and hmac.compare_digest(signature, self._signed(nonce, client, host))

    def is_secret(self, given: str | None) -> bool:
        return given is not None and given.isascii() and hmac.compare_digest(given, self.secret)

    def _signed(self, nonce: str, client: str, host: str) -> str:
        message = json.dumps([nonce, client, host]).encode()
        return hmac.new(self.secret.encode(), message, hashlib.sha256).hexdigest()[:32]


def run_file(port: int) -> Path:
    """Where the run that listens on a port leaves its secret for commands of the same person."""
    owner = os.getuid() if hasattr(os, "getuid") else "user"
    return Path(tempfile.gettempdir()) / f"consentwire-{owner}" / f"run-{port}.json"


def leave_secret(port: int, keys: Keys) -> Path:
    """Writes the run file, readable by its owner alone.

    Raises:
        OSError: if it cannot be written, or the folder is somebody else's.
    """
    path = run_file(port)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    if hasattr(os, "getuid") and (path.parent.is_symlink() or path.parent.stat().st_uid != os.getuid()):
        raise PermissionError(f"{path.parent} belongs to somebody else")
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump({"secret": keys.secret}, file)
    return path


def secret_left(port: int) -> str | None:
    """The secret of the run that listens on a port; ``None`` if there is no such run of this person."""
    try:
        return str(json.loads(run_file(port).read_text())["secret"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
