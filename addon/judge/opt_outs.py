"""Acts that an opt-out forbids: sale, sharing and targeted advertising that go on after it."""

from __future__ import annotations

from addon.consent.signal import Signal
from addon.decode.facts import Surface
from addon.routing.delivery import Outcome
from vendor_catalog import CallKind, Category

from .acts import Act, CallAct, DeliveryAct
from .rule import Breach
from .verdict import Lack, Verdict
from .wording import called, reason


def description(act: Act) -> str | None:
    """The act as the first half of a sentence; ``None`` if it is neither sale nor sharing."""
    match act:
        case CallAct() if act.kind is CallKind.COLLECT and act.need.category is Category.MARKETING:
            # a ping without identifiers, sent because storage is denied, is how Google's tags honour an opt-out
            return called(act) if act.ping is None else None
        case DeliveryAct() if act.delivery.outcome is Outcome.FLOWS and act.event.surface is not Surface.SERVER:
            if act.need is not None and act.need.category is Category.MARKETING:
                return f"The {act.event.label} would flow on to {act.delivery.destination}"
    return None


HONOURED = " The call itself tells the vendor of an opt-out; whether it is honoured does not show."
"""What is said of a call that passes an opt-out on: it is no more than unproven."""


def breach(act: CallAct | DeliveryAct, what: str, lack: Lack, although: str, signal: Signal | None) -> Breach:
    """The breach of an opt-out. If the call itself passes the opt-out on, the vendor has to honour it; the wire does not
    show whether it does, so that the breach is unproven."""
    passes_on = isinstance(act, CallAct) and act.tells_opt_out
    doubt = HONOURED if passes_on else ""
    return Breach(
        verdict=Verdict.UNPROVEN if passes_on else lack.verdict,
        phase=lack.phase,
        category=Category.MARKETING,
        vendor=act.vendor if isinstance(act, CallAct) else act.delivery.vendor,
        destination=act.delivery.destination if isinstance(act, DeliveryAct) else None,
        event_name=act.event.title if isinstance(act, DeliveryAct) else act.event_name,
        explanation=f"{what} although {although}. {reason(lack, act.at)}{doubt}",
        signal=signal,
        later_signal=lack.state.after,
    )
