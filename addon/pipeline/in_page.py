"""A consent manager's stored record and what its script interface answers, seen side by side in one page.

Both speak for the same consent manager. The record is believed first: it is what counts on the next page. The interface speaks
where there is no record that could be read (kept elsewhere, or under a name of the site's own), and where the record leaves open
whether anybody answered.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from addon.consent.signal import Signal

_CLOSE = 5.0
"""Seconds from a click within which an interface tells of the choice that was made by it."""


@dataclass(slots=True)
class InPageConsent:
    """What the in-page probe last reported of each consent manager of a session."""

    records: dict[str, Signal] = field(default_factory=dict)
    """Consent manager -> its stored record."""
    answers: dict[str, Signal] = field(default_factory=dict)
    """Consent manager -> what its script interface answered."""

    def record(self, signal: Signal, at: float, *, dated: bool) -> Signal:
        """What stands for a stored record: itself, or the interface's answer if that settles what the record leaves open. One that
        was seen being written (``dated``) takes effect at that moment, if it has no date of its own."""
        known = self.records.get(signal.origin)
        if known is not None and (known.raw, known.answered) == (signal.raw, signal.answered):
            signal = known
        elif dated and signal.effective_at is None:
            signal = replace(signal, effective_at=at)
        self.records[signal.origin] = signal
        answer = self.answers.get(signal.origin)
        return answer if answer is not None and settles(answer, signal) else signal

    def answer(self, signal: Signal, at: float, chosen_at: float | None) -> Signal | None:
        """The signal that stands for what an interface answered; ``None`` if the stored record speaks instead.

        Args:
            at: when it answered.
            chosen_at: when the person clicked, just before the interface told of this.
        """
        known = self.answers.get(signal.origin)
        if known is not None and known.raw == signal.raw and _adds_nothing(signal, known):
            signal = known
        elif chosen_at is not None and 0 <= at - chosen_at < _CLOSE and signal.answered and signal.effective_at is None:
            signal = replace(signal, effective_at=chosen_at)
        self.answers[signal.origin] = signal
        stored = self.records.get(signal.origin)
        return signal if stored is None or settles(signal, stored) else None

    def remember(self, signal: Signal, kept: Signal) -> None:
        """Notes the row of what was taken in, so that the same record or answer gets none of its own when it is seen again."""
        numbered = kept if kept.host == signal.host else replace(signal, id=kept.id)
        for latest in (self.records, self.answers):
            if latest.get(signal.origin) is signal:
                latest[signal.origin] = numbered

    def forget(self, manager_id: str) -> None:
        """A record was deleted."""
        self.records.pop(manager_id, None)
        self.answers.pop(manager_id, None)

    def sees(self, manager_id: str, host: str) -> bool:
        """Whether the probe has a consent manager's record from the pages of a host."""
        record = self.records.get(manager_id)
        return record is not None and record.host == host

    def keeps_elsewhere(self, manager_id: str, host: str) -> bool:
        """Whether a consent manager's script interface told of an answer, though nothing stands under its cookie's name: then
        that the cookie is missing says nothing."""
        answer = self.answers.get(manager_id)
        return answer is not None and answer.answered is True and answer.host == host and manager_id not in self.records


def settles(answer: Signal, stored: Signal) -> bool:
    """Whether an interface's answer says of a record whether anybody answered, and agrees with it in all else."""
    if stored.answered is not None or answer.answered is None:
        return False
    return all(stored.values.get(category, value) in (value, None) for category, value in answer.values.items())


def _adds_nothing(signal: Signal, known: Signal) -> bool:
    """A banner that is opened once more takes no answer back."""
    return signal.answered == known.answered or (signal.answered is False and known.answered is True)
