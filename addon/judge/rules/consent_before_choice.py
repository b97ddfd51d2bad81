"""consent-before-choice"""

from addon.consent.timeline import ConsentState, Need, Standing
from addon.judge.acts.consent import RecordAct
from addon.judge.rule import Breach, ConsentView, Rule, Severity
from addon.judge.verdict import Phase, Regime, Verdict
from addon.judge.wording import carrier
from vendor_catalog import Category

_SETTLING = 1.0
"""Seconds; some managers store what is granted an instant before they store that somebody answered."""


def check(act: RecordAct, consent_view: ConsentView) -> Breach | None:
    if consent_view.regime is not Regime.OPT_IN:
        return None  # where nobody has to be asked, consent by default is what the law expects
    open_ones = [(category, state) for category in act.granted if (state := _unanswered(category, act, consent_view))]
    if not open_ones:
        return None
    category, state = open_ones[0]
    shown = state.before or act.signal
    names = " and ".join(str(each) for each, _ in open_ones)
    other = "" if shown.origin == act.origin else f", while {carrier(shown)} shows that nobody has answered"
    return Breach(
        verdict=Verdict.CONFIRMED if len(consent_view.windows(act)) == 1 else Verdict.UNPROVEN,
        phase=Phase.BEFORE_CHOICE,
        category=category,
        vendor=None,
        event_name=act.carrier,
        explanation=(
            f"{act.origin_name} holds consent for {names} in the {act.carrier} before the banner was answered{other}."
        ),
        signal=act.signal,
        later_signal=state.after,
    )


def _unanswered(category: Category, act: RecordAct, consent_view: ConsentView) -> ConsentState | None:
    """The state at the act, if a signal that was seen shows an unanswered banner; ``None`` otherwise."""
    state = consent_view.state(Need((category,)), act, direct_only=True)
    if state.standing is not Standing.UNANSWERED or state.alternative is not None or not state.explicit:
        return None
    answered_at_once = (
        state.after is not None
        and state.after.answered is True
        and state.after_at is not None
        and state.after_at - act.at < _SETTLING
    )
    return None if answered_at_once else state


RULE = Rule(
    slug="consent-before-choice",
    severity=Severity.ERROR,
    summary="The consent manager holds a positive consent before the banner was answered.",
    needs="the consent manager's own record, with its marker of whether somebody answered",
    why=(
        "Consent is an affirmative act. A box that is ticked beforehand is none, and whatever reads the record (tags, the"
        " stamps on Segment's messages, other vendors) takes it for one."
    ),
    fix=(
        "Set every category but the necessary one to off by default for the regions where people have to be asked, in the"
        " consent manager's own configuration (geolocation rule, consent model), and check a fresh profile."
    ),
    references=("CJEU C-673/17 (Planet49)", "GDPR, Article 4(11)", "EDPB Guidelines 05/2020 on consent"),
    acts=(RecordAct,),
    check=check,
)
