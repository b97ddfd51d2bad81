"""consent-mode-contradicts-choice"""

from addon.consent.timeline import Need, Standing
from addon.judge.acts.consent import ConsentModeAct
from addon.judge.rule import Breach, ConsentView, Rule, Severity, breach_of
from addon.judge.verdict import Lack, Verdict
from addon.judge.wording import reason
from vendor_catalog import Category

_SPOKEN = (Standing.DENIED, Standing.UNANSWERED)
_ORDER = list(Verdict)


def check(act: ConsentModeAct, consent_view: ConsentView) -> Breach | None:
    wrong: list[tuple[Category, Lack]] = []
    for category in act.granted:
        lack = consent_view.lack(Need((category,)), act, direct_only=True)
        if lack is not None and (lack.opted_out or lack.state.standing in _SPOKEN):
            wrong.append((category, lack))
    if not wrong:
        return None
    category, surest = min(wrong, key=lambda item: _ORDER.index(item[1].verdict))
    names = " and ".join(str(each) for each, _ in wrong)
    return breach_of(
        surest,
        category=category,
        vendor=act.vendor,
        explanation=(
            f"The call to {act.vendor_name} on {act.host} tells Google that {names} storage is granted ({act.shown})."
            f" {reason(surest, act.at)}"
        ),
    )


RULE = Rule(
    slug="consent-mode-contradicts-choice",
    severity=Severity.ERROR,
    summary="Google's consent-mode parameters grant what the person refused or has not answered.",
    needs="a call with gcs or gcd, and a signal of the consent manager itself",
    why=(
        "Google's tags behave by these parameters: told that storage is granted, they write cookies and join the hit with"
        " everything else that Google knows of the person."
    ),
    fix=(
        "Set every type to denied in gtag('consent', 'default') before any Google tag runs, and call update only with what"
        " the consent manager holds at that moment; check that it maps its categories to the right types."
    ),
    references=("Google, Set up consent mode on websites", "GDPR, Article 7(1)"),
    acts=(ConsentModeAct,),
    check=check,
)
