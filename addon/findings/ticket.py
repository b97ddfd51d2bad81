"""A violation as Markdown, for a bug tracker. What the wire says stands in code, where no tracker reads it as markup."""

from __future__ import annotations

from collections.abc import Sequence

from .causes import Cause, Explained
from .names import Names
from .rows import ExchangeRow, Session, Violation
from .rules import Rule, rule_of
from .sentences import expected, phase, title, verdict_meaning
from .steps import Step
from .text import counted

_MOST_FINDINGS = 20


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
    lines = [f"# {plain(title(violation.explanation, violation.verdict, names, violation.vendor))}", ""]
    lines += [f"- {name}: {code(value)}" for name, value in facts.items() if value is not None]
    if steps:
        lines += ["", "## Steps", ""]
        lines += [f"{number}. {code(step.text)} ({step.known})" for number, step in enumerate(steps, 1)]
    wanted = expected(violation.phase, violation.category, rule)
    if rule is None or wanted != rule.fix:
        lines += ["", "## Expected", "", wanted]
    lines += ["", "## Observed", "", code(violation.explanation)]
    if rule is not None:
        lines += ["", "## How to fix", "", rule.fix]
    return "\n".join(lines) + "\n"


def cause_markdown(cause: Cause, explained: Sequence[Explained], steps: Sequence[Step], names: Names) -> str:
    """A cause as Markdown: what is wrong, what it concerns, how to see it, and the change that ends it."""
    facts = {
        "Surest verdict": f"{cause.verdict} ({cause.severity})",
        "Violations": f"{cause.violations:,}: {cause.certainty}",
        "Site or app": cause.site or "unknown",
        "First seen": cause.first_at or "unknown",
        "Last seen": cause.last_at or "unknown",
        "Cause": cause.id,
    }
    lines = [f"# {plain(cause.title)}", ""]
    consequence = cause.consequence(names)
    lines += [plain(consequence), ""] if consequence else []
    lines += [f"- {name}: {code(value)}" for name, value in facts.items()]
    lines += ["", "## Findings", ""]
    for each in explained[:_MOST_FINDINGS]:
        found = each.example
        sentence = title(found.explanation, found.verdict, names, found.vendor)
        lines.append(f"- {code(sentence)} ({found.verdict}, {counted(each.violations, 'violation')})")
    if len(cause.by_finding) > _MOST_FINDINGS:
        lines.append(f"- and {len(cause.by_finding) - _MOST_FINDINGS:,} more")
    if steps:
        lines += ["", "## Steps", ""]
        lines += [f"{number}. {code(step.text)} ({step.known})" for number, step in enumerate(steps, 1)]
    if explained:
        example = explained[0].example
        expectation = expected(example.phase, example.category, rule_of(example.rule))
        lines += ["", "## Expected", "", expectation] if expectation != cause.fix else []
        lines += ["", "## Observed", "", code(example.explanation)]
    if cause.fix:
        lines += ["", "## How to fix", "", cause.fix]
    return "\n".join(lines) + "\n"


def code(text: str) -> str:
    """Inline code that nothing within can close."""
    flat = " ".join(text.split())
    fence = "`"
    while fence in flat:
        fence += "`"
    space = " " if "`" in flat else ""
    return f"{fence}{space}{flat}{space}{fence}"


def plain(text: str) -> str:
    """A headline without characters that trackers read as markup."""
    flat = " ".join(text.split())
    return "".join(f"\\{letter}" if letter in "\\`*_{}[]<>#|!" else letter for letter in flat)
