"""The one order in which findings are listed, the gravest first.

1. What is held against a capture, before what was taken back or is suppressed by the policy.
2. Severity: an error, however unsure, before a warning, however sure. Who reads from the top wants to know first what may break the
   law, and what fails a gate.
3. Verdict, the surest first.
4. How many violations, the most first.
5. Rule, site, vendor, destination, event and fingerprint, by name: so that two runs list the same findings in the same order.

SQL and Python are made from the same terms, so that a list that the database sorts is one that we would have sorted alike.
"""

from __future__ import annotations

from addon.store.selection import rank

from .rows import SUPPRESSED, Finding, Violation
from .rules import Severity, Verdict

SEVERITIES = tuple(Severity)
"""The gravest first."""
VERDICTS = tuple(Verdict)
"""The surest first."""
HELD = tuple(verdict for verdict in Verdict if verdict is not Verdict.CLEARED)
"""The verdicts that count."""
_RANKS = {"severity": SEVERITIES, "verdict": VERDICTS}
_NAMES = ("rule", "site", "vendor", "destination", "event_name", "fingerprint")


def counts(alias: str = "") -> str:
    """SQL: whether a row of ``findings`` is held against its captures, as ``Finding.counts``."""
    prefix = f"{alias}." if alias else ""
    return f"({prefix}triage <> '{SUPPRESSED}' AND {prefix}verdict <> '{Verdict.CLEARED}')"


def gravest_first(alias: str = "") -> str:
    """SQL: what stands behind ORDER BY, for rows of ``findings``."""
    prefix = f"{alias}." if alias else ""
    ranks = [rank(f"{prefix}{column}", order) for column, order in _RANKS.items()]
    names = [f"coalesce({prefix}{name}, '')" for name in _NAMES]
    return ", ".join([f"{counts(alias)} DESC", *ranks, f"{prefix}violations DESC", *names])


def gravity(finding: Finding) -> tuple[object, ...]:
    """The same for ``sorted``."""
    ranks = [order.index(getattr(finding, column)) for column, order in _RANKS.items()]
    names = [(getattr(finding, name) or "").encode("utf-8", "surrogatepass") for name in _NAMES]
    return (not finding.counts, *ranks, -finding.violations, *names)


def violation_gravity(violation: Violation) -> tuple[object, ...]:
    """The same order for the violations of one act."""
    ranks = [_place(order, getattr(violation, column)) for column, order in _RANKS.items()]
    return (not violation.counted, *ranks, violation.rule, violation.destination or "", violation.id)


def _place(order: tuple[str, ...], value: str) -> int:
    return order.index(value) if value in order else len(order)
