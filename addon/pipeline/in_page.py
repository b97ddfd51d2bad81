"""A consent manager's stored record and what its script interface answers, seen side by side in one page.

Both speak for the same consent manager. The record is believed first: it is what counts on the next page. The interface speaks
where there is no record that could be read (kept elsewhere, or under a name of the site's own), and where the record leaves open
whether anybody answered.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from addon.consent.signal import Signal

_MAX_KEPT = 1000
_CLOSE = 5.0
"""Seconds from a click within which an interface tells of the choice that was made by it."""


@dataclass(slots=True)
class InPageConsent:
    """What the in-page probe last reported of each consent manager of a session."""

    records: dict[tuple[str, str], Signal] = field(default_factory=dict)
    """Consent manager and host -> its stored record."""
    answers: dict[tuple[str, str], Signal] = field(default_factory=dict)
    """Consent manager and host -> what its script interface answered."""
    latest: dict[str, Signal] = field(default_factory=dict)
    """Consent manager -> the record that was seen last, on any host."""

    def record(self, signal: Signal, at: float, *, dated: bool) -> Signal:
        """What stands for a stored record: itself, or the interface's answer if that settles what the record leaves open. One that
        was seen being written (``dated``) takes effect at that moment, if it has no date of its own."""
        place = signal.origin, signal.host
        known = self.records.get(place) or self.latest.get(signal.origin)
        if known is not None and (known.raw, known.answered) == (signal.raw, signal.answered):
            signal = known if known.host == signal.host else replace(known, host=signal.host)
        elif dated and signal.effective_at is None:
            signal = replace(signal, effective_at=at, not_before=None)
        _keep(self.records, place, signal)
        self.latest[signal.origin] = signal
        answer = self.answers.get(place)
        return answer if answer is not None and settles(answer, signal) else signal

    def answer(self, signal: Signal, at: float, chosen_at: float | None) -> Signal | None:
        """The signal that stands for what an interface answered; ``None`` if the stored record speaks instead.

        Args:
            at: when it answered.
            chosen_at: when the person clicked, just before the interface told of this.
        """
        place = signal.origin, signal.host
        known = self.answers.get(place)
        if known is not None and known.raw == signal.raw and _adds_nothing(signal, known):
            signal = known
        elif chosen_at is not None and 0 <= at - chosen_at < _CLOSE and signal.answered and signal.effective_at is None:
            signal = replace(signal, effective_at=chosen_at, not_before=None)
        _keep(self.answers, place, signal)
        stored = self.records.get(place)
        return signal if stored is None or settles(signal, stored) else None

    def remember(self, signal: Signal, kept: Signal) -> None:
        """Notes the row of what was taken in, so that the same record or answer gets none of its own when it is seen again."""
        numbered = kept if kept.host == signal.host else replace(signal, id=kept.id)
        place = signal.origin, signal.host
        for latest in (self.records, self.answers):
            if latest.get(place) is signal:
                latest[place] = numbered
        if self.latest.get(signal.origin) is signal:
            self.latest[signal.origin] = numbered

    def forget(self, manager_id: str, host: str) -> None:
        """A record was deleted on a host, and with it the same one on others."""
        gone = self.records.get((manager_id, host))
        for place, record in list(self.records.items()):
            if place == (manager_id, host) or (gone is not None and place[0] == manager_id and record.raw == gone.raw):
                del self.records[place]
        self.answers.pop((manager_id, host), None)
        self.latest.pop(manager_id, None)

    def sees(self, manager_id: str, host: str) -> bool:
        """Whether the probe has a consent manager's record from the pages of a host."""
        return (manager_id, host) in self.records

    def keeps_elsewhere(self, manager_id: str, host: str) -> bool:
        """Whether a consent manager's script interface told of an answer, though nothing stands under its cookie's name: then
        that the cookie is missing says nothing."""
        answer = self.answers.get((manager_id, host))
        return answer is not None and answer.answered is True and (manager_id, host) not in self.records


def _keep(kept: dict[tuple[str, str], Signal], place: tuple[str, str], signal: Signal) -> None:
    kept[place] = signal
    if len(kept) > _MAX_KEPT:
        del kept[next(iter(kept))]


def settles(answer: Signal, stored: Signal) -> bool:
    """Whether an interface's answer says of a record whether anybody answered, and agrees with it in all else."""
    if stored.answered is not None or answer.answered is None:
        return False
    return all(stored.values.get(category, value) in (value, None) for category, value in answer.values.items())


def _adds_nothing(signal: Signal, known: Signal) -> bool:
    """A banner that is opened once more takes no answer back."""
    return signal.answered == known.answered or (signal.answered is False and known.answered is True)
