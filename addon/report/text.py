"""Text for a terminal: what comes from the wire, made harmless, and one finding on one line."""

from __future__ import annotations

import re

from rich.markup import escape

from addon.findings.rules import Verdict

STYLES = {
    Verdict.CONFIRMED: "bold red",
    Verdict.LIKELY: "yellow",
    Verdict.UNPROVEN: "cyan",
    Verdict.CLEARED: "dim",
}
"""How a verdict looks."""
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
"""C0, C1, line separators, and what turns the direction of writing."""


def plain(text: str) -> str:
    """Text from the wire or from a file as one line for a terminal, whose cursor and colours it must not reach."""
    return _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", text)


def line(verdict: str, rule: str, explanation: str) -> str:
    """One finding on one line, in rich markup: for a running capture."""
    return f"[{STYLES[Verdict(verdict)]}]{verdict}[/] [bold]{rule}[/] {escape(plain(explanation))}"
