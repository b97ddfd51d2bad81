"""What the end-to-end tests need: Node packages, bundles, a browser. Under CI they must be there; elsewhere tests that need
what is missing say so and are skipped."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from playwright.sync_api import Browser, Playwright, sync_playwright

WEB = Path(__file__).parent / "web"
FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def missing(what: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(f"{what}, and under CI the end-to-end tests must run")
    pytest.skip(what)


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all processes of one test run share."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def packages(shared: Path) -> Path:
    """The folder with the real SDKs and consent managers, installed."""
    with FileLock(shared / "packages.lock"):
        _install_packages()
    return WEB


def _install_packages() -> None:
    if shutil.which("node") is None or shutil.which("npm") is None:
        missing("Node.js with npm is not installed")
    wanted, there = WEB / "package-lock.json", WEB / "node_modules" / ".package-lock.json"
    if not there.is_file() or there.stat().st_mtime < wanted.stat().st_mtime:
        command = ["npm", "ci", "--no-audit", "--no-fund"]
        installed = subprocess.run(command, cwd=WEB, capture_output=True, text=True, check=False)
        if installed.returncode != 0:
            missing(f"npm could not install the SDKs: {installed.stderr.strip()[-300:]}")


@pytest.fixture(scope="session")
def web(packages: Path, shared: Path) -> Path:
    """The sites and apps, bundled with the real SDKs and consent managers."""
    out = shared / "web"
    with FileLock(shared / "web.lock"):
        if not out.exists():
            out.mkdir()
            subprocess.run(["node", "build.mjs", str(out)], cwd=packages, check=True)
    return out


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser as testers have it, with its windows."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        missing("Chromium is not installed")
    return str(path)


@pytest.fixture(scope="session")
def headless(chromium: str) -> str:
    """The same browser without windows, which takes a third of the time, if it is installed."""
    return shutil.which("chromium-headless-shell") or chromium


@pytest.fixture(scope="session")
def driver() -> Iterator[Playwright]:
    """Playwright, of which there can be one at a time."""
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browser(headless: str, driver: Playwright) -> Iterator[Browser]:
    launched = driver.chromium.launch(executable_path=headless, args=FLAGS)
    yield launched
    launched.close()
