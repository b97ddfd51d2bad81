"""stamp-denies-granted"""

from addon.consent.timeline import Certainty, Standing
from addon.judge.acts.messages import EventAct
from addon.judge.rule import Breach, ConsentView, Rule, Severity
from addon.judge.verdict import Phase, Verdict
from addon.judge.wording import sentence

_SURE = (Certainty.DATED, Certainty.OBSERVED, Certainty.BRACKETED)


def check(act: EventAct, consent_view: ConsentView) -> Breach | None:
    for key, granted in act.stamp.preferences.items():
        need = act.stamp_needs.get(key)
        if granted is not False or need is None:
            continue
        state = consent_view.state(need, act, direct_only=True)
        if state.standing is not Standing.GRANTED or state.certainty not in _SURE or len(consent_view.windows(act)) > 1:
            continue
        return Breach(
            verdict=Verdict.CONFIRMED,
            phase=Phase.NO_SIGNAL,
            category=need.category,
            vendor=act.need.vendor,
            event_name=act.title,
            explanation=f"The stamp on {act.title} refuses {key}. {sentence(state, act.at)}",
            signal=state.decisive,
            later_signal=state.after,
        )
    return None


RULE = Rule(
    slug="stamp-denies-granted",
    severity=Severity.NOTE,
    summary="A message's stamp refuses what the person granted: the data is lost.",
    needs="a stamped message, and a signal of the consent manager itself",
    why="Nobody is harmed, but the destinations of that category lose an event that they may have, and profiles record a refusal.",
    fix="Read the categories from the consent manager at the moment of sending, and check the spelling of the category ids.",
    references=("Segment documentation, Consent in Segment Connections",),
    acts=(EventAct,),
    check=check,
)
