"""warehouse-ungated"""

from addon.decode.facts import Surface
from addon.judge.acts.deliveries import MappingAct, WarehouseAct
from addon.judge.rule import Breach, ConsentView, Rule, Severity, delivery_breach
from addon.judge.verdict import Phase, Verdict
from addon.judge.wording import reason
from addon.routing.delivery import Outcome


def check(act: WarehouseAct | MappingAct, consent_view: ConsentView) -> Breach | None:
    return _mapping(act) if isinstance(act, MappingAct) else _receives(act, consent_view)


def _mapping(act: MappingAct) -> Breach | None:
    if act.keys or not act.warehouse or act.destination is None:
        return None
    return Breach(
        verdict=Verdict.CONFIRMED,
        phase=Phase.NO_SIGNAL,
        category=None,
        vendor=act.vendor,
        destination=act.destination,
        explanation=(
            f"{act.destination}, a warehouse or store, has no consent category in the workspace of source {act.write_key}, so it"
            " keeps every message, whatever was refused."
        ),
    )


def _receives(act: WarehouseAct, consent_view: ConsentView) -> Breach | None:
    delivery = act.delivery
    if delivery.outcome not in (Outcome.FLOWS, Outcome.AMBIGUOUS) or act.event.surface is Surface.SERVER:
        return None
    lack = None if act.need is None else consent_view.lack(act.need, act)
    if act.need is None or lack is None:
        return None
    unsure = delivery.outcome is Outcome.AMBIGUOUS
    explanation = (
        f"Messages {'may' if unsure else 'would'} flow on to {delivery.destination}, a warehouse or store whose uses the policy"
        f" does not declare; the first was {act.event.title}: {delivery.reason}. {reason(lack, act.at)}"
    )
    return delivery_breach(act, lack, explanation, unsure=unsure, event_name=None)


RULE = Rule(
    slug="warehouse-ungated",
    severity=Severity.WARNING,
    summary="A warehouse or store receives messages without the category of its most permissive declared use.",
    needs="the source's settings, and the messages or some sign of the person's choice",
    why=(
        "A warehouse is no purpose: whoever reads it later decides what the data is for, so it needs the category of its most"
        " permissive use. It is judged once per source, destination and state of consent, not per message, because every"
        " message goes there. This rule speaks for warehouses of which the policy declares no use; once it does, each message"
        " is judged by fanout-without-consent, as for any destination. A warehouse without a category in the workspace is"
        " reported here and not by unmapped-destination."
    ),
    fix=(
        "Declare under [destinations] in the policy what the warehouse is used for and who answers for it, map it to that"
        " category in the workspace where Segment can enforce it, and otherwise filter by the stamp where the data is read."
    ),
    references=(
        "Segment documentation, Consent Management FAQ (destinations on which consent is not enforced)",
        "GDPR, Article 5(1)(b) (purpose limitation)",
    ),
    acts=(WarehouseAct, MappingAct),
    check=check,
)
