"""Bodies that do not end, that are large, or that inflate: they pass through the proxy as they come, and memory stays flat."""

from __future__ import annotations

import json
import ssl
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h2.events
import pytest
import trustme
from click.testing import CliRunner
from mitmproxy.http import HTTPFlow
from mitmproxy.io import FlowReader

from addon.cli import main
from tests.addon.readers.samples import settings, track
from tests.addon.store.rows_made import query

from .proxy import Run
from .streaming import (
    MEGABYTE,
    RpcOrigin,
    Send,
    StreamingOrigin,
    dechunked,
    descendants,
    gzip_pieces,
    peak_bytes,
    requested,
    rpc,
    to_the_end,
    until,
)

PAGE = ("accept: text/html", "sec-fetch-dest: document")
PROBE = b"<script nonce="


@pytest.fixture
def origin() -> Iterator[StreamingOrigin]:
    made = StreamingOrigin()
    yield made
    made.close()


@contextmanager
def captured(folder: Path, port: int) -> Iterator[Run]:
    with Run(folder, port) as run:
        yield run
        assert run.stop() == 0, run.output
    assert "Traceback" not in run.output
    assert query(run.database, "SELECT count(*) FROM gaps WHERE kind = 'internal-error'") == [(0,)]


KINDS = {
    "events": "text/event-stream",
    "pictures": "multipart/x-mixed-replace; boundary=x",
    "lines": "application/x-ndjson",
    "document": "application/json",
    "unknown": "application/octet-stream",
}


def test_what_an_origin_has_sent_arrives_while_it_is_still_sending(origin: StreamingOrigin, tmp_path: Path) -> None:
    for name, kind in KINDS.items():
        origin.begins(f"/{name}", kind, b"first\n\n", b"second\n\n")
        origin.begins(f"/{name}/slow", kind, b"first", b"second", content_length="11")
    with captured(tmp_path, origin.port) as run:
        for path in origin.answers:
            origin.go_on.clear()
            with requested(run.port, f"http://stream.example{path}") as connection:
                until(connection, b"first")
                origin.go_on.set()  # it goes on only after its beginning was seen: held back, that would never come
                assert b"second" in to_the_end(connection)
    assert query(run.database, "SELECT count(*) FROM exchanges WHERE status = 200") == [(2 * len(KINDS),)]


def test_a_stream_that_the_client_leaves_is_one_exchange(origin: StreamingOrigin, tmp_path: Path) -> None:
    origin.begins("/stream", "text/event-stream", b"data: 1\n\n", b"data: 2\n\n")
    with captured(tmp_path, origin.port) as run, requested(run.port, "http://stream.example/stream") as connection:
        until(connection, b"data: 1")
    assert query(run.database, "SELECT path, status FROM exchanges") == [("/stream", 200)]


def test_a_grpc_stream_arrives_message_by_message(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("rpc.example").configure_cert(context)
    origin = RpcOrigin(context)
    came: list[bytes] = []
    status = None
    try:
        with captured(tmp_path, origin.port) as run:
            for event in rpc(run.port, "rpc.example:443"):
                if isinstance(event, h2.events.DataReceived):
                    came.append(event.data)
                    origin.go_on.set()  # after the first message was seen
                elif isinstance(event, h2.events.TrailersReceived):
                    status = dict(event.headers)[b"grpc-status"]
                    break
    finally:
        origin.close()
    assert b"".join(came) == b"\0\0\0\0\5first\0\0\0\0\6second"
    assert status == b"0"


BEGINNING = b"<!doctype html><html><head><title>Shop</title>"
REST = b"</head><body>the rest</body></html>"


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_a_page_that_pauses_in_its_head_is_shown_with_the_probe_as_far_as_it_came(
    origin: StreamingOrigin, tmp_path: Path, encoding: str
) -> None:
    pieces = [BEGINNING, REST] if encoding == "identity" else gzip_pieces(BEGINNING, REST)
    origin.begins("/", "text/html", *pieces, content_encoding=encoding)
    length = str(sum(map(len, pieces)))
    origin.begins("/sized", "text/html", *pieces, content_encoding=encoding, content_length=length)
    with captured(tmp_path, origin.port) as run:
        for path in ("/", "/sized"):
            origin.go_on.clear()
            with requested(run.port, f"http://page.example{path}", *PAGE) as connection:
                began = until(connection, b"<title>Shop</title>")
                origin.go_on.set()
                head, _, body = (began + to_the_end(connection)).partition(b"\r\n\r\n")
            assert b"content-encoding" not in head.lower() and b"content-length" not in head.lower()
            page = dechunked(body)
            assert page.index(b"<head>") < page.index(PROBE) < page.index(b"<title>")
            assert page.endswith(REST)
            assert page.count(PROBE) == 1


def test_a_page_without_a_body_and_a_page_that_is_no_page_go_on_as_they_are(
    origin: StreamingOrigin, tmp_path: Path
) -> None:
    origin.answers["/empty"] = ("text/html", {"content-length": "0"}, lambda send: None)
    origin.answers["/fragment"] = ("text/html", {"content-length": "9"}, lambda send: send(b"<p>a</p>\n"))
    with captured(tmp_path, origin.port) as run:
        with requested(run.port, "http://page.example/empty", *PAGE) as connection:
            assert to_the_end(connection).endswith(b"content-length: 0\r\n\r\n")
        with requested(run.port, "http://page.example/fragment", "sec-fetch-dest: empty") as connection:
            assert to_the_end(connection).endswith(b"content-length: 9\r\n\r\n<p>a</p>\n")


def test_a_page_that_inflates_without_end_is_broken_off_with_a_gap(origin: StreamingOrigin, tmp_path: Path) -> None:
    bomb = gzip_pieces(BEGINNING, b" " * (300 * MEGABYTE))
    origin.answers["/"] = ("text/html", {"content-encoding": "gzip"}, lambda send: [send(each) for each in bomb])
    with captured(tmp_path, origin.port) as run:
        before = peak_bytes(run.process)
        with requested(run.port, "http://page.example/", *PAGE) as connection:
            came = to_the_end(connection)
        assert not came.endswith(b"0\r\n\r\n"), "the browser has to see that it is not whole"
        assert len(came) < 100 * MEGABYTE
        assert peak_bytes(run.process) - before < 100 * MEGABYTE
    ((host, reason),) = query(run.database, "SELECT host, reason FROM gaps WHERE kind = 'page-broken-off'")
    assert host == "page.example"
    assert "inflates to more than" in reason


def test_500_megabytes_leave_memory_flat(origin: StreamingOrigin, tmp_path: Path) -> None:
    size = 500 * MEGABYTE

    def download(send: Send) -> None:
        for _ in range(size // MEGABYTE):
            send(b"\0" * MEGABYTE)

    origin.answers["/sized"] = ("application/octet-stream", {"content-length": str(size)}, download)
    origin.answers["/first"] = ("text/plain", {}, lambda send: send(b"."))
    with captured(tmp_path, origin.port) as run:
        with requested(run.port, "http://files.example/first") as connection:
            to_the_end(connection)
        processes = [run.process, *descendants(run.process)]
        before = [peak_bytes(each) for each in processes]
        came = 0
        with requested(run.port, "http://files.example/sized") as connection:
            while data := connection.recv(MEGABYTE):
                came += len(data)
        assert came > size
        grown = [peak_bytes(each) - earlier for each, earlier in zip(processes, before, strict=True)]
        assert max(grown) < 64 * MEGABYTE, grown
    assert query(run.database, "SELECT path, status FROM exchanges WHERE path = '/sized'") == [("/sized", 200)]


def test_an_upload_of_200_megabytes_goes_on_as_it_comes(origin: StreamingOrigin, tmp_path: Path) -> None:
    size = 200 * MEGABYTE
    with captured(tmp_path, origin.port) as run:
        before = peak_bytes(run.process)
        with requested(
            run.port, "http://files.example/upload", f"content-length: {size}", body=b"\0" * MEGABYTE
        ) as connection:
            assert origin.arriving.wait(20), "nothing of it arrives before it is whole"
            for _ in range(size // MEGABYTE - 1):
                connection.sendall(b"\0" * MEGABYTE)
            assert b" 200 " in until(connection, b"\r\n\r\n")
        assert peak_bytes(run.process) - before < 100 * MEGABYTE
    assert origin.received == [size]


def test_a_client_that_waits_to_be_told_to_go_on_is(origin: StreamingOrigin, tmp_path: Path) -> None:
    size = 2 * MEGABYTE
    fields = (f"content-length: {size}", "expect: 100-continue")
    url = "http://files.example/upload"
    with captured(tmp_path, origin.port) as run, requested(run.port, url, *fields, body=b"\0") as connection:
        assert b" 100 " in until(connection, b"\r\n\r\n")
        connection.sendall(b"\0" * (size - 1))
        assert b" 200 " in until(connection, b"\r\n\r\n")
    assert origin.received == [size]


def test_live_and_the_saved_file_of_the_same_run_give_the_same_rows(origin: StreamingOrigin, tmp_path: Path) -> None:
    body = json.dumps(settings()).encode()
    kinds = ("application/json", "application/octet-stream", "binary/octet-stream", "text/html")
    for number, kind in enumerate(kinds):
        path = f"/v1/projects/key{number}/settings"
        origin.answers[path] = (kind, {}, lambda send: send(body))
    large = b'{"integrations": {"x": "' + b"x" * (9 * MEGABYTE)
    origin.answers["/v1/projects/large/settings"] = ("application/json", {}, lambda send: send(large))
    origin.answers["/v1/projects/bulk/settings"] = ("text/html", {}, lambda send: send(b"<p>" * 4 * MEGABYTE))
    with captured(tmp_path, origin.port) as run:
        for path in origin.answers:
            with requested(
                run.port, f"http://cdn-settings.segment.com{path}", "referer: https://shop.example/"
            ) as connection:
                to_the_end(connection)
        for count in (1, 4000):
            batch = json.dumps({"batch": [track()] * count, "writeKey": "key0"}).encode()
            fields = (f"content-length: {len(batch)}", "referer: https://shop.example/")
            with requested(run.port, "http://api.segment.io/v1/batch", *fields, body=batch) as connection:
                to_the_end(connection)
    again = tmp_path / "again.db"
    done = CliRunner().invoke(main, ["analyze", str(run.flows), "--db", str(again)])
    assert done.exit_code == 0, done.output
    columns = {
        "exchanges": "path, status, failure, request_body, response_body",
        "events": "message_id, name",
        "destinations": "*",
        "gaps": "kind, host, reason",
        "violations": "rule, verdict, explanation",
    }
    for table, named in columns.items():
        found = [Counter(query(each, f"SELECT {named} FROM {table}")) for each in (run.database, again)]
        assert found[0] == found[1], table
    assert ("body-too-large",) not in query(again, "SELECT kind FROM gaps")
    with run.flows.open("rb") as file:
        kept = {flow.request.path: flow for flow in FlowReader(file).stream() if isinstance(flow, HTTPFlow)}
    assert all(kept[path].response.data.content for path in origin.answers if "bulk" not in path)  # type: ignore[union-attr]


def test_the_terminal_does_not_say_of_each_message_that_it_streams(origin: StreamingOrigin, tmp_path: Path) -> None:
    origin.answers["/"] = ("text/plain", {}, lambda send: send(b"."))
    with captured(tmp_path, origin.port) as run, requested(run.port, "http://shop.example/") as connection:
        to_the_end(connection)
    assert "Streaming" not in run.output
