"""Who may send reports and read results: the run's secret does both, and each page with the probe has a key for its own
reports."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import shutil
import tempfile
from collections import Counter
from contextlib import suppress
from pathlib import Path

from addon.held_file import HeldFile, is_held

HEADER = "x-consentwire-secret"
"""Header with the run's secret. Because it is a custom header, browsers send a preflight request first, so pages of other
origins are refused."""

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""The letters and digits of a pairing code, without those that look alike."""
_CODE = 8
_MAX_WRONG = 10
"""After so many wrong codes, no more are accepted from a device."""


_FOLDERS = ("consentwire-browser-", "pymp-")
"""What folders are called that a run makes: a browser's profile, and multiprocessing's sockets."""


class TooManyTries(Exception):
    """A device gave too many wrong codes."""


class Keys:
    """The secret of one run, and the page keys derived from it. A page key is write-only and bound to one host and client:
    whoever has it can send reports for that page, and can read nothing."""

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


class RunFile:
    """The file of a running capture, readable by its owner alone: its secret, and what it has made that has to go when it ends.

    The first line is the secret, each further one a folder. The run holds it as long as it lives.
    """

    def __init__(self, port: int, keys: Keys) -> None:
        """Writes it, and takes away what runs have left that are dead.

        Raises:
            OSError: if it cannot be written, or the folder is somebody else's.
        """
        path = run_file(port)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        if not _is_ours(path.parent):
            raise PermissionError(f"{path.parent} belongs to somebody else")
        sweep(path.parent)
        path.unlink(missing_ok=True)
        self._file = HeldFile(path)
        self._file.write(json.dumps({"secret": keys.secret}).encode() + b"\n")
        self.path = path

    def close(self) -> None:
        """Takes it away."""
        self._file.close(remove=True)


def leaves_behind(port: int, folder: Path) -> None:
    """Notes a folder that goes with the run on a port, for the next one to take away if this one cannot."""
    path = run_file(port)
    with suppress(OSError), path.open("ab") as file:
        if is_held(path):
            file.write(json.dumps(str(folder)).encode() + b"\n")


def sweep(folder: Path) -> None:
    """Takes away what runs have left that were ended by force: their files here, and the folders that these name."""
    for path in folder.glob("run-*.json"):
        if is_held(path):
            continue
        with suppress(OSError, ValueError):
            for line in path.read_text().splitlines()[1:]:
                with suppress(OSError, ValueError, TypeError):
                    _take_away(Path(json.loads(line)))
        with suppress(OSError):
            path.unlink(missing_ok=True)


def _take_away(folder: Path) -> None:
    """Removes a folder that a run made. What a browser still uses stays, and so does what is no such folder of ours."""
    if folder.parent != Path(tempfile.gettempdir()) or not folder.name.startswith(_FOLDERS) or not _is_ours(folder):
        return
    with suppress(OSError, ValueError):
        browser = int(str((folder / "SingletonLock").readlink()).rpartition("-")[2])
        os.kill(browser, 0)
        return
    shutil.rmtree(folder, ignore_errors=True)


def _is_ours(folder: Path) -> bool:
    if folder.is_symlink() or not folder.is_dir():
        return False
    return not hasattr(os, "getuid") or folder.stat().st_uid == os.getuid()


def secret_left(port: int) -> str | None:
    """The secret of the run that listens on a port; ``None`` if there is no such run of this person."""
    path = run_file(port)
    try:
        first = path.read_text().splitlines()[0]
        return str(json.loads(first)["secret"]) if is_held(path) else None
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return None
