"""Causes: what one change would end. The gravest first, each with the findings that it explains."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from addon.judge.cause import CauseName
from addon.judge.causes import all_causes
from addon.store.selection import rank

from .gravity import HELD, SEVERITIES, gravity
from .names import Names
from .query import Connection
from .rows import COUNTED, Finding, Violation, findings, violations
from .rules import Phase, Severity, Verdict, rule_of
from .sentences import PHASE_CLAUSES, lead
from .text import counted, joined

_COUNTS = """
SELECT cause, fingerprint, phase, verdict, sum(violations) FROM violation_counts
WHERE verdict <> 'cleared' AND NOT suppressed GROUP BY cause, fingerprint, phase, verdict
"""
_SPAN = """
SELECT (SELECT occurred_at FROM violations WHERE cause = :cause AND verdict <> 'cleared' AND suppressed IS NULL
        ORDER BY occurred_at LIMIT 1),
       (SELECT occurred_at FROM violations WHERE cause = :cause AND verdict <> 'cleared' AND suppressed IS NULL
        ORDER BY occurred_at DESC LIMIT 1)
"""
_EXAMPLE = f"""
WHERE v.cause = :cause AND v.fingerprint = :fingerprint AND {COUNTED}
ORDER BY {rank("v.verdict", list(HELD))}, v.occurred_at, v.id LIMIT 1
"""
_MOST_RECEIVERS = 4


@dataclass(slots=True, kw_only=True)
class Cause:
    """What one change would end. Suppressed violations and those that were taken back count nowhere in it."""

    id: str
    kind: str
    """Slug of its kind; ``alone`` for a finding that shares its cause with no other."""
    title: str
    """What is wrong, in a sentence without its full stop."""
    fix: str
    vendor: str | None
    destination: str | None
    site: str | None
    severity: Severity = Severity.NOTE
    """The gravest among its violations."""
    verdict: Verdict = Verdict.UNPROVEN
    """The surest among those of that severity."""
    verdicts: Counter[str] = field(default_factory=Counter)
    """Violations by verdict."""
    phases: Counter[str] = field(default_factory=Counter)
    """Violations by phase, of the rules that judge a moment."""
    by_finding: Counter[str] = field(default_factory=Counter)
    """Its violations by the finding's fingerprint: violations of one finding may have several causes."""
    findings: list[Finding] = field(default_factory=list)
    """The gravest first."""
    first_at: str | None = None
    last_at: str | None = None

    @property
    def violations(self) -> int:
        """How many would go."""
        return sum(self.verdicts.values())

    def consequence(self, names: Names) -> str:
        """``Reaches Braze, Amplitude and Meta Pixel: 9 before the person had chosen and 4 after a refusal.``"""
        listed = dict.fromkeys(
            names.receiver(each.vendor, each.destination) for each in self.findings if each.vendor or each.destination
        )
        receivers = list(listed)[:_MOST_RECEIVERS]
        if len(listed) > _MOST_RECEIVERS:
            receivers.append(counted(len(listed) - _MOST_RECEIVERS, "more"))
        clauses = [f"{self.phases[phase]:,} {PHASE_CLAUSES[phase]}" for phase in Phase if self.phases[phase]]
        parts = [part for part in (f"concerns {joined(receivers)}" if receivers else "", joined(clauses)) if part]
        text = ": ".join(parts)
        return f"{text[:1].upper()}{text[1:]}." if text else ""

    @property
    def certainty(self) -> str:
        """``30 confirmed, 4 likely, 3 unproven``"""
        return ", ".join(f"{self.verdicts[verdict]:,} {verdict}" for verdict in HELD if self.verdicts[verdict])


def read_causes(connection: Connection, names: Names) -> list[Cause]:
    """Every cause that still has a violation that counts: the gravest first."""
    return _causes(connection, names, {each.fingerprint: each for each in findings(connection)})


def causes_of(connection: Connection, names: Names, listed: Iterable[Finding]) -> list[Cause]:
    """The same, for who has read all findings already."""
    return _causes(connection, names, {each.fingerprint: each for each in listed})


def read_cause(connection: Connection, names: Names, key: str) -> Cause | None:
    """One cause; ``None`` for one without a violation that counts."""
    return next((cause for cause in read_causes(connection, names) if cause.id == key), None)


@dataclass(frozen=True, slots=True)
class Explained:
    """A finding, as far as it has a cause."""

    finding: Finding
    example: Violation
    """The first of the surest of those that have the cause: the finding's own example may have another."""
    violations: int
    """How many of its violations have the cause."""


def explained(connection: Connection, cause: Cause, limit: int) -> list[Explained]:
    """The findings of a cause, the gravest first."""
    found: list[Explained] = []
    for finding in cause.findings[:limit]:
        example = violations(connection, _EXAMPLE, cause=cause.id, fingerprint=finding.fingerprint)
        found += [Explained(finding, each, cause.by_finding[finding.fingerprint]) for each in example]
    return found


def _causes(connection: Connection, names: Names, known: dict[str, Finding]) -> list[Cause]:
    found: dict[str, Cause] = {}
    graded: dict[str, Counter[tuple[str, str]]] = {}
    for key, fingerprint, phase, verdict, count in connection.execute(_COUNTS):
        finding = known.get(fingerprint)
        if finding is None:
            continue
        if key not in found:
            found[key] = _made(key, finding, names)
        cause = found[key]
        cause.verdicts[verdict] += count
        cause.by_finding[fingerprint] += count
        graded.setdefault(key, Counter())[finding.severity, verdict] += count
        rule = rule_of(finding.rule)
        if rule is None or rule.tells_phase(phase):
            cause.phases[phase] += count
    for key, cause in found.items():
        cause.severity = min((Severity(severity) for severity, _ in graded[key]), key=SEVERITIES.index)
        surest = [Verdict(verdict) for severity, verdict in graded[key] if severity == cause.severity]
        cause.verdict = min(surest, key=HELD.index)
        if cause.verdict is Verdict.UNPROVEN:
            cause.title = f"Potential: {cause.title}"
        cause.findings = sorted((known[each] for each in cause.by_finding), key=gravity)
        cause.first_at, cause.last_at = connection.execute(_SPAN, {"cause": key}).fetchone()
    return sorted(found.values(), key=_gravity)


def _gravity(cause: Cause) -> tuple[object, ...]:
    """As findings are listed: severity, verdict, number, name."""
    return (SEVERITIES.index(cause.severity), HELD.index(cause.verdict), -cause.violations, cause.id)


def _made(key: str, finding: Finding, names: Names) -> Cause:
    """A cause without its counts. One of a kind that this version does not know, and one that stands alone, is described by its finding."""
    name = _name(key)
    kind = all_causes().get(name.kind)
    if kind is None:
        rule = rule_of(finding.rule)
        return Cause(
            id=key,
            kind=name.kind,
            title=lead(finding.explanation) or finding.rule,
            fix=rule.fix if rule is not None else "",
            vendor=finding.vendor,
            destination=finding.destination,
            site=finding.site,
        )
    title = kind.title.format(
        vendor=names.short(name.vendor) if name.vendor else "its vendor",
        destination=name.destination or "a destination",
        site=name.site or "a site that is not known",
    )
    return Cause(
        id=key,
        kind=kind.slug,
        title=title,
        fix=kind.fix,
        vendor=name.vendor,
        destination=name.destination,
        site=name.site,
    )


def _name(key: str) -> CauseName:
    try:
        return CauseName.read(key)
    except ValueError:
        return CauseName("")


def cause_document(cause: Cause) -> dict[str, object]:
    """A cause for machines, with the fingerprints of what it explains."""
    return {
        "id": cause.id,
        "kind": cause.kind,
        "title": cause.title,
        "fix": cause.fix,
        "vendor": cause.vendor,
        "destination": cause.destination,
        "site": cause.site,
        "severity": cause.severity,
        "verdict": cause.verdict,
        "violations": cause.violations,
        "counts": {verdict.value: cause.verdicts[verdict] for verdict in HELD},
        "phases": dict(cause.phases),
        "findings": dict(cause.by_finding),
        "first_at": cause.first_at,
        "last_at": cause.last_at,
    }
