"""What one capture gives out: records with their numbers, and each gap once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from addon.records import ExchangeRecord, GapRecord, Record

_MAX_REMEMBERED = 50_000


class Emitter:
    """Collects the records of the exchange at hand.

    Ids are ``<capture>.<letter><n>``, counted in the order in which things are seen, so that the same capture always gives
    the same ids: ``1.42`` is the 42nd exchange of capture 1, ``1.s2`` its second session.
    """

    def __init__(self, capture: int) -> None:
        self.capture = capture
        self._numbers: Counter[str] = Counter()
        self._records: list[Record] = []
        self._noted: set[tuple[object, ...]] = set()
        self._counted: dict[tuple[str, str | None, str], GapRecord] = {}
        self._recounted: dict[str, GapRecord] = {}
        self._exchange: ExchangeRecord | None = None

    def resume(self, numbers: Mapping[str, int], gaps: Iterable[GapRecord]) -> None:
        """Goes on from what an earlier process gave out of the same capture.

        Args:
            numbers: letter -> the highest number.
            gaps: those that are noted.
        """
        self._numbers.update(numbers)
        for gap in gaps:
            self._noted.add(("gap", gap.kind, gap.host, gap.reason))
            if gap.count is not None:
                self._counted[gap.kind, gap.host, gap.reason] = gap

    def number(self, letter: str = "") -> str:
        self._numbers[letter] += 1
        return f"{self.capture}.{letter}{self._numbers[letter]}"

    def add(self, record: Record) -> None:
        self._records.append(record)
        if isinstance(record, ExchangeRecord):
            self._exchange = record

    @property
    def exchange(self) -> ExchangeRecord | None:
        """The row of the exchange at hand, or of the last one."""
        return self._exchange

    def again(self, record: Record) -> None:
        """Gives out once more a row that was changed after it was given out."""
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

    def gap(
        self, kind: str, host: str | None, reason: str, exchange: str | None = None, count: int | None = None
    ) -> None:
        """Notes what could not be seen. The same kind, host and reason become one row; each exchange that shows the kind
        names it all the same.

        Args:
            exchange: the id of the exchange that shows it.
            count: how many exchanges it stands for that have no row of their own; those of the same reason add up.
        """
        reason = reason[:1000]
        if self._exchange is not None and self._exchange.id == exchange:
            kinds = (self._exchange.gaps or "").split()
            if kind not in kinds:
                self._exchange.gaps = " ".join([*kinds, kind])
        known = self._counted.get((kind, host, reason))
        if known is not None:
            known.count = (known.count or 0) + (count or 0)
            self._recounted[known.id] = known
        if self.first_time("gap", kind, host, reason):
            gap = GapRecord(
                id=self.number("g"),
                capture_id=self.capture,
                exchange_id=exchange,
                kind=kind,
                host=host,
                reason=reason,
                count=count,
            )
            self.add(gap)
            if count is not None:
                self._counted[kind, host, reason] = gap

    def recount(self) -> None:
        """Gives out once more the gaps whose count grew after they were given out."""
        self._records += self._recounted.values()
        self._recounted = {}
