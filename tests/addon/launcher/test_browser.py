"""The isolated browser: found or missed, started with what isolates it, and gone without a trace."""

from __future__ import annotations

import base64
import hashlib
import os
import sys
import tempfile
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from mitmproxy.certs import CertStore

from addon.cli import main
from addon.launcher import browser
from addon.launcher.browser import Browser, BrowserError, find, require_display, spki_hash

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="stands in for a browser with a shell script")


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the whole PATH, on a machine without any browser."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(browser, "_PLACES", {"chromium": (), "chrome": ()})
    return folder


@pytest.fixture
def profiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where profiles are made."""
    folder = tmp_path / "profiles"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def authority(tmp_path: Path) -> Path:
    """The certificate of mitmproxy's authority."""
    CertStore.from_store(tmp_path / "conf", "mitmproxy", 2048)
    return tmp_path / "conf" / "mitmproxy-ca-cert.pem"


def program(folder: Path, name: str, text: str = "#!/bin/sh\nexec /bin/sleep 600\n") -> Path:
    path = folder / name
    path.write_text(text)
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("chromium", "chromium"),
        ("chromium", "chromium-browser"),
        ("chrome", "google-chrome"),
        ("chrome", "google-chrome-stable"),
    ],
)
def test_a_browser_is_found_by_each_of_its_names(programs: Path, kind: str, name: str) -> None:
    place = program(programs, name)
    assert find(kind) == str(place)


def test_a_browser_is_found_where_it_is_installed_without_a_command(
    programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = program(tmp_path, "Google Chrome")
    monkeypatch.setattr(browser, "_PLACES", {"chrome": ("/nowhere", str(place))})
    assert find("chrome") == str(place)


@pytest.mark.parametrize(("kind", "other"), [("chromium", "chrome"), ("chrome", "chromium")])
def test_a_missing_browser_says_what_to_do(programs: Path, kind: str, other: str) -> None:
    with pytest.raises(
        BrowserError, match=f"no {kind} was found; install it, try --browser {other}, or .* --browser none"
    ):
        find(kind)


def test_run_says_which_browser_is_missing_before_it_starts_anything(programs: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["run", "--browser", "chromium", "--db", str(tmp_path / "a.db")])
    assert (result.exit_code, result.stdout) == (2, "")
    assert "no chromium was found" in result.stderr
    assert not (tmp_path / "a.db").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is always a display")
def test_run_says_that_there_is_no_display_before_it_starts_anything(
    programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(programs, "chromium")
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    result = CliRunner().invoke(main, ["run", "--browser", "chromium", "--db", str(tmp_path / "a.db")])
    assert (result.exit_code, result.stdout) == (2, "")
    assert "there is no display to open a browser on" in result.stderr and "--browser none" in result.stderr
    assert not (tmp_path / "a.db").exists()
    monkeypatch.setenv("DISPLAY", "")
    with pytest.raises(BrowserError, match="no display"):
        require_display()
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.setenv(name, ":0")
        require_display()
        monkeypatch.delenv(name)


def test_the_authority_is_known_by_the_hash_of_its_public_key(authority: Path) -> None:
    loaded = x509.load_pem_x509_certificate(authority.read_bytes())
    key = loaded.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert base64.b64decode(spki_hash(authority)) == hashlib.sha256(key).digest()


@pytest.mark.parametrize("content", [None, b"", b"no certificate"])
def test_a_certificate_that_cannot_be_read_is_said(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "ca.pem").write_bytes(content)
    with pytest.raises(BrowserError, match=r"ca\.pem: the proxy's certificate cannot be read"):
        spki_hash(tmp_path / "ca.pem")


def test_a_browser_is_started_apart_and_leaves_nothing_behind(programs: Path, profiles: Path, authority: Path) -> None:
    program(programs, "chromium", f'#!/bin/sh\nfor a in "$@"; do echo "$a"; done > {programs}/arguments.part\n'
            f"/bin/mv {programs}/arguments.part {programs}/arguments\nexec /bin/sleep 600\n")  # fmt: skip
    started = Browser("chromium", 8080, authority, (8001, 8002), ("--headless",))
    for _ in range(2000):
        if (programs / "arguments").exists():
            break
        threading.Event().wait(0.005)
    arguments = (programs / "arguments").read_text().splitlines()
    (profile,) = profiles.iterdir()
    assert f"--user-data-dir={profile}" in arguments
    assert "--proxy-server=http://127.0.0.1:8080" in arguments
    assert "--proxy-bypass-list=<-loopback>;127.0.0.1:8001;127.0.0.1:8002" in arguments
    assert f"--ignore-certificate-errors-spki-list={spki_hash(authority)}" in arguments
    assert {"--headless", "--disable-quic", "--no-first-run"} <= set(arguments)
    assert ("--no-sandbox" in arguments) is (sys.platform == "linux" and os.geteuid() == 0)
    assert arguments[-1] == "about:blank"
    started.close()
    assert started._process.poll() is not None
    assert list(profiles.iterdir()) == []
    started.close()


def test_a_browser_that_was_closed_by_hand_is_cleared_away(programs: Path, profiles: Path, authority: Path) -> None:
    program(programs, "chromium", "#!/bin/sh\nexit 3\n")
    started = Browser("chromium", 8080, authority, ())
    started._process.wait()
    started.close()
    assert list(profiles.iterdir()) == []


def test_a_browser_that_does_not_let_go_is_made_to(
    programs: Path, profiles: Path, authority: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(programs, "chromium")
    started = Browser("chromium", 8080, authority, ())
    monkeypatch.setattr(started._process, "terminate", lambda: None)
    wait = started._process.wait
    monkeypatch.setattr(started._process, "wait", lambda timeout=None: wait(None if timeout is None else 0.01))
    started.close()
    assert started._process.poll() is not None
    assert list(profiles.iterdir()) == []


def test_how_a_browser_ended_is_told(
    programs: Path, profiles: Path, authority: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(programs, "chromium")
    started = Browser("chromium", 8080, authority, ())
    assert started.ended() is None
    started.close()
    monkeypatch.setattr(browser, "_STARTING_SECONDS", 0.0)
    assert started.ended() == "The browser was closed"
    monkeypatch.undo()
    assert list(profiles.iterdir()) == []


def test_a_browser_that_ends_at_once_says_why(programs: Path, profiles: Path, authority: Path) -> None:
    program(programs, "chromium", "#!/bin/sh\necho first >&2\necho 'Missing X server or $DISPLAY' >&2\nexit 1\n")
    started = Browser("chromium", 8080, authority, ())
    started._process.wait()
    reason = started.ended()
    assert reason == "The browser ended as soon as it was started (exit code 1: Missing X server or $DISPLAY)"
    started.close()
    assert list(profiles.iterdir()) == []


@pytest.mark.parametrize("broken", ["missing", "certificate", "program"])
def test_a_browser_that_does_not_start_leaves_nothing_behind(
    programs: Path, profiles: Path, authority: Path, broken: str
) -> None:
    if broken != "missing":
        program(programs, "chrome", "no program at all" if broken == "program" else "#!/bin/sh\n")
    certificate = programs / "none.pem" if broken == "certificate" else authority
    with pytest.raises(BrowserError):
        Browser("chrome", 8080, certificate, ())
    assert list(profiles.iterdir()) == []
