"""A catalogue folder of a user's own, for the tests of what works with one."""

from __future__ import annotations

from pathlib import Path

STRANGER = """\
id = "stranger"
name = "Stranger Analytics"
category = "analytics"
category_reason = "It counts."
website = "https://stranger.example"
sources = ["our own notes"]

[[endpoints]]
kind = "collect"
host = "collect.stranger.example"
path = "^/t$"
sources = ["our own notes"]
matches = ["https://collect.stranger.example/t"]
rejects = ["https://collect.stranger.example/x"]
"""
BROKEN = 'id = "broken"\nname = "Broken"\ncategory = "spying"\n'


def own_folder(at: Path, *, broken: bool = False) -> Path:
    """A folder with one vendor, and perhaps a file that does not hold."""
    (at / "vendors").mkdir(parents=True)
    (at / "vendors" / "stranger.toml").write_text(STRANGER)
    if broken:
        (at / "vendors" / "broken.toml").write_text(BROKEN)
    return at
