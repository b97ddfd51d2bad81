"""What rules say of themselves, for every face: texts, severities, verdicts and phases. Their checks are run by the pipeline alone."""

from __future__ import annotations

from functools import lru_cache

from addon.judge.acts import CookieAct, MappingAct
from addon.judge.rule import OPTED_OUT, Rule, Severity
from addon.judge.rules import all_rules
from addon.judge.verdict import Phase, Verdict

__all__ = [
    "OPTED_OUT",
    "Phase",
    "Rule",
    "Severity",
    "Verdict",
    "all_rules",
    "cookie_rules",
    "judges_settings",
    "rule_of",
]


def rule_of(slug: str) -> Rule | None:
    """A rule; ``None`` for one that another version of consentwire knew."""
    return all_rules().get(slug)


@lru_cache(maxsize=1)
def cookie_rules() -> tuple[str, ...]:
    """Slugs of the rules that judge cookies: their violations name the cookie and no message."""
    return tuple(slug for slug, rule in all_rules().items() if CookieAct in rule.acts)


def judges_settings(rule: Rule) -> bool:
    """Whether it judges what a source's settings say, which takes no signal of consent."""
    return MappingAct in rule.acts
