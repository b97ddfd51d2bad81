"""opt-out-ignored"""

from addon.consent.reader import GPC_ORIGIN
from addon.judge.acts.calls import CallAct
from addon.judge.acts.deliveries import DeliveryAct
from addon.judge.opt_outs import breach, description
from addon.judge.rule import Breach, ConsentView, Rule, Severity
from addon.judge.verdict import Ground, Lack, Verdict, lack_of

_ORDER = list(Verdict)


def check(act: CallAct | DeliveryAct, consent_view: ConsentView) -> Breach | None:
    what = description(act)
    if what is None:
        return None
    surest = consent_view.weighed(act, lambda window: _surest(act, window))
    if surest is None:
        return None
    opted_out = "by the site's own record the person"
    explanation = (
        f"{what} although {opted_out} opted out of sale and sharing."
        if surest.ground is Ground.SHOWN
        else f"{what}; {opted_out} may have opted out of sale and sharing by then."
    )
    return breach(act, surest, explanation, surest.state.decisive)


def _surest(act: CallAct | DeliveryAct, consent_view: ConsentView) -> Lack | None:
    states = [state for origin, state in consent_view.opt_outs(act).items() if origin != GPC_ORIGIN]
    lacks = [lack for state in states if (lack := lack_of(state, consent_view.regime)) is not None]
    return min(lacks, key=lambda lack: _ORDER.index(lack.verdict), default=None)


RULE = Rule(
    slug="opt-out-ignored",
    severity=Severity.ERROR,
    summary="A US opt-out (US Privacy, GPP) is in force, and sale, sharing or targeted advertising goes on.",
    needs="the opt-out regime in the policy, the string in a cookie or in a call's parameters, and calls or deliveries to"
    " marketing vendors",
    why=(
        "The site wrote down that the person opted out, and then went on. Nothing is easier to prove, and nothing is asked for"
        " first when a complaint comes in."
    ),
    fix=(
        "Gate marketing tags and destinations on the same record from which the string is made. A vendor that only supports"
        " restricted processing has to be told: pass us_privacy or gpp with gpp_sid in every call."
    ),
    references=(
        "California Civil Code, sections 1798.120 and 1798.135",
        "IAB Tech Lab, Global Privacy Platform; US Privacy String",
    ),
    acts=(CallAct, DeliveryAct),
    check=check,
)
