"""A capture as it ships: what was recorded, with the bodies of scripts and styles taken out, and what it must show."""

from __future__ import annotations

import json
from pathlib import Path

from mitmproxy import http
from mitmproxy.io import FlowReader, FlowWriter

from .scenarios import Scenario

_STRIPPED = ("javascript", "text/css")


def record(scenario: Scenario, flows: Path, captures: Path) -> None:
    """Writes ``captures/<name>.mitm`` and the findings expected of it."""
    from .test_scenarios import analysed

    capture = captures / f"{scenario.name}.mitm"
    with flows.open("rb") as source, capture.open("wb") as target:
        writer = FlowWriter(target)
        for flow in FlowReader(source).stream():
            if not isinstance(flow, http.HTTPFlow):
                continue
            if flow.response is not None and any(
                kind in flow.response.headers.get("content-type", "") for kind in _STRIPPED
            ):
                flow.response.content = b""
            # certificates and connection details say nothing here and make up most of the file
            flow.client_conn.certificate_list = []
            flow.server_conn.certificate_list = []
            flow.client_conn.mitmcert = None
            flow.comment, flow.marked = "", ""
            writer.add(flow)
    database = captures / f"local-{scenario.name}.db"
    database.unlink(missing_ok=True)
    found = analysed(capture, database)
    for name in (database, database.with_suffix(".db-wal"), database.with_suffix(".db-shm")):
        name.unlink(missing_ok=True)
    rows = sorted(([*row], count) for row, count in found.items())
    document = {
        "shows": scenario.shows,
        "clean": scenario.clean,
        "columns": ["rule", "severity", "verdict", "phase", "vendor", "destination", "category", "site", "event_name"],
        "kinds": [row for row, _ in rows],
        "counts": [count for _, count in rows],
    }
    (captures / f"{scenario.name}.expected.json").write_text(json.dumps(document, indent=1) + "\n")
