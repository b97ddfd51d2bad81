"""Colours: readable in light and dark, on paper, panels and washes (WCAG AA)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

STYLES = Path(__file__).parents[2] / "datasette_plugins" / "static"
TEXT = ("ink", "soft", "link", "confirmed", "likely", "unproven", "cleared")
GRAPHICS = ("granted", "denied", "unanswered", "unknown")


def tokens(dark: bool) -> dict[str, str]:
    """Name -> colour; dark ones on top of the light ones."""
    css = (STYLES / "common.css").read_text()
    light, _, after = css.partition("@media (prefers-color-scheme: dark)")
    found = dict(re.findall(r"--cw-([a-z-]+): (#[0-9a-f]{6});", light))
    return {**found, **dict(re.findall(r"--cw-([a-z-]+): (#[0-9a-f]{6});", after))} if dark else found


def luminance(colour: str) -> float:
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_text_can_be_read_on_every_ground(dark: bool) -> None:
    known = tokens(dark)
    for name in TEXT:
        for ground in ("paper", "panel", "sunk"):
            assert contrast(known[name], known[ground]) >= 4.5, (name, ground)
    for verdict in ("confirmed", "likely", "unproven", "cleared"):
        assert contrast(known[verdict], known[f"{verdict}-wash"]) >= 4.5, verdict
    assert contrast(known["on-accent"], known["accent"]) >= 4.5


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_ribbon_can_be_told_from_its_ground_and_its_labels_read(dark: bool) -> None:
    known = tokens(dark)
    for name in GRAPHICS:
        assert contrast(known[name], known["panel"]) >= 3, name
    for name in ("granted", "denied"):
        assert contrast("#ffffff", known[name]) >= 4.5, name


def test_styles_name_no_address_outside() -> None:
    for file in STYLES.iterdir():
        text = file.read_text().replace("http://www.w3.org/2000/svg", "")
        assert "http" not in text, file
        assert "@import" not in text, file
