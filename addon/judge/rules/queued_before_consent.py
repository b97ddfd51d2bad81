"""queued-before-consent"""

from addon.consent.timeline import Standing
from addon.decode.facts import Surface
from addon.judge.acts import EventAct
from addon.judge.rule import Breach, ConsentView, Rule, Severity
from addon.judge.verdict import Verdict, lack_of
from addon.judge.wording import distance, reason

SHORTEST_WAIT = 1.0
"""Seconds. A message made by the click on the banner is sent a moment before or after the choice is stored; that is no queue."""


def check(act: EventAct, consent_view: ConsentView) -> Breach | None:
    if act.made_at is None or act.at - act.made_at < SHORTEST_WAIT:
        return None
    if act.reports_choice or act.surface is Surface.SERVER or consent_view.lack(act.need, act) is not None:
        return None
    now = consent_view.state(act.need, act)
    if now.standing is not Standing.GRANTED or now.alternative is not None:
        return None
    then = consent_view.timeline.state(act.need, act.made_at, act.place.page_host)
    lack = lack_of(then, consent_view.regime)
    if lack is None or then.standing not in (Standing.DENIED, Standing.UNANSWERED):
        return None
    # a grant that says itself when it was given, or one that the probe saw: otherwise the window tells nothing
    sure = lack.verdict is Verdict.CONFIRMED and len(consent_view.windows(act)) == 1
    return Breach(
        verdict=lack.verdict if sure else Verdict.UNPROVEN,
        phase=lack.phase,
        category=act.need.category,
        vendor=act.need.vendor,
        event_name=act.title,
        explanation=(
            f"The {act.label} was made {distance(act.at - act.made_at)} before it was sent, by the client's own"
            f" clock, and consent was given only in between. When it was made: {reason(lack, act.made_at)}"
        ),
        signal=then.decisive,
        later_signal=then.after,
    )


RULE = Rule(
    slug="queued-before-consent",
    severity=Severity.NOTE,
    summary="A message was made before consent was given, and sent after it.",
    needs="a message with its timestamp and sentAt, and a signal that dates the grant",
    why=(
        "Consent holds from the moment at which it is given. A message that was kept back until then describes what the"
        " person did before agreeing to be observed; whether it may be sent is a question for whoever answers for the"
        " data, and the capture cannot answer it."
    ),
    fix=(
        "Drop what was queued before the choice, or decide and write down that the queue may be sent. Segment's consent"
        " wrapper in opt-in mode queues calls until the choice and sends them with their original timestamps."
    ),
    references=("GDPR, Articles 6(1)(a) and 7", "Segment, analytics-consent-tools documentation"),
    acts=(EventAct,),
    check=check,
)
