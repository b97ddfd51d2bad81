"""stamp-contradicts-choice"""

from addon.consent.timeline import Standing
from addon.judge.acts.messages import EventAct
from addon.judge.rule import Breach, ConsentView, Rule, Severity, breach_of
from addon.judge.verdict import Lack, Verdict
from addon.judge.wording import reason

_ORDER = list(Verdict)
_SPOKEN = (Standing.DENIED, Standing.UNANSWERED)


def check(act: EventAct, consent_view: ConsentView) -> Breach | None:
    wrong: list[tuple[str, Lack]] = []
    for key, granted in act.stamp.preferences.items():
        need = act.stamp_needs.get(key)
        if granted is not True or need is None:
            continue
        lack = consent_view.lack(need, act, direct_only=True)
        # without a signal of the consent manager or the browser there is nothing that the stamp could contradict
        if lack is not None and (lack.opted_out or lack.state.standing in _SPOKEN):
            wrong.append((key, lack))
    if not wrong:
        return None
    wrong.sort(key=lambda item: _ORDER.index(item[1].verdict))
    surest = wrong[0][1]
    keys = ", ".join(key for key, _ in wrong)
    need = act.stamp_needs[wrong[0][0]]
    return breach_of(
        surest,
        category=need.category,
        vendor=act.need.vendor,
        event_name=act.title,
        explanation=f"The stamp on {act.title} grants {keys}. {reason(surest, act.at)}",
    )


RULE = Rule(
    slug="stamp-contradicts-choice",
    severity=Severity.ERROR,
    summary="A message's stamp grants what the person refused or has not answered.",
    needs="a stamped message, and a signal of the consent manager itself",
    why=(
        "The CDP believes the stamp: a wrong one sends the event to every destination that the person refused, and writes"
        " a consent into the profile that was never given."
    ),
    fix=(
        "Read the categories from the consent manager at the moment of sending, not from a default or a value cached at"
        " page load, and check that the wrapper's category ids are those of the consent manager."
    ),
    references=("Segment documentation, Consent in Unify", "GDPR, Article 7(1)"),
    acts=(EventAct,),
    check=check,
)
