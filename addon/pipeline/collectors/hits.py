"""The events of vendors' own calls."""

from __future__ import annotations

from addon.pipeline.context import ReadExchange
from addon.pipeline.record_conversion import hit_records

from .collector import Collector


class HitCollector(Collector):
    """Records the events of a vendor's own call."""

    def facts(self, read: ReadExchange) -> None:
        session_id = None if read.session is None else read.session.id
        for record in hit_records(read.hits.hits, read.number, session_id):
            self.emitter.add(record)
        problem = read.hits.problem
        if problem is not None:
            self.emitter.gap(problem.kind, read.exchange.host, problem.reason, read.number)


COLLECTOR = HitCollector
