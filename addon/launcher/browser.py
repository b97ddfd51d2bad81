"""An isolated Chromium that uses the proxy and trusts its certificate authority; no other program is affected.

A fresh profile, ``--proxy-server``, and the authority's public key by hash (``--ignore-certificate-errors-spki-list``), so
that no certificate has to be installed anywhere: as HTTP Toolkit starts its browsers.
"""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from addon.observe.keys import leaves_behind

_NAMES = {
    "chromium": ("chromium", "chromium-browser"),
    "chrome": ("google-chrome", "google-chrome-stable", "chrome"),
}
_PLACES = {
    "chromium": ("/Applications/Chromium.app/Contents/MacOS/Chromium",),
    "chrome": (
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        r"C:\Program Files\Google\Chrome\Application\chrome.exe",
        r"C:\Program Files (x86)\Google\Chrome\Application\chrome.exe",
    ),
}
_QUIET = (
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-features=OptimizationHints,MediaRouter,Translate",
)


_STARTING_SECONDS = 5.0
"""Seconds: a browser that fails within them did not start."""
_LAST_WORDS = 500
"""Bytes of its output in which the reason is looked for."""


class BrowserError(Exception):
    """A browser cannot be started; the message names it and says what to do."""


def find(kind: str) -> str:
    """The program of a browser.

    Raises:
        BrowserError: if it is not installed.
    """
    found = next((path for name in _NAMES[kind] if (path := shutil.which(name))), None)
    found = found or next((place for place in _PLACES[kind] if Path(place).exists()), None)
    if found is None:
        other = "chrome" if kind == "chromium" else "chromium"
        raise BrowserError(
            f"no {kind} was found; install it, try --browser {other}, or set up your own browser with --browser none"
        )
    return found


def require_display() -> None:
    """Makes sure that a window can be opened.

    Raises:
        BrowserError: if there is no display to open it on.
    """
    if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise BrowserError(
            "there is no display to open a browser on (neither DISPLAY nor WAYLAND_DISPLAY is set); start it in a desktop session"
            " or under xvfb-run, or set up your own browser or device with --browser none"
        )


def spki_hash(certificate: Path) -> str:
    """The base64 SHA-256 of a certificate's public key, as Chromium takes it.

    Raises:
        BrowserError: if the certificate cannot be read.
    """
    try:
        loaded = x509.load_pem_x509_certificate(certificate.read_bytes())
    except (OSError, ValueError) as error:
        raise BrowserError(f"{certificate}: the proxy's certificate cannot be read: {error}") from error
    key = loaded.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(key).digest()).decode()


class Browser:
    """A running browser with a profile of its own, which is deleted when the browser is closed."""

    def __init__(
        self, kind: str, proxy_port: int, certificate: Path, own_ports: tuple[int, ...], extra: tuple[str, ...] = ()
    ) -> None:
        """Starts it.

        Args:
            own_ports: ports of this machine that it reaches directly: consentwire's own pages, which the proxy refuses.
            extra: further command-line switches.

        Raises:
            BrowserError: if it cannot be started.
        """
        program, trusted = find(kind), spki_hash(certificate)
        self._profile = tempfile.mkdtemp(prefix="consentwire-browser-")
        leaves_behind(proxy_port, Path(self._profile))
        bypass = ";".join(("<-loopback>", *(f"127.0.0.1:{port}" for port in own_ports)))
        command = [
            program,
            f"--user-data-dir={self._profile}",
            f"--proxy-server=http://127.0.0.1:{proxy_port}",
            f"--proxy-bypass-list={bypass}",
            f"--ignore-certificate-errors-spki-list={trusted}",
            *_QUIET,
            *extra,
        ]
        if sys.platform == "linux" and os.geteuid() == 0:
            command.append("--no-sandbox")  # Chromium refuses to run as root with it
        self.command = [*command, "about:blank"]
        """Opens its window again, with the same profile."""
        self._log = Path(self._profile) / "consentwire-stderr.txt"
        self._started = time.monotonic()
        try:
            with self._log.open("wb") as log:
                self._process = subprocess.Popen(
                    self.command, stdout=subprocess.DEVNULL, stderr=log, start_new_session=True
                )
        except OSError as error:
            shutil.rmtree(self._profile, ignore_errors=True)
            raise BrowserError(f"{program} did not start: {error.strerror}") from error

    def ended(self) -> str | None:
        """How it ended, in words; ``None`` while it runs."""
        code = self._process.poll()
        if code is None:
            return None
        if code == 0 or time.monotonic() - self._started > _STARTING_SECONDS:
            return "The browser was closed"
        return f"The browser ended as soon as it was started (exit code {code}{self._last_words()})"

    def _last_words(self) -> str:
        try:
            with self._log.open("rb") as log:
                log.seek(max(0, self._log.stat().st_size - _LAST_WORDS))
                lines = [line for line in log.read().decode("utf-8", "replace").splitlines() if line.strip()]
        except OSError:
            return ""
        return f": {lines[-1].strip()}" if lines else ""

    def close(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._profile, ignore_errors=True)
