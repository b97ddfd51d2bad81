"""Acts that wait for evidence: judged when they happen, judged again when a later signal sheds light on them.

While a capture runs, every act gets the verdict that is possible now, and a better one as soon as there is more. For a
file, only the last verdict is given out. Both go through here, so both end the same.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from .acts import Act
from .rule import Breach, Court, Rule

MAX_WAITING = 3000
"""Acts that wait in one session; beyond that the oldest is given out as it stands."""
SETTLE_AFTER = 30.0
"""Seconds of traffic after which no earlier exchange is expected to arrive any more."""


@dataclass(slots=True, eq=False)
class Case:
    """One act under one rule, and what was last ruled on it."""

    act: Act
    rule: Rule
    breach: Breach | None = None
    """The latest ruling; ``None`` after a violation was given out says that it is cleared."""
    last_breach: Breach | None = None
    """The latest ruling that found a breach."""
    violation: str | None = None
    """The id that the violation got when it was given out."""


@dataclass(slots=True)
class Docket:
    """The acts of one session that may still be seen in another light.

    An act is judged at the first evidence after it, and again only when a signal says something new: a request that shows
    what was known already cannot change a ruling. So the cost of an act does not grow with what passes by later.
    """

    rules: dict[type[Act], list[Rule]]
    live: bool
    _waiting: deque[Case] = field(default_factory=deque)
    _fresh: deque[Case] = field(default_factory=deque)
    """Of those that wait, the ones with no evidence after them yet."""

    def file(self, act: Act, court: Court) -> Iterator[Case]:
        """Takes an act in. Gives out what is to be recorded of it now: what nothing can change any more, and in a live
        capture whatever can be said already."""
        for rule in self.rules.get(type(act), ()):
            case = Case(act, rule)
            if not rule.awaits_evidence:
                yield from self._rule(case, court, final=True)
                continue
            self._waiting.append(case)
            self._fresh.append(case)
            if self.live:
                yield from self._rule(case, court)
        while len(self._waiting) > MAX_WAITING:
            yield from self._settle(court)

    def review(self, court: Court, at: float, *, changed: bool) -> Iterator[Case]:
        """Judges what new evidence sheds light on, and gives out what changed by it.

        Args:
            at: the moment of the evidence (Unix time in seconds).
            changed: whether it says something new; if not, it matters only to acts which had nothing after them yet.
        """
        for case in self._waiting if changed else self._fresh:
            yield from self._rule(case, court)
        self._fresh.clear()
        while self._waiting and self._waiting[0].act.at < at - SETTLE_AFTER:
            case = self._waiting.popleft()
            yield from self._give_out(case)

    def close(self, court: Court) -> Iterator[Case]:
        """Gives out what still waits, as it stands at the end."""
        while self._waiting:
            yield from self._settle(court)

    def _settle(self, court: Court) -> Iterator[Case]:
        """The last word on the oldest act."""
        case = self._waiting.popleft()
        if self._fresh and self._fresh[0] is case:
            self._fresh.popleft()
            yield from self._rule(case, court)
        yield from self._give_out(case)

    def _rule(self, case: Case, court: Court, *, final: bool = False) -> Iterator[Case]:
        breach = case.rule.check(case.act, court)
        if breach != case.breach:
            case.breach = breach
            case.last_breach = breach or case.last_breach
            if self.live or final:
                yield case

    def _give_out(self, case: Case) -> Iterator[Case]:
        """In a file only the last ruling is recorded, and only if it found a breach."""
        if not self.live and case.breach is not None:
            yield case


def rules_by_act(rules: Iterable[Rule]) -> dict[type[Act], list[Rule]]:
    """Rules by what they judge."""
    found: dict[type[Act], list[Rule]] = {}
    for rule in rules:
        for act in rule.acts:
            found.setdefault(act, []).append(rule)
    return found
