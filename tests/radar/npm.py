"""Installs the newest versions of packages."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

_LONGEST_WAIT = 180
"""Seconds for npm to install a few packages."""
_SHOWN = 300


class NotInstalled(Exception):
    """npm is missing, or reaches no registry; says which."""


def installed(packages: Iterable[str], folder: Path) -> dict[str, Path]:
    """The newest version of each, by name; nothing of them is run on the way.

    Raises:
        NotInstalled: if there is no npm, or it cannot install them.
    """
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        raise NotInstalled("Node.js with npm is not installed")
    names = list(packages)
    (folder / "package.json").write_text('{"private": true}', encoding="utf-8")
    quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--fetch-retries=1"]
    command = [npm, "install", *quiet, *(f"{name}@latest" for name in names)]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=_LONGEST_WAIT, check=False)
    except subprocess.TimeoutExpired:
        raise NotInstalled(f"npm did not answer within {_LONGEST_WAIT} seconds") from None
    if done.returncode != 0:
        raise NotInstalled(f"npm could not install the newest libraries: {done.stderr.strip()[-_SHOWN:]}")
    return {name: folder / "node_modules" / name for name in names}
