"""Causes: what one change would end. The gravest first, each with the findings that it explains."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field

from addon.judge.cause import CauseName
from addon.judge.causes import all_causes
from addon.store.selection import rank

from .gravity import HELD, SEVERITIES, gravest_first
from .names import Names
from .query import Connection, number
from .rows import COUNTED, Finding, Violation, findings, violations
from .rules import Phase, Severity, Verdict, rule_of
from .sentences import PHASE_CLAUSES, lead
from .text import counted, joined

_COUNTS = """
SELECT c.cause, c.fingerprint, c.phase, c.verdict, sum(c.violations), f.rule, f.severity, f.vendor, f.destination, f.site
FROM violation_counts c JOIN findings f ON f.fingerprint = c.fingerprint
WHERE c.verdict <> 'cleared' AND NOT c.suppressed AND (:cause IS NULL OR c.cause = :cause)
GROUP BY c.cause, c.fingerprint, c.phase, c.verdict
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
_FINDINGS = f"WHERE f.fingerprint IN (SELECT value FROM json_each(:keys)) ORDER BY {gravest_first('f')} LIMIT :limit"
_MOST_RECEIVERS = 4


@dataclass(slots=True, kw_only=True)
class Cause:
    """What one change would end. Suppressed violations and those that were taken back count nowhere in it."""

    id: str
    kind: str
    """Slug of its kind; ``alone`` for a finding that shares its cause with no other."""
    rule: str
    """Slug of a rule that one of its violations broke; of all of them, where it stands alone."""
    title: str = ""
    """What is wrong, in a sentence without its full stop."""
    fix: str = ""
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
    receivers: Counter[tuple[str | None, str | None]] = field(default_factory=Counter)
    """Its violations by vendor and destination, where they name one."""
    first_at: str | None = None
    last_at: str | None = None

    @property
    def violations(self) -> int:
        """How many would go."""
        return sum(self.verdicts.values())

    def consequence(self, names: Names) -> str:
        """``Reaches Braze, Amplitude and Meta Pixel: 9 before the person had chosen and 4 after a refusal.``"""
        listed = dict.fromkeys(names.receiver(*each) for each, _ in self.receivers.most_common())
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


def read_causes(connection: Connection, names: Names, most: int | None = None) -> list[Cause]:
    """The causes that still have a violation that counts, the gravest first: so many, or all of them."""
    return [_described(connection, cause, names) for cause in _counted(connection, None)[:most]]


def count_causes(connection: Connection) -> int:
    """How many there are."""
    return number(
        connection, "SELECT count(DISTINCT cause) FROM violation_counts WHERE verdict <> 'cleared' AND NOT suppressed"
    )


def read_cause(connection: Connection, names: Names, key: str) -> Cause | None:
    """One cause; ``None`` for one without a violation that counts."""
    return next((_described(connection, cause, names) for cause in _counted(connection, key)), None)


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
    for finding in findings(connection, _FINDINGS, keys=json.dumps(list(cause.by_finding)), limit=limit):
        example = violations(connection, _EXAMPLE, cause=cause.id, fingerprint=finding.fingerprint)
        found += [Explained(finding, each, cause.by_finding[finding.fingerprint]) for each in example]
    return found


def _counted(connection: Connection, key: str | None) -> list[Cause]:
    """Every cause, or one, with its counts and without its words: the gravest first."""
    found: dict[str, Cause] = {}
    graded: dict[str, Counter[tuple[Severity, Verdict]]] = {}
    for cause_id, fingerprint, phase, verdict, count, slug, severity, *place in connection.execute(
        _COUNTS, {"cause": key}
    ):
        vendor, destination, site = place
        if cause_id not in found:
            name = _name(cause_id)
            alone = name.kind not in all_causes()
            found[cause_id] = Cause(
                id=cause_id,
                kind=name.kind,
                rule=slug,
                vendor=vendor if alone else name.vendor,
                destination=destination if alone else name.destination,
                site=site if alone else name.site,
            )
        cause = found[cause_id]
        cause.verdicts[verdict] += count
        cause.by_finding[fingerprint] += count
        if vendor or destination:
            cause.receivers[vendor, destination] += count
        graded.setdefault(cause_id, Counter())[Severity(severity), Verdict(verdict)] += count
        rule = rule_of(slug)
        if rule is None or rule.tells_phase(phase):
            cause.phases[phase] += count
    for cause_id, cause in found.items():
        cause.severity = min((severity for severity, _ in graded[cause_id]), key=SEVERITIES.index)
        surest = [verdict for severity, verdict in graded[cause_id] if severity is cause.severity]
        cause.verdict = min(surest, key=HELD.index)
    return sorted(found.values(), key=_gravity)


def _gravity(cause: Cause) -> tuple[object, ...]:
    """As findings are listed: severity, verdict, number, name."""
    return (SEVERITIES.index(cause.severity), HELD.index(cause.verdict), -cause.violations, cause.id)


def _described(connection: Connection, cause: Cause, names: Names) -> Cause:
    """A cause with its words and its span of time. One of a kind that this version does not know, and one that stands alone, is
    described by its finding."""
    kind = all_causes().get(cause.kind)
    if kind is None:
        (fingerprint, *_), rule = cause.by_finding, rule_of(cause.rule)
        (example,) = violations(connection, _EXAMPLE, cause=cause.id, fingerprint=fingerprint)
        cause.title = lead(example.explanation) or cause.rule
        cause.fix = "" if rule is None else rule.fix
    else:
        cause.title = kind.title.format(
            vendor=names.short(cause.vendor) if cause.vendor else "its vendor",
            destination=cause.destination or "a destination",
            site=cause.site or "a site that is not known",
        )
        cause.fix = kind.fix
    if cause.verdict is Verdict.UNPROVEN:
        cause.title = f"Potential: {cause.title}"
    cause.first_at, cause.last_at = connection.execute(_SPAN, {"cause": cause.id}).fetchone()
    return cause


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
