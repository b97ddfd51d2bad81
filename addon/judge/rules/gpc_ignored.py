"""gpc-ignored"""

from addon.consent.reader import GPC_ORIGIN
from addon.consent.timeline import Need
from addon.judge.acts.calls import CallAct
from addon.judge.acts.deliveries import DeliveryAct
from addon.judge.opt_outs import breach, description
from addon.judge.rule import Breach, ConsentView, Rule, Severity
from addon.judge.verdict import Lack, lack_of, opted_out_lack


def check(act: CallAct | DeliveryAct, consent_view: ConsentView) -> Breach | None:
    what = description(act)
    preference = consent_view.opt_outs(act).get(GPC_ORIGIN) if what is not None else None
    if what is None or preference is None or act.need is None or not consent_view.opted_out(act.need, act):
        return None
    need = act.need
    lack = consent_view.weighed(act, lambda window: _refused(need, act, window))
    if lack is None:
        return None
    explanation = f"{what} although the browser asked for no sale and no sharing."
    return breach(act, lack, explanation, preference.decisive)


def _refused(need: Need, act: CallAct | DeliveryAct, consent_view: ConsentView) -> Lack | None:
    """The lack that the browser's setting leaves: none if the person explicitly consented after it."""
    answer = consent_view.state(need, act)
    return opted_out_lack(answer) or lack_of(answer, consent_view.regime)


RULE = Rule(
    slug="gpc-ignored",
    severity=Severity.ERROR,
    summary="The browser sends Sec-GPC, and sale, sharing or targeted advertising goes on.",
    needs="the opt-out regime in the policy, requests with Sec-GPC: 1, and calls or deliveries to marketing vendors",
    why=(
        "In California and a growing number of states the signal is a valid request to opt out of sale and sharing, and has to"
        " be honoured without a further step. Regulators test for it with a browser, as this capture does."
    ),
    fix=(
        "Have the consent manager honour Global Privacy Control (most have a setting), and gate marketing destinations on what"
        " it then says. Where a vendor offers restricted processing, pass the opt-out on to it."
    ),
    references=("California Code of Regulations, Title 11, section 7025", "W3C, Global Privacy Control (GPC)"),
    acts=(CallAct, DeliveryAct),
    check=check,
)
