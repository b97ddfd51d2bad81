"""destination-without-consent"""

from addon.judge.acts.calls import CallAct
from addon.judge.opt_outs import HONOURED
from addon.judge.rule import Breach, ConsentView, Rule, Severity, breach_of
from addon.judge.verdict import Regime
from addon.judge.wording import called, reason, unanswered
from vendor_catalog import CallKind


def check(act: CallAct, consent_view: ConsentView) -> Breach | None:
    if act.kind is not CallKind.COLLECT or act.ping is not None:
        return None
    lack = consent_view.lack(act.need, act)
    if lack is None:
        return None
    failed = unanswered(act.place)
    # where people opt out, a call that passes the opt-out on may be all that the law asks for
    passes_on = act.tells_opt_out and consent_view.regime is Regime.OPT_OUT
    return breach_of(
        lack,
        unsure=passes_on,
        category=act.need.category,
        vendor=act.vendor,
        event_name=act.event_name,
        explanation=f"{called(act)}.{failed} {reason(lack, act.at)}{HONOURED if passes_on else ''}",
    )


RULE = Rule(
    slug="destination-without-consent",
    severity=Severity.ERROR,
    summary="A vendor's collection endpoint was called directly without consent for its category.",
    needs="the call, and some sign of the person's choice",
    why=(
        "The call hands the vendor an identifier and what the person does. It is personal data, processed on the basis of"
        " a consent that is not there."
    ),
    fix=(
        "Find what fires it: a tag outside the consent manager's control, a device-mode destination that was already"
        " loaded when consent was withdrawn (it cannot be unloaded; reload the page), or a category mapped wrongly."
    ),
    references=("GDPR, Articles 6(1)(a) and 7", "ePrivacy Directive 2002/58/EC, Article 5(3)"),
    acts=(CallAct,),
    check=check,
)
