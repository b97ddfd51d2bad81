"""Captures in wrappings, and recordings of other tools."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest

from addon.exchange import Exchange
from addon.readers import CaptureError, Unreadable, open_capture, packed
from addon.readers.har_writer import UNREAD

from .samples import NOON, entry, har, shop, track, write_flows
from .test_har import exchanges

_TRACK = json.dumps(track(messageId="in-a-file")).encode()
_HAR = json.dumps(har([entry("https://a.example/", headers={"cookie": "a=\u00e4"})])).encode()


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def archive_of(content: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("a.har", content)
    return made.getvalue()


def refusal(path: Path) -> str:
    with pytest.raises(CaptureError) as raised:
        open_capture(path).require_exchange()
    assert str(raised.value).startswith(f"{path}: "), "the file that was given, and none of our own"
    return str(raised.value)


def contents(path: Path) -> list[bytes | None]:
    return [None if each.request_body is None else each.request_body.content() for each in exchanges(path)]


@pytest.mark.parametrize(
    "wrapped",
    [
        gzip.compress(_HAR),
        gzip.compress(_HAR[:100]) + gzip.compress(_HAR[100:]),
        zlib.compress(_HAR),
        zlib.compress(_HAR, 1),
        archive_of(_HAR),
        gzip.compress(archive_of(gzip.compress(_HAR))),
        _HAR.decode().encode("utf-16"),
        b"\xfe\xff" + _HAR.decode().encode("utf-16-be"),
        _HAR.decode().encode("utf-16-le"),
        _HAR.decode().encode("utf-32"),
        b"\xef\xbb\xbf" + _HAR,
    ],
    ids=[
        "gzip",
        "gzip in parts",
        "zlib",
        "zlib fast",
        "zip",
        "in each other",
        "utf-16",
        "big",
        "no mark",
        "utf-32",
        "utf-8",
    ],
)
def test_a_har_in_any_wrapping_is_read_as_the_har(tmp_path: Path, wrapped: bytes) -> None:
    path = tmp_path / "a.har"
    path.write_bytes(wrapped)
    opened = open_capture(path)
    assert (opened.path, opened.identity.size, opened.cookies_visible) == (path, len(wrapped), True)
    (found,) = exchanges(path)
    assert found.cookies() == [("a", "\u00e4")]


def test_a_flow_file_may_be_wrapped_too_and_its_progress_is_the_files(tmp_path: Path) -> None:
    write_flows(tmp_path / "plain", shop() * 20)
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress((tmp_path / "plain").read_bytes()))
    opened, reported = open_capture(path), list[int]()
    assert len([item for item in opened.exchanges(reported.append) if isinstance(item, Exchange)]) == 80
    assert opened.kind == "flows"
    assert reported[-1] == path.stat().st_size
    assert reported == sorted(reported)


def test_what_was_unpacked_is_gone_with_its_last_holder(tmp_path: Path) -> None:
    (tmp_path / "a.gz").write_bytes(gzip.compress(_HAR))
    opened = open_capture(tmp_path / "a.gz")
    unpacked = opened.content.path
    assert unpacked.exists()
    del opened
    assert not unpacked.exists()


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress])
def test_a_wrapping_that_is_cut_short_is_read_to_there_and_said_to_be(tmp_path: Path, pack: Any) -> None:
    entries = [
        entry(f"https://a{number}.example/{hash(number) % 997}", headers={"cookie": "a=1"}) for number in range(300)
    ]
    whole = pack(json.dumps(har(entries)).encode())
    (tmp_path / "a.har.gz").write_bytes(whole[: len(whole) // 2])
    items = list(open_capture(tmp_path / "a.har.gz").exchanges())
    assert sum(isinstance(item, Exchange) for item in items) > 20
    assert [item.kind for item in items if isinstance(item, Unreadable)] == ["truncated-capture"]


def test_a_bomb_fills_no_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "FREE", 1024 * 1024)
    bomb = b" " * (40 * 1024 * 1024)
    (tmp_path / "a.gz").write_bytes(gzip.compress(bomb))
    zipped(tmp_path / "a.zip", {"a.har": bomb})
    zipped(tmp_path / "b.zip", {"a.har": _HAR, "trace.network": bomb})
    for name in ("a.gz", "a.zip"):
        assert "made to fill the disk" in refusal(tmp_path / name)
    assert refusal(tmp_path / "b.zip")


def test_wrappings_without_end_are_refused(tmp_path: Path) -> None:
    content = _HAR
    for _ in range(9):
        content = gzip.compress(content)
    (tmp_path / "a.gz").write_bytes(content)
    assert "unpack it first" in refusal(tmp_path / "a.gz")


def test_a_wrapping_of_nothing_is_not_called_an_empty_file(tmp_path: Path) -> None:
    for content in (b"\x1f\x8b\x08\x00", gzip.compress(b"")):
        (tmp_path / "a.gz").write_bytes(content)
        assert "nothing comes out of it" in refusal(tmp_path / "a.gz")


@pytest.mark.parametrize(
    "damage", [b"PK\x03\x04", b"PK\x03\x04" + b"\xff" * 500, b"\x1f\x8b", b"\x1f\x8b" + b"\0" * 60, b"\x78\x9c"]
)
def test_a_damaged_wrapping_is_a_sentence(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "a.har").write_bytes(damage)
    assert refusal(tmp_path / "a.har")


# --- archives


def test_playwrights_archive_has_the_bodies_beside_the_har(tmp_path: Path) -> None:
    listed = [
        entry(
            "https://api.segment.io/v1/t",
            method="POST",
            headers={"cookie": "a=1"},
            request={"postData": {"mimeType": "text/plain", "params": [], "_file": "sent.txt"}},
            response={"content": {"mimeType": "application/json", "size": 2, "_file": "answer.json"}},
        ),
        entry("https://a.example/", method="POST", request={"postData": {"_file": "../../etc/passwd"}}),
        "no entry",
    ]
    files = {
        "har.har": json.dumps(har(listed, creator="Playwright")).encode(),
        "sent.txt": _TRACK,
        "answer.json": b"{}",
    }
    path = zipped(tmp_path / "a.har.zip", files)
    first, second = exchanges(path)
    assert first.request_body is not None and first.request_body.content() == _TRACK
    assert first.response_body is not None and first.response_body.content() == b"{}"
    assert second.request_body is None
    assert [item.kind for item in open_capture(path).exchanges() if isinstance(item, Unreadable)] == ["broken-flow"]


def network(*entries: Any) -> bytes:
    return b"\n".join(json.dumps({"type": "resource-snapshot", "snapshot": each}).encode() for each in entries)


def test_a_trace_of_playwright_is_read_and_each_context_is_a_client_of_its_own(tmp_path: Path) -> None:
    sent = entry(
        "https://api.segment.io/v1/t",
        method="POST",
        request={"postData": {"mimeType": "text/plain", "_sha1": "ab.json"}},
    )
    other = entry("https://b.example/", started="2026-01-01T12:00:01.000Z")
    files = {"trace.trace": b"{}", "0-trace.network": network(sent) + b"\n{broken\n", "1-trace.network": network(other)}
    path = zipped(tmp_path / "trace.zip", {**files, "resources/ab.json": _TRACK, "resources/page.jpeg": b"\xff\xd8"})
    assert contents(path) == [_TRACK, None]
    assert [each.client for each in exchanges(path)] == ["har: Playwright run 1", "har: Playwright run 2"]
    assert [item.kind for item in open_capture(path).exchanges() if isinstance(item, Unreadable) and item.count] == [
        "broken-flow"
    ]
    alone = zipped(
        tmp_path / "one.zip", {"trace.network": network(sent), "trace.trace": b"", "resources/ab.json": _TRACK}
    )
    assert [each.client for each in exchanges(alone)] == ["har: Playwright"]


def test_an_archive_without_one_recording_says_what_it_holds(tmp_path: Path) -> None:
    assert "a.har, b.har" in refusal(zipped(tmp_path / "a.zip", {"a.har": _HAR, "b.har": _HAR}))
    assert "x.txt, y.txt" in refusal(zipped(tmp_path / "b.zip", {"x.txt": b"", "y.txt": b""}))
    saz = refusal(
        zipped(tmp_path / "c.saz", {"_index.htm": b"", "raw/1_c.txt": b"", "raw/1_s.txt": b"", "raw/1_m.xml": b""})
    )
    assert "Fiddler" in saz and "HTTPArchive" in saz


def test_webpagetests_runs_are_clients_of_their_own_and_second_loads_are_not(tmp_path: Path) -> None:
    pages = ["page_1_0_1", "page_1_1_1", "page_1_0_2", "page_2_0_1"]
    listed = [
        entry(f"https://a{at}.example/", pageref=page, headers={"cookie": "a=1"}) for at, page in enumerate(pages)
    ]
    listed += [
        entry("https://b.example/", _run=3),
        entry("https://c.example/", pageref="page_1"),
        entry("https://d.example/", _run=[]),
    ]
    (tmp_path / "a.har").write_text(json.dumps(har(listed, creator="WebPageTest")))
    name = "har: WebPageTest"
    expected = [f"{name} run 1"] * 3 + [f"{name} run 2", f"{name} run 3", name, name]
    assert [each.client for each in exchanges(tmp_path / "a.har")] == expected


# --- other tools


def transaction(**parts: Any) -> dict[str, Any]:
    return {
        "status": "COMPLETE",
        "method": "POST",
        "scheme": "https",
        "host": "api.segment.io",
        "actualPort": 443,
        "path": "/v1/t",
        "query": "x=1",
        "tunnel": False,
        "times": {"start": "2026-01-01T13:00:00.250+01:00"},
        "durations": {"latency": 60},
        "request": {
            "mimeType": "application/json",
            "header": {
                "headers": [{"name": "Cookie", "value": "a=1"}, {"name": "Origin", "value": "https://shop.example"}]
            },
            "body": {"text": _TRACK.decode(), "charset": "UTF-8"},
        },
        "response": {
            "status": 200,
            "mimeType": "application/json",
            "header": {"headers": [{"name": "Set-Cookie", "value": "b=2"}]},
            "body": {"encoded": "e30="},
        },
        **parts,
    }


def test_a_json_session_of_charles_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.chlsj"
    tunnel = transaction(method="CONNECT", tunnel=True, host="pinned.example", request={}, response={})
    path.write_text(
        json.dumps([transaction(), tunnel, 7, transaction(host="b.example", actualPort=8443, scheme="http")])
    )
    opened = open_capture(path)
    assert opened.cookies_visible
    first, second = exchanges(path)
    assert (first.url, first.started_at, first.status) == ("https://api.segment.io/v1/t?x=1", NOON + 0.25, 200)
    assert first.response_at == pytest.approx(NOON + 0.31)
    assert first.cookies() == [("a", "1")]
    assert [cookie.name for cookie in first.set_cookies()] == ["b"]
    assert contents(path)[0] == _TRACK
    assert first.response_body is not None and first.response_body.content() == b"{}"
    assert second.url == "http://b.example:8443/v1/t?x=1"
    found = [(item.kind, item.host) for item in open_capture(path).exchanges() if isinstance(item, Unreadable)]
    assert found == [("passed-through", "pinned.example"), ("broken-flow", None)]


@pytest.mark.parametrize("text", ["[]", "[1]", '[{"a": 1}]', "[", '[{"host": "a"}, {"host": 1}]'])
def test_a_list_that_is_no_session_of_charles_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.json").write_text(text)
    assert "Charles" in refusal(tmp_path / "a.json")


@pytest.mark.parametrize(
    ("name", "head", "words"),
    [
        ("a.pcap", b"\xd4\xc3\xb2\xa1\x02\x00", ("pcap", "proxy that decrypts")),
        ("a.cap", b"\x0a\x0d\x0d\x0a\x1c\x00", ("pcapng", "proxy that decrypts")),
        ("a.chls", b"\xac\xed\x00\x05sr", ("Charles", ".chlsj")),
        ("A.CHLS", b"\x01\x02\x03", ("Charles", "HTTP Archive")),
        ("a.xz", b"\xfd7zXZ\x00", ("xz", "unpack")),
        ("a.proxymanlog", b"\x01\x02", ("Proxyman", "HAR")),
    ],
)
def test_what_is_not_read_is_named_with_what_to_export_instead(
    tmp_path: Path, name: str, head: bytes, words: tuple[str, ...]
) -> None:
    (tmp_path / name).write_bytes(head + b"\x07" * 100)
    said = refusal(tmp_path / name)
    assert all(word in said for word in words)


@pytest.mark.parametrize("number", [1767268800, 1767268800123.5, True])
def test_a_date_that_is_a_number_is_refused_in_a_sentence_that_says_so(tmp_path: Path, number: object) -> None:
    (tmp_path / "a.har").write_text(json.dumps(har([entry("https://a.example/", startedDateTime=number)])))
    said = refusal(tmp_path / "a.har")
    assert f"its startedDateTime is the number {number}" in said and "ISO 8601" in said


@pytest.mark.parametrize(
    "hostile", [1, [], {"kind": 5}, {"kind": "internal-error", "reason": ["x"]}, {"kind": "passed-through", "host": 7}]
)
def test_whoever_writes_our_own_mark_into_a_har_makes_gaps_and_nothing_else(tmp_path: Path, hostile: Any) -> None:
    listed = [{UNREAD: hostile}, entry("https://a.example/", headers={"cookie": "a=1"})]
    (tmp_path / "a.har").write_text(json.dumps(har(listed)))
    items = list(open_capture(tmp_path / "a.har").exchanges())
    assert {item.kind for item in items if isinstance(item, Unreadable)} <= {"broken-flow", "passed-through"}
    assert [type(item) for item in items] == [Unreadable, Exchange]
