"""What a rule is: its name, why it matters, how to fix what it finds, and the check."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, NamedTuple

from addon.consent.signal import Signal
from addon.consent.timeline import Certainty, ConsentState, Need, Standing, Timeline
from vendor_catalog import Category

from .acts.act import Act, Place
from .acts.deliveries import DeliveryAct
from .verdict import Ground, Lack, Phase, Regime, Verdict, lack_of, opted_out_lack

_ORDER = list(Verdict)


class Severity(StrEnum):
    """As in SARIF, the gravest first."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"

    def at_least(self, other: Severity) -> bool:
        order = list(Severity)
        return order.index(self) <= order.index(other)


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """One rule broken by one act."""

    verdict: Verdict
    phase: Phase
    category: Category | None
    vendor: str | None
    destination: str | None = None
    event_name: str | None = None
    """Part of what makes two violations one finding."""
    explanation: str
    signal: Signal | None = None
    """The signal that was in force, or that dates the choice; ``None`` if none was seen."""
    later_signal: Signal | None = None


def breach_of(
    lack: Lack,
    explanation: str,
    *,
    category: Category | None,
    vendor: str | None,
    destination: str | None = None,
    event_name: str | None = None,
    unsure: bool = False,
) -> Breach:
    """A breach by what an act lacks; ``unsure`` if it is open for another reason whether there was one."""
    return Breach(
        verdict=Verdict.UNPROVEN if unsure else lack.verdict,
        phase=lack.phase,
        category=category,
        vendor=vendor,
        destination=destination,
        event_name=event_name,
        explanation=explanation,
        signal=lack.state.decisive,
        later_signal=lack.state.after,
    )


def delivery_breach(act: DeliveryAct, lack: Lack, explanation: str, *, unsure: bool, event_name: str | None) -> Breach:
    """A message at a destination without the consent that it needs there; ``unsure`` if it is open whether it gets there."""
    return breach_of(
        lack,
        explanation,
        category=None if act.need is None else act.need.category,
        vendor=act.delivery.vendor,
        destination=act.delivery.destination,
        event_name=event_name,
        unsure=unsure,
    )


OPTED_OUT = "opted out"
"""The consent in force for sale and sharing if nobody answered and an opt-out preference signal refuses them."""


class InForce(NamedTuple):
    """The consent that was in force for one need, at one moment."""

    consent: str
    """A standing, or ``OPTED_OUT``."""
    certainty: Certainty
    alternative: Standing | None = None
    """The other state that may have been in force."""
    signal: str | None = None
    """Id of the signal that shows it, or comes nearest to it."""


@dataclass(frozen=True, slots=True)
class ConsentView:
    """What a rule can query while it judges an act: the consent in force, and the legal regime of the site."""

    timeline: Timeline
    regime: Regime
    beside: Callable[[float], Sequence[ConsentView]] = lambda at: ()
    """The consent view of the other windows of the browser, each with cookies of its own, that were in use on the site at a moment."""

    def state(self, need: Need, act: Act, *, direct_only: bool = False) -> ConsentState:
        """The consent in force at the moment of an act."""
        return self.timeline.state(need, act.at, act.place.page_host, direct_only=direct_only)

    def in_force(self, need: Need, place: Place, *, direct_only: bool = False) -> InForce:
        """The consent in force for a need at a time and place, as it is stored with what happened there. If another window may have
        done it as well, the consent in force in that window is the alternative."""
        here = self._in_force_here(need, place, direct_only=direct_only)
        if not place.presumed or here.alternative is not None:
            return here
        elsewhere = (view._in_force_here(need, place, direct_only=direct_only) for view in self.beside(place.at))
        other = next(
            (Standing(each.consent) for each in elsewhere if each.consent not in (here.consent, OPTED_OUT)), None
        )
        return here._replace(alternative=other)

    def _in_force_here(self, need: Need, place: Place, *, direct_only: bool) -> InForce:
        state = self.timeline.state(need, place.at, place.page_host, direct_only=direct_only, outline=True)
        if self._opted_out(need, place.at) and opted_out_lack(state) is not None:
            refusals = self.timeline.opt_outs(place.at, place.page_host, outline=True).values()
            refusal = next((refusal.decisive for refusal in refusals), None)
            return InForce(OPTED_OUT, Certainty.OBSERVED, signal=None if refusal is None else refusal.id or None)
        decisive = state.decisive
        return InForce(
            state.standing, state.certainty, state.alternative, None if decisive is None else decisive.id or None
        )

    def opted_out(self, need: Need, act: Act) -> bool:
        """Whether an opt-out preference signal was in force, and covers what an act needs."""
        return self._opted_out(need, act.at)

    def _opted_out(self, need: Need, at: float) -> bool:
        since = self.timeline.opted_out_since
        covered = self.regime is Regime.OPT_OUT and need.category is Category.MARKETING
        return covered and since is not None and since <= at

    def opt_outs(self, act: Act) -> dict[str, ConsentState]:
        """Opt-outs from sale and sharing that may have been in force, by the origin of their signal; empty where the law has no
        such opt-out."""
        return self.timeline.opt_outs(act.at, act.place.page_host) if self.regime is Regime.OPT_OUT else {}

    def lack(self, need: Need, act: Act, *, direct_only: bool = False) -> Lack | None:
        """Whether an act lacked the consent that it needs."""
        if need.categories and all(category is Category.NECESSARY for category in need.categories):
            return None
        if not act.place.presumed:
            return _of_frame(self._lack_here(need, act, direct_only=direct_only), act)
        return self.weighed(act, lambda consent_view: consent_view._lack_here(need, act, direct_only=direct_only))

    def lack_in(self, state: ConsentState, need: Need, act: Act) -> Lack | None:
        """As ``lack``, for a state that the caller looked up already, and for an act whose need is more than necessary."""
        if not act.place.presumed:
            return _of_frame(self._lack_of(state, need, act), act)
        return self.weighed(act, lambda consent_view: consent_view._lack_here(need, act, direct_only=False))

    def windows(self, act: Act) -> tuple[ConsentView, ...]:
        """This consent view, and those of the other windows that an act may have come from as well."""
        return (self, *self.beside(act.at)) if act.place.presumed else (self,)

    def weighed(self, act: Act, lack: Callable[[ConsentView], Lack | None]) -> Lack | None:
        """What an act lacks if it may have come from several windows: the weakest lack among them, and an unproven one
        if it lacks nothing in one of them. ``None`` if it lacks nothing in any.

        Args:
            lack: what the act lacks if it came from this window.
        """
        found = [_of_frame(lack(consent_view), act) for consent_view in self.windows(act)]
        lacks = [one for one in found if one is not None]
        if not lacks:
            return None
        weakest = max(lacks, key=lambda one: _ORDER.index(one.verdict))
        return weakest if len(lacks) == len(found) else replace(weakest, ground=Ground.WHOSE)

    def _lack_here(self, need: Need, act: Act, *, direct_only: bool) -> Lack | None:
        return self._lack_of(self.state(need, act, direct_only=direct_only), need, act)

    def _lack_of(self, state: ConsentState, need: Need, act: Act) -> Lack | None:
        refused = opted_out_lack(state) if self.opted_out(need, act) else None
        return refused or lack_of(state, self.regime)


def _of_frame(lack: Lack | None, act: Act) -> Lack | None:
    """The same, with no more than is known of an act whose frame may be a page of its own."""
    if lack is None or act.place.doubtful is None or lack.verdict is Verdict.UNPROVEN:
        return lack
    return replace(lack, ground=Ground.FRAME_OR_PAGE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule. A module in ``judge/rules`` holds one as ``RULE``, and that is all it takes to add it."""

    slug: str
    severity: Severity
    summary: str
    """What it finds, in one line."""
    needs: str
    """What must have been captured for it to say anything."""
    why: str
    """Why it matters: law, guidance, or what a platform does."""
    fix: str
    references: tuple[str, ...]
    acts: tuple[type[Act], ...]
    """What it judges."""
    awaits_evidence: bool = True
    """False if the act alone decides, so that nothing seen later can change the judgement."""
    check: Callable[[Any, ConsentView], Breach | None]
    """Takes one of ``acts``; ``Any``, because which one differs by rule."""

    def tells_phase(self, phase: str) -> bool:
        """Whether the phase is worth showing for this rule: where the act alone decides, "without a signal" says nothing."""
        return self.awaits_evidence or phase != Phase.NO_SIGNAL

    def __post_init__(self) -> None:
        if not self.references:
            raise ValueError(f"{self.slug}: a rule states its sources")


def by_slug(rules: Iterable[Rule]) -> dict[str, Rule]:
    """Rules by slug.

    Raises:
        ValueError: if two share one.
    """
    found: dict[str, Rule] = {}
    for rule in rules:
        if rule.slug in found:
            raise ValueError(f"two rules are called {rule.slug}")
        found[rule.slug] = rule
    return found
