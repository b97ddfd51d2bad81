"""Acts that wait for evidence: the last word on each is spoken with everything known that the capture has to show.

While a capture runs, every act gets the verdict that is possible now, and a better one as soon as there is more. For a
file, only the last word is given out. It is the same, because it never rests on what was ruled before.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from .acts import Act
from .rule import Breach, Court, Rule

MAX_WAITING = 3000
"""Acts that wait in one session; beyond that the last word on the oldest is spoken with what is known by then."""


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

    While a capture runs, an act is judged at the first evidence after it, and again only when a signal says something new,
    so that its cost does not grow with what passes by later.
    """

    rules: dict[type[Act], list[Rule]]
    live: bool
    _waiting: deque[Case] = field(default_factory=deque)
    _fresh: deque[Case] = field(default_factory=deque)
    """While a capture runs: of those that wait, the ones with no evidence after them yet, in the same order."""
    _by_act: dict[int, list[Case]] = field(default_factory=dict)
    """The same cases that wait, by the identity of their act, which they keep alive."""

    def file(self, act: Act, court: Court) -> Iterator[Case]:
        """Takes an act in. Gives out what is to be recorded of it now: what nothing can change any more, and in a live
        capture whatever can be said already."""
        for rule in self.rules.get(type(act), ()):
            case = Case(act, rule)
            if not rule.awaits_evidence:
                yield from _rule(case, court)
                continue
            self._waiting.append(case)
            self._by_act.setdefault(id(act), []).append(case)
            if self.live:
                self._fresh.append(case)
                yield from _rule(case, court)
        while len(self._waiting) > MAX_WAITING:
            yield from self._last_word(court)

    def amend(self, act: Act, better: Act, court: Court) -> Iterator[Case]:
        """Puts what is better known by now in the place of an act that waits."""
        cases = self._by_act.pop(id(act), [])
        if cases:
            self._by_act[id(better)] = cases
        for case in cases:
            case.act = better
            if self.live:
                yield from _rule(case, court)

    def review(self, court: Court, at: float, *, reach: float) -> Iterator[Case]:
        """Judges again, while a capture runs, what new evidence sheds light on, and gives out what changed by it.

        Args:
            at: the moment of the evidence (Unix time in seconds).
            reach: how far back it says something new (seconds); if 0, it matters only to acts that had nothing after them.
        """
        if not self.live:
            return
        since = at - reach
        if reach > 0:
            for case in self._waiting:
                if case.act.at >= since:
                    yield from _rule(case, court)
        for case in self._fresh:
            if case.act.at < since or reach <= 0:
                yield from _rule(case, court)
        self._fresh = deque(case for case in self._fresh if case.act.at >= at)

    def reopen(self, court: Court, since: float) -> Iterator[Case]:
        """Judges again what was done since a moment: nothing new was seen of this session, but of another that may have done it."""
        for case in self._waiting:
            if case.act.at >= since:
                yield from _rule(case, court)

    def close(self, court: Court) -> Iterator[Case]:
        """Gives out the last word on everything that still waits."""
        while self._waiting:
            yield from self._last_word(court)

    def _last_word(self, court: Court) -> Iterator[Case]:
        case = self._waiting.popleft()
        if self._fresh and self._fresh[0] is case:
            self._fresh.popleft()
        cases = self._by_act[id(case.act)]
        cases.remove(case)
        if not cases:
            del self._by_act[id(case.act)]
        yield from _rule(case, court)


def _rule(case: Case, court: Court) -> Iterator[Case]:
    """Judges a case; gives it out if the ruling is another than before."""
    breach = case.rule.check(case.act, court)
    if breach != case.breach:
        case.breach = breach
        case.last_breach = breach or case.last_breach
        yield case


def rules_by_act(rules: Iterable[Rule]) -> dict[type[Act], list[Rule]]:
    """Rules by what they judge."""
    found: dict[type[Act], list[Rule]] = {}
    for rule in rules:
        for act in rule.acts:
            found.setdefault(act, []).append(rule)
    return found
