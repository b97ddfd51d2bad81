"""server-event-without-consent"""

from addon.decode.facts import StampShape, Surface
from addon.judge.acts.messages import EventAct
from addon.judge.rule import Breach, ConsentView, Rule, Severity
from addon.judge.verdict import Phase, Regime, Verdict
from addon.judge.wording import UNLESS_OPTED_OUT


def check(act: EventAct, consent_view: ConsentView) -> Breach | None:
    if act.surface is not Surface.SERVER or act.stamping is None or act.stamp.shape is StampShape.PREFERENCES:
        return None
    place, choices = act.stamping.place, act.stamping.choices
    shortcoming = {
        StampShape.MISSING: f"carries no {place}",
        StampShape.EMPTY_CONSENT: f"carries a {place} without {choices}",
        StampShape.EMPTY_PREFERENCES: f"carries empty {choices}",
    }[act.stamp.shape]
    opt_in = consent_view.regime is Regime.OPT_IN
    return Breach(
        verdict=Verdict.CONFIRMED if opt_in else Verdict.UNPROVEN,
        phase=Phase.NO_SIGNAL,
        category=act.need.category,
        vendor=act.need.vendor,
        event_name=act.title,
        explanation=(
            f"The server's message {act.title} {shortcoming}, so nothing ties it to what the person chose."
            f"{'' if opt_in else f' {UNLESS_OPTED_OUT}'}"
        ),
    )


RULE = Rule(
    slug="server-event-without-consent",
    severity=Severity.ERROR,
    summary="A server source's message carries no consent context.",
    needs="the server's request to the CDP",
    why=(
        "A server knows no banner: unless the choice travels with the request that caused the event, its messages bypass"
        " what the person chose in the browser or app."
    ),
    fix=(
        "Pass the person's categories to the server with the request or the session, and set the consent object on every"
        " server call (for Segment context.consent)."
    ),
    references=("Segment documentation, Consent in Segment Connections", "GDPR, Article 7(1)"),
    acts=(EventAct,),
    awaits_evidence=False,
    check=check,
)
