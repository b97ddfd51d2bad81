"""consent-default-missing"""

from addon.judge.acts.consent import ConsentDefaultAct
from addon.judge.rule import Breach, ConsentView, Rule, Severity
from addon.judge.verdict import Phase, Regime, Verdict
from addon.judge.wording import distance


def check(act: ConsentDefaultAct, consent_view: ConsentView) -> Breach | None:
    if consent_view.regime is not Regime.OPT_IN:
        return None  # where nobody has to be asked, tags may run before anything is set
    called = f"{act.vendor_name} on {act.host} was called ({act.shown})"
    if act.stated is None or act.stated_at is None:
        explanation = f"{called} with consent that was updated, and no default had been set before the update."
    else:
        explanation = (
            f"{called} before any consent was set; {distance(act.stated_at - act.at)} later a call of the same page states a default"
            f" ({act.stated})."
        )
    doubt = " Another window of the browser may have sent it." if act.place.presumed else ""
    return Breach(
        verdict=Verdict.UNPROVEN if act.place.presumed else Verdict.CONFIRMED,
        phase=Phase.NO_SIGNAL,
        category=None,
        vendor=act.vendor,
        explanation=explanation + doubt,
    )


RULE = Rule(
    slug="consent-default-missing",
    severity=Severity.WARNING,
    summary="A Google tag called before the consent default was set, or none was set at all.",
    needs="calls to Google with gcd, of a site that uses consent mode, under the opt-in regime",
    why=(
        "Until a default is set Google's tags behave as if everything were granted: whatever they send in that moment carries cookies and"
        " ids, also for people who refuse or have not answered. An update alone comes too late for what was sent before it."
    ),
    fix=(
        "Call gtag('consent', 'default', ...) inline in the page's head, before gtag.js or the container is fetched; in Tag Manager use a"
        " consent template on the Consent Initialization trigger. A consent manager that loads asynchronously needs wait_for_update."
    ),
    references=(
        "Google, Set up consent mode on websites (set the default consent state)",
        "Google, Consent mode reference (wait_for_update)",
    ),
    acts=(ConsentDefaultAct,),
    awaits_evidence=False,
    check=check,
)
