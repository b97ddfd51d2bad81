"""mitmproxy flow files: every kind of flow, and every kind of damage."""

from __future__ import annotations

import io
import math
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from mitmproxy import version
from mitmproxy.io import tnetstring
from mitmproxy.test import tflow

from addon.exchange import Exchange
from addon.readers import CaptureError, Unreadable, flow_files, open_capture
from addon.readers.flow_exchange import PAGE_KEY
from addon.readers.flows import exchange_of

from .samples import NOON, flow, write_flows

_ROUNDS = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def read(path: Path) -> list[Exchange | Unreadable]:
    return list(open_capture(path).exchanges())


def hosts(items: list[Exchange | Unreadable]) -> list[str]:
    return [item.host for item in items if isinstance(item, Exchange)]


def gaps(items: list[Exchange | Unreadable]) -> list[Unreadable]:
    return [item for item in items if isinstance(item, Unreadable)]


def test_a_flow_is_read_as_it_was_saved(tmp_path: Path) -> None:
    saved = flow(
        "https://Shop.Example:8443/a/b?c=d&e=%20",
        method="POST",
        headers=[(b"Cookie", b"a=1; b=2"), (b"cookie", b"c=3"), (b"Content-Encoding", b"identity")],
        body=b"sent",
        status=201,
        response_headers=[(b"Set-Cookie", b"x=1; Path=/"), (b"set-cookie", b"y=2")],
        response_body=b"received",
    )
    write_flows(tmp_path / "a.mitm", [saved])
    (exchange,) = read(tmp_path / "a.mitm")
    assert isinstance(exchange, Exchange)
    assert (exchange.started_at, exchange.client, exchange.method) == (NOON, "10.0.0.7", "POST")
    assert (exchange.scheme, exchange.host, exchange.port) == ("https", "shop.example", 8443)
    assert (exchange.path, exchange.query) == ("/a/b", "c=d&e=%20")
    assert exchange.cookies() == [("a", "1"), ("b", "2"), ("c", "3")]
    assert [cookie.name for cookie in exchange.set_cookies()] == ["x", "y"]
    assert exchange.request_body is not None and exchange.request_body.content() == b"sent"
    assert exchange.response_body is not None and exchange.response_body.content() == b"received"
    assert (exchange.status, exchange.response_at, exchange.failure) == (201, NOON + 0.05, None)
    assert exchange.key == saved.id
    assert not exchange.websocket


def test_a_page_is_known_by_the_key_that_its_probe_got(tmp_path: Path) -> None:
    page, odd, plain = flow("https://shop.example/"), flow("https://shop.example/"), flow("https://shop.example/")
    page.metadata[PAGE_KEY], odd.metadata[PAGE_KEY] = "nonce", 7
    write_flows(tmp_path / "a.mitm", [page, odd, plain])
    read = [item.page_key for item in open_capture(tmp_path / "a.mitm").exchanges() if isinstance(item, Exchange)]
    assert read == ["nonce", None, None] == [exchange_of(each).page_key for each in (page, odd, plain)]


def test_flows_come_in_the_order_in_which_they_were_saved(tmp_path: Path) -> None:
    write_flows(tmp_path / "a.mitm", [flow(f"https://h{n}.example/", at=NOON - n) for n in range(5)])
    assert hosts(read(tmp_path / "a.mitm")) == [f"h{n}.example" for n in range(5)]


def test_what_is_no_http_is_stepped_over(tmp_path: Path) -> None:
    others = [tflow.ttcpflow(), tflow.ttcpflow(err=True), tflow.tudpflow(), tflow.tdnsflow(resp=True)]
    write_flows(tmp_path / "a.mitm", [*others, flow("https://shop.example/"), *others])
    assert hosts(read(tmp_path / "a.mitm")) == ["shop.example"]
    assert not gaps(read(tmp_path / "a.mitm"))


def test_the_tunnel_is_no_exchange(tmp_path: Path) -> None:
    connect = flow("https://shop.example/", method="CONNECT")
    write_flows(tmp_path / "a.mitm", [connect, flow("https://shop.example/")])
    assert len(read(tmp_path / "a.mitm")) == 1


def test_a_websocket_is_marked_as_one(tmp_path: Path) -> None:
    write_flows(tmp_path / "a.mitm", [tflow.twebsocketflow()])
    exchange = read(tmp_path / "a.mitm")[0]
    assert isinstance(exchange, Exchange)
    assert exchange.messages_follow
    assert (exchange.websocket, exchange.status, exchange.host) == (True, 101, "example.com")


def test_a_flow_without_a_response_has_no_status(tmp_path: Path) -> None:
    write_flows(tmp_path / "a.mitm", [flow("https://shop.example/", status=None)])
    (exchange,) = read(tmp_path / "a.mitm")
    assert isinstance(exchange, Exchange)
    assert (exchange.status, exchange.response_body, exchange.response_at, exchange.failure) == (None,) * 4


def test_a_failed_flow_says_why_within_bounds(tmp_path: Path) -> None:
    reason = "server disconnected " * 100
    write_flows(tmp_path / "a.mitm", [flow("https://shop.example/", status=None, error=reason)])
    (exchange,) = read(tmp_path / "a.mitm")
    assert isinstance(exchange, Exchange)
    assert exchange.failure == reason[:300]


def test_header_bytes_that_are_no_utf8_are_replaced(tmp_path: Path) -> None:
    odd = flow(
        "https://shop.example/",
        headers=[(b"x-\xff", b"\xfe\x00\x80"), (b"cookie", b"caf\xe9=\xff; ok=1")],
        response_headers=[(b"set-cookie", b"\xff=\xfe")],
    )
    write_flows(tmp_path / "a.mitm", [odd])
    (exchange,) = read(tmp_path / "a.mitm")
    assert isinstance(exchange, Exchange)
    assert ("ok", "1") in exchange.cookies()
    assert all(value.encode("utf-8") is not None for pair in exchange.request_headers.fields for value in pair)
    assert exchange.set_cookies()[0].value == "\N{REPLACEMENT CHARACTER}"


def test_a_path_that_is_no_utf8_is_read(tmp_path: Path) -> None:
    odd = flow("https://shop.example/")
    odd.request.data.path = b"/caf\xe9?\xff"
    write_flows(tmp_path / "a.mitm", [odd])
    assert hosts(read(tmp_path / "a.mitm")) == ["shop.example"]


# --- damage


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, list[int]]:
    """A file of four flows, and where each starts."""
    path = tmp_path_factory.mktemp("flows") / "whole.mitm"
    places = write_flows(path, [flow(f"https://h{n}.example/", headers=[(b"a", b"b")]) for n in range(4)])
    return path.read_bytes(), places


@_ROUNDS
@given(where=st.floats(0, 1, exclude_max=True), replaced=st.binary(min_size=1, max_size=40))
@example(where=0.0, replaced=b"9")
@example(where=0.0, replaced=b"x")
@example(where=0.9999, replaced=b"x")
def test_bytes_overwritten_within_a_flow_cost_that_flow_alone(
    whole: tuple[bytes, list[int]], tmp_path: Path, where: float, replaced: bytes
) -> None:
    content, places = whole
    start, end = places[1], places[2]
    at = start + int(where * (end - start))
    replaced = replaced[: end - at]
    (tmp_path / "a.mitm").write_bytes(content[:at] + replaced + content[at + len(replaced) :])
    found = read(tmp_path / "a.mitm")
    others = [host for host in hosts(found) if host in ("h0.example", "h2.example", "h3.example")]
    assert others[0] == "h0.example"
    assert others[-2:] == ["h2.example", "h3.example"]
    assert len(found) >= 4, "the damaged flow is read, or said to be missing"


@_ROUNDS
@given(cut=st.floats(0, 1, exclude_max=True), record=st.integers(0, 3))
@example(cut=0.0, record=1)
@example(cut=0.9999, record=3)
def test_a_file_cut_short_anywhere_is_read_up_to_there_and_says_so(
    whole: tuple[bytes, list[int]], tmp_path: Path, cut: float, record: int
) -> None:
    content, places = whole
    at = places[record] + int(cut * (places[record + 1] - places[record]))
    (tmp_path / "a.mitm").write_bytes(content[:at])
    if at <= 6:  # not even a record's first bytes are left
        with pytest.raises(CaptureError):
            read(tmp_path / "a.mitm")
        return
    found = read(tmp_path / "a.mitm")
    assert hosts(found) == [f"h{n}.example" for n in range(record)]
    if at == places[record]:
        assert not gaps(found), "the file ends where a flow does"
        return
    (gap,) = gaps(found)
    assert gap.kind == "truncated-capture"
    assert f"byte {places[record]} " in gap.reason


@_ROUNDS
@given(junk=st.binary(max_size=200))
def test_whatever_follows_a_length_is_no_reason_to_fail(tmp_path: Path, junk: bytes) -> None:
    (tmp_path / "a.mitm").write_bytes(b"12:3:abc;" + junk)
    read(tmp_path / "a.mitm")


def state_of(**changes: Any) -> bytes:
    state = flow("https://broken.example/").get_state()
    for name, value in changes.items():
        part, _, key = name.partition("__")
        if key:
            state[part][key] = value  # type: ignore[index]
        else:
            state[part] = value
    return tnetstring.dumps(state)


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "carrier-pigeon"},
        {"type": None},
        {"request": None},
        {"request": {}},
        {"request__headers": "text"},
        {"request__headers": [[b"only-a-name"]]},
        {"request__timestamp_start": None},
        {"request__timestamp_start": math.nan},
        {"request__timestamp_start": math.inf},
        {"request__timestamp_start": -1e300},
        {"request__timestamp_start": 1e300},
        {"request__port": "eighty"},
        {"response__status_code": "fine"},
        {"client_conn": None},
        {"client_conn__peername": ["only-a-host"]},
        {"version": None},
        {"version": "x"},
    ],
    ids=repr,
)
def test_a_flow_with_a_broken_state_costs_itself_alone(tmp_path: Path, changes: dict[str, Any]) -> None:
    parts = [tnetstring.dumps(flow(f"https://{name}.example/").get_state()) for name in ("before", "after")]
    (tmp_path / "a.mitm").write_bytes(parts[0] + state_of(**changes) + parts[1])
    found = read(tmp_path / "a.mitm")
    assert [host for host in hosts(found) if host != "broken.example"] == ["before.example", "after.example"]
    assert len(found) == 3
    assert all(gap.kind == "broken-flow" and f"byte {len(parts[0])} " in gap.reason for gap in gaps(found))


def test_a_record_that_is_no_dictionary_costs_itself_alone(tmp_path: Path) -> None:
    flows_around = [tnetstring.dumps(flow(f"https://{name}.example/").get_state()) for name in ("before", "after")]
    for value in ([1, 2], "text", 5, None, {}, {"a": {"b": 1}}):
        (tmp_path / "a.mitm").write_bytes(flows_around[0] + tnetstring.dumps(value) + flows_around[1])
        found = read(tmp_path / "a.mitm")
        assert hosts(found) == ["before.example", "after.example"]
        assert [gap.kind for gap in gaps(found)] == ["broken-flow"]


def test_a_file_of_a_newer_mitmproxy_says_so(tmp_path: Path) -> None:
    newer = state_of(version=version.FLOW_FORMAT_VERSION + 1)
    (tmp_path / "a.mitm").write_bytes(newer)
    (gap,) = read(tmp_path / "a.mitm")
    assert isinstance(gap, Unreadable)
    assert "please update mitmproxy" in gap.reason


def test_a_record_beyond_the_bound_is_stepped_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    large = flow("https://large.example/", response_body=b"x" * 50_000)
    write_flows(tmp_path / "a.mitm", [flow("https://a.example/"), large, flow("https://b.example/")])
    monkeypatch.setattr(flow_files, "_MAX_RECORD", 40_000)
    found = read(tmp_path / "a.mitm")
    assert hosts(found) == ["a.example", "b.example"]
    assert [gap.kind for gap in gaps(found)] == ["broken-flow"]


def test_a_length_that_no_file_can_have_is_damage_and_not_an_allocation(tmp_path: Path) -> None:
    write_flows(tmp_path / "a.mitm", [flow("https://a.example/")])
    content = (tmp_path / "a.mitm").read_bytes()
    (tmp_path / "a.mitm").write_bytes(content + b"999999999999:" + content)
    found = read(tmp_path / "a.mitm")
    assert hosts(found) == ["a.example", "a.example"]
    assert len(gaps(found)) == 1


def test_a_flow_within_a_body_is_not_taken_for_one(tmp_path: Path) -> None:
    inner = tnetstring.dumps(flow("https://inner.example/").get_state())
    write_flows(tmp_path / "a.mitm", [flow("https://outer.example/", response_body=b"}" + inner)])
    assert hosts(read(tmp_path / "a.mitm")) == ["outer.example"]


# --- made to take long


def false_heads(number: int, between: bytes = b"") -> bytes:
    """A damaged flow, and so many heads of flows that are none, each of which ends where a dictionary could."""
    closing = 11 * number
    heads = b"".join(b"%06d:1:a; " % (closing + 8 + (number - at) * 11 + closing // 2) for at in range(number))
    return b"12:3:abc;" + heads + between + b"}" * (4 * closing)


def seconds(path: Path) -> float:
    begun = time.process_time()
    read(path)
    return time.process_time() - begun


@pytest.mark.parametrize("between", [b"", b"7:version", b"4:type"])
def test_what_only_looks_like_a_flow_is_not_searched_again_and_again(tmp_path: Path, between: bytes) -> None:
    (tmp_path / "short.mitm").write_bytes(false_heads(1500, between))
    (tmp_path / "long.mitm").write_bytes(false_heads(12_000, between))
    short = min(seconds(tmp_path / "short.mitm") for _ in range(3))
    long = min(seconds(tmp_path / "long.mitm") for _ in range(3))
    assert long < 8 * 3 * short + 0.05


def test_a_flow_is_found_behind_whatever_looks_like_one(tmp_path: Path) -> None:
    write_flows(tmp_path / "a.mitm", [flow("https://shop.example/")])
    whole = (tmp_path / "a.mitm").read_bytes()
    junk = false_heads(3000)
    (tmp_path / "a.mitm").write_bytes(junk + whole)
    found = read(tmp_path / "a.mitm")
    assert hosts(found) == ["shop.example"]
    assert [gap.reason for gap in gaps(found)] == [
        f"bytes 0 to {len(junk)} hold no flow that can be read; they were left out"
    ]


def test_a_false_length_does_not_have_the_file_read_for_nothing(tmp_path: Path) -> None:
    write_flows(tmp_path / "a.mitm", [flow("https://shop.example/")])
    whole = (tmp_path / "a.mitm").read_bytes()
    content = (b"999999:1:a;" + whole) * 400
    taken = 0

    class Counting(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            nonlocal taken
            found = super().read(size)
            taken += len(found)
            return found

        def fileno(self) -> int:
            return opened.fileno()

    (tmp_path / "a.mitm").write_bytes(content)
    with (tmp_path / "a.mitm").open("rb") as opened:
        records = [item for item in flow_files.records(Counting(content)) if not isinstance(item, Unreadable)]
    assert len(records) == 400
    assert taken < 2 * len(content)
