"""The consent that an mParticle batch carries.

``consent_state {gdpr: {purpose: {consented, timestamp_unixtime_ms, ...}}, ccpa: {data_sale_opt_out: {consented, ...}}}``; in
the older and the mobile format ``con`` with one-letter keys. The CCPA entry is inverted: ``consented: true`` says that the
person opted out of sale. Sources: mparticle-web-sdk 2.68.0 ``sdkToEventsApiConverter.ts`` and ``serverModel.ts``,
mparticle-android-sdk ``Constants.java``, mParticle's Consent API documentation.
"""

from __future__ import annotations

from addon.decode.facts import NO_STAMP, Problem, Stamp, StampShape
from addon.jsontext import Json, mapping

_MAX_PURPOSES = 500
LONG, SHORT = "consented", "c"
"""The key that says yes or no, by format."""


def stamp_of(state: Json, consented: str, problems: list[Problem]) -> Stamp:
    """The stamp that a batch's consent state is. Purposes are the keys; what is not a boolean is reported, not coerced.

    Args:
        state: ``consent_state`` or ``con``; ``None`` if the batch has none.
        consented: :data:`LONG` or :data:`SHORT`.
    """
    if state is None:
        return NO_STAMP
    if not isinstance(state, dict):
        problems.append(Problem("bad-consent", f"the consent state is {type(state).__name__}, not an object"))
        return Stamp(StampShape.EMPTY_CONSENT, on_envelope=True)
    opted_out = mapping(mapping(state.get("ccpa")).get("data_sale_opt_out")).get(consented)
    sale_opt_out = opted_out if isinstance(opted_out, bool) else None
    purposes = state.get("gdpr")
    if not isinstance(purposes, dict):
        if purposes is not None:
            problems.append(Problem("bad-consent", f"gdpr is {type(purposes).__name__}, not an object"))
        return Stamp(StampShape.EMPTY_CONSENT, on_envelope=True, sale_opt_out=sale_opt_out)
    values: dict[str, bool | None] = {}
    for purpose, given in list(purposes.items())[:_MAX_PURPOSES]:
        value = mapping(given).get(consented)
        values[purpose] = value if isinstance(value, bool) else None
        if values[purpose] is None:
            shown = repr(value)[:40]
            problems.append(Problem("bad-consent", f"gdpr[{purpose[:40]!r}].{consented} is {shown}, not a boolean"))
    if len(purposes) > _MAX_PURPOSES:
        left = len(purposes) - _MAX_PURPOSES
        problems.append(Problem("bad-consent", f"{left} purposes beyond {_MAX_PURPOSES} were not read"))
    shape = StampShape.PREFERENCES if values else StampShape.EMPTY_PREFERENCES
    return Stamp(shape, values, on_envelope=True, sale_opt_out=sale_opt_out)
