"""invalid-consent-string"""

from addon.judge.acts.consent import ConsentStringAct
from addon.judge.rule import Breach, ConsentView, Rule, Severity
from addon.judge.verdict import Phase, Verdict


def check(act: ConsentStringAct, consent_view: ConsentView) -> Breach | None:
    if not act.problems:
        return None
    return Breach(
        verdict=Verdict.CONFIRMED,
        phase=Phase.NO_SIGNAL,
        category=None,
        vendor=None,
        event_name=act.carrier,
        explanation=f"The consent string in the {act.carrier} is invalid: {'; '.join(act.problems)}.",
    )


RULE = Rule(
    slug="invalid-consent-string",
    severity=Severity.WARNING,
    summary="A TC or GPP string is malformed, or breaks its version's rules.",
    needs="the string, in a cookie or in a call's parameters",
    why="Vendors must treat an invalid string as no consent; some read it leniently and take it for a full one.",
    fix="Update the consent manager; since 2026-03-01 new strings must carry the disclosed vendors segment (TCF 2.3).",
    references=("IAB Tech Lab, Consent string and vendor list formats v2", "IAB Tech Lab, Global Privacy Platform"),
    acts=(ConsentStringAct,),
    awaits_evidence=False,
    check=check,
)
