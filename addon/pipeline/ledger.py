"""What one capture gives out: records with their numbers, and each gap once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from addon.records import GapRecord, Record

_MAX_REMEMBERED = 50_000


class Ledger:
    """Collects the records of the exchange at hand.

    Ids are ``<capture>.<letter><n>``, counted in the order in which things are seen, so that the same capture always gives
    the same ids: ``1.42`` is the 42nd exchange of capture 1, ``1.s2`` its second session.
    """

    def __init__(self, capture: int) -> None:
        self.capture = capture
        self._numbers: Counter[str] = Counter()
        self._records: list[Record] = []
        self._noted: set[tuple[object, ...]] = set()

    def resume(self, numbers: Mapping[str, int], gaps: Iterable[tuple[str, str | None, str]]) -> None:
        """Goes on from what an earlier process gave out of the same capture.

        Args:
            numbers: letter -> the highest number.
            gaps: kind, host and reason of those that are noted.
        """
        self._numbers.update(numbers)
        self._noted.update(("gap", *gap) for gap in gaps)

    def number(self, letter: str = "") -> str:
        self._numbers[letter] += 1
        return f"{self.capture}.{letter}{self._numbers[letter]}"

    def add(self, record: Record) -> None:
        self._records.append(record)

    def take(self) -> list[Record]:
        """The records since the last call."""
        records, self._records = self._records, []
        return records

    def first_time(self, *what: object) -> bool:
        """Whether this was not noted before. What a hostile capture could make endless is noted only up to a bound, and
        counts as known beyond it."""
        if what in self._noted or len(self._noted) >= _MAX_REMEMBERED:
            return False
        self._noted.add(what)
        return True

    def gap(self, kind: str, host: str | None, reason: str, exchange: str | None = None) -> None:
        """Notes what could not be seen; the same kind, host and reason only once."""
        reason = reason[:1000]
        if self.first_time("gap", kind, host, reason):
            self.add(
                GapRecord(
                    id=self.number("g"),
                    capture_id=self.capture,
                    exchange_id=exchange,
                    kind=kind,
                    host=host,
                    reason=reason,
                )
            )
