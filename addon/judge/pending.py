"""Acts that wait for evidence: each is judged for the last time when everything that the capture shows is known.

While a capture runs, every act gets the verdict that is possible now, and a better one as soon as there is more evidence. For
a file, only the last judgement is given out. Both end the same, because no judgement depends on an earlier one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from .acts.act import Act
from .rule import Breach, ConsentView, Rule

MAX_WAITING = 3000
"""How many judgements may wait in one session; beyond that the oldest is judged for the last time with what is known by then."""


@dataclass(slots=True, eq=False)
class Judgement:
    """One act under one rule, with the latest result."""

    act: Act
    rule: Rule
    breach: Breach | None = None
    """The latest judgement; ``None`` after a violation was given out says that it is cleared."""
    last_breach: Breach | None = None
    """The latest judgement that found a breach."""
    violation: str | None = None
    """The id that the violation got when it was given out."""


@dataclass(slots=True)
class PendingJudgements:
    """The judgements of one session that later evidence may still change.

    While a capture runs, an act is judged at the first evidence after it, and again only when a signal says something new,
    so that its cost does not grow with later traffic.
    """

    rules: dict[type[Act], list[Rule]]
    live: bool
    _waiting: deque[Judgement] = field(default_factory=deque)
    _fresh: deque[Judgement] = field(default_factory=deque)
    """While a capture runs: of those that wait, the ones with no evidence after them yet, in the same order."""
    _by_act: dict[int, list[Judgement]] = field(default_factory=dict)
    """The same judgements that wait, by the identity of their act, which they keep alive."""

    def file(self, act: Act, consent_view: ConsentView) -> Iterator[Judgement]:
        """Accepts an act. Yields the judgements that are to be recorded now: those that nothing can change any more, and in a
        live capture also the provisional ones."""
        for rule in self.rules.get(type(act), ()):
            judgement = Judgement(act, rule)
            if not rule.awaits_evidence:
                yield from _judge(judgement, consent_view)
                continue
            self._waiting.append(judgement)
            self._by_act.setdefault(id(act), []).append(judgement)
            if self.live:
                self._fresh.append(judgement)
                yield from _judge(judgement, consent_view)
        while len(self._waiting) > MAX_WAITING:
            yield from self._settle(consent_view)

    def amend(self, act: Act, better: Act, consent_view: ConsentView) -> Iterator[Judgement]:
        """Replaces an act that waits by the same act, of which more is known by now."""
        judgements = self._by_act.pop(id(act), [])
        if judgements:
            self._by_act[id(better)] = judgements
        for judgement in judgements:
            judgement.act = better
            if self.live:
                yield from _judge(judgement, consent_view)

    def review(self, consent_view: ConsentView, at: float, *, reach: float) -> Iterator[Judgement]:
        """While a capture runs: judges again what new evidence concerns, and yields the judgements that it changed.

        Args:
            at: the moment of the evidence (Unix time in seconds).
            reach: how far back it says something new (seconds); if 0, it matters only to acts that had nothing after them.
        """
        if not self.live:
            return
        since = at - reach
        if reach > 0:
            for judgement in self._waiting:
                if judgement.act.at >= since:
                    yield from _judge(judgement, consent_view)
        for judgement in self._fresh:
            if judgement.act.at < since or reach <= 0:
                yield from _judge(judgement, consent_view)
        self._fresh = deque(judgement for judgement in self._fresh if judgement.act.at >= at)

    def reopen(self, consent_view: ConsentView, since: float) -> Iterator[Judgement]:
        """Judges again the acts since a moment. The new evidence is not of this session, but of another that may have done them."""
        for judgement in self._waiting:
            if judgement.act.at >= since:
                yield from _judge(judgement, consent_view)

    def close(self, consent_view: ConsentView) -> Iterator[Judgement]:
        """Judges everything that still waits for the last time, and yields the results."""
        while self._waiting:
            yield from self._settle(consent_view)

    def _settle(self, consent_view: ConsentView) -> Iterator[Judgement]:
        judgement = self._waiting.popleft()
        if self._fresh and self._fresh[0] is judgement:
            self._fresh.popleft()
        judgements = self._by_act[id(judgement.act)]
        judgements.remove(judgement)
        if not judgements:
            del self._by_act[id(judgement.act)]
        yield from _judge(judgement, consent_view)


def _judge(judgement: Judgement, consent_view: ConsentView) -> Iterator[Judgement]:
    """Judges again; yields the judgement if its result changed."""
    breach = judgement.rule.check(judgement.act, consent_view)
    if breach != judgement.breach:
        judgement.breach = breach
        judgement.last_breach = breach or judgement.last_breach
        yield judgement


def rules_by_act(rules: Iterable[Rule]) -> dict[type[Act], list[Rule]]:
    """The rules for each kind of act."""
    found: dict[type[Act], list[Rule]] = {}
    for rule in rules:
        for act in rule.acts:
            found.setdefault(act, []).append(rule)
    return found
