"""A violation as Markdown, for a bug tracker. What the wire says stands in code, where no tracker reads it as markup."""

from __future__ import annotations

from collections.abc import Sequence

from .names import Names
from .rows import ExchangeRow, Session, Violation
from .rules import Rule
from .sentences import expected, phase, title, verdict_meaning
from .steps import Step


def markdown(
    violation: Violation,
    session: Session | None,
    carrier: ExchangeRow | None,
    rule: Rule | None,
    steps: Sequence[Step],
    names: Names,
) -> str:
    """Title, facts, steps, expected and observed."""
    place = violation.site or "unknown"
    facts = {
        "Verdict": f"{violation.verdict}: {verdict_meaning(violation.verdict, rule)}",
        "Phase": phase(violation.phase, rule),
        "Rule": violation.rule,
        "Receiver": names.receiver(violation.vendor, violation.destination),
        "Site or app": place,
        "When": violation.occurred_at,
        "Client": (session.user_agent if session else None) or "unknown",
        "Request": f"{carrier.method} {carrier.url[:500]}" if carrier else "unknown",
        "Finding": violation.fingerprint,
    }
    lines = [f"# {_plain(title(violation.explanation, violation.verdict, names, violation.vendor))}", ""]
    lines += [f"- {name}: {_code(value)}" for name, value in facts.items() if value is not None]
    if steps:
        lines += ["", "## Steps", ""]
        lines += [f"{number}. {_code(step.text)} ({step.known})" for number, step in enumerate(steps, 1)]
    wanted = expected(violation.phase, violation.category, rule)
    if rule is None or wanted != rule.fix:
        lines += ["", "## Expected", "", wanted]
    lines += ["", "## Observed", "", _code(violation.explanation)]
    if rule is not None:
        lines += ["", "## How to fix", "", rule.fix]
    return "\n".join(lines) + "\n"


def _code(text: str) -> str:
    """Inline code that nothing within can close."""
    flat = " ".join(text.split())
    fence = "`"
    while fence in flat:
        fence += "`"
    space = " " if "`" in flat else ""
    return f"{fence}{space}{flat}{space}{fence}"


def _plain(text: str) -> str:
    """A headline without characters that trackers read as markup."""
    flat = " ".join(text.split())
    return "".join(f"\\{letter}" if letter in "\\`*_{}[]<>#|!" else letter for letter in flat)
