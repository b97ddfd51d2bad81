"""The doors through which a performance reaches the analysis: as files that are written and read again, and live."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from mitmproxy import http

from addon.exchange import Exchange, Unsent
from addon.pipeline import CaptureTraits, Pipeline
from addon.pipeline.sessions import is_page
from addon.policy import Policy, parse_policy
from addon.readers import Unreadable, open_capture
from addon.readers.flow_exchange import OWN
from addon.readers.flows import exchange_of
from tests.addon.building import NOON, Run, iso
from tests.addon.readers.samples import entry, flow, har, write_flows
from vendor_catalog import shipped_catalogue

from .performance import Performance
from .scenario import Door, Story

_HTTP_ERRORS = {Unsent.BLOCKED: "net::ERR_BLOCKED_BY_CLIENT"}


def played(performance: Performance, folder: Path) -> Run:
    """What the pipeline gave out for a performance; ``folder`` is for its file."""
    policy = policy_of(performance.scenario.story)
    match performance.door:
        case Door.HAR:
            path = folder / "a.har"
            path.write_text(json.dumps(_har(performance)), encoding="utf-8")
            return _file(path, policy)
        case Door.FLOWS:
            path = folder / "a.mitm"
            write_flows(path, map(_flow, performance.exchanges))
            return _file(path, policy)
        case Door.LIVE | Door.PROBE:
            crossed = (exchange_of(_flow(each)) for each in performance.exchanges)
            return _run(crossed, policy, CaptureTraits(live=True))


def policy_of(story: Story) -> Policy:
    return parse_policy(f'[policy]\nregime = "{story.regime}"\n{story.policy}', shipped_catalogue())


def _file(path: Path, policy: Policy) -> Run:
    file = open_capture(path)
    traits = CaptureTraits(cookies_visible=file.cookies_visible, one_clock=file.one_clock)
    return _run(_readable(file.exchanges(lambda place: None)), policy, traits)


def _readable(read: Iterable[Exchange | Unreadable]) -> Iterator[Exchange]:
    """A site that sets no cookie looks like one whose cookies were left out of the file; nothing else may be missing."""
    for each in read:
        if isinstance(each, Exchange):
            yield each
        else:
            assert each.kind == "cookies-stripped", each


def _run(exchanges: Iterable[Exchange], policy: Policy, traits: CaptureTraits) -> Run:
    pipeline = Pipeline(1, shipped_catalogue(), policy, traits)
    records = [record for exchange in exchanges for record in pipeline.process(exchange)]
    return Run([*records, *pipeline.close()])


def _flow(exchange: Exchange) -> http.HTTPFlow:
    made = flow(
        exchange.url,
        at=exchange.started_at,
        method=exchange.method,
        headers=exchange.request_headers.raw,
        body=b"" if exchange.request_body is None else exchange.request_body.raw,
        status=exchange.status,
        response_headers=exchange.response_headers.raw,
        response_body=b"" if exchange.response_body is None else exchange.response_body.raw,
    )
    made.client_conn.peername = (exchange.client, 50_000)
    if exchange.own:
        made.metadata[OWN] = True
    return made


def _har(performance: Performance) -> dict[str, Any]:
    """As a browser exports it: the page that was opened last is the one that asks."""
    pages: list[dict[str, Any]] = []
    entries = []
    for exchange in performance.exchanges:
        headers = dict(exchange.request_headers.fields)
        if is_page(exchange):
            pages.append({"id": f"page_{len(pages) + 1}", "title": exchange.url, "startedDateTime": _iso(exchange)})
            if performance.scenario.story.one_page:
                pages = [{**pages[0], "title": exchange.url}]
        shown: dict[str, Any] = {"pageref": pages[-1]["id"]} if pages and exchange.from_browser else {}
        if exchange.request_body is not None:
            text = exchange.request_body.raw.decode()
            shown["request"] = {"postData": {"mimeType": "text/plain", "text": text}}
        if exchange.unsent is Unsent.CACHED:
            shown["_fromCache"] = "memory"
        elif exchange.unsent is not None:
            shown["response"] = {"status": 0, "_error": _HTTP_ERRORS[exchange.unsent]}
        made = entry(
            exchange.url,
            started=_iso(exchange),
            method=exchange.method,
            headers=headers,
            response_headers=dict(exchange.response_headers.fields),
            text=None if exchange.response_body is None else exchange.response_body.raw.decode(),
            **shown,
        )
        entries.append(made)
    return har(entries, pages=pages)


def _iso(exchange: Exchange) -> str:
    return iso(exchange.started_at - NOON)
