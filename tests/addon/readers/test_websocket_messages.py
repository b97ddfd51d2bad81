"""What a client sent over a WebSocket, in flow files and HAR files."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from addon.exchange import WEBSOCKET, Exchange
from addon.readers import Unreadable, open_capture
from addon.readers.websocket_messages import MAX_MESSAGE_BYTES, MAX_MESSAGES, SocketMessages
from addon.records import GapRecord
from tests.addon.building import Run, run

from .samples import NOON, entry, shop, track, websocket_flow, write_flows, write_har
from .test_har import exchanges

_TEXT = json.dumps(track(messageId="ws-1")).encode()
_ORIGIN = {"origin": "https://shop.example", "cookie": "a=1"}


def socket_entry(messages: Any, **parts: Any) -> dict[str, Any]:
    url = "wss://live.shop.example/socket"
    return entry(
        url, started="2026-01-01T12:00:01.000Z", headers=_ORIGIN, status=101, _webSocketMessages=messages, **parts
    )


def har_of(folder: Path, *entries: dict[str, Any]) -> Path:
    page = entry("https://shop.example/", headers={"sec-fetch-dest": "document", "cookie": "a=1"})
    return write_har(folder / "a.har", [page, *entries])


def read(path: Path) -> list[Exchange]:
    return [item for item in open_capture(path).exchanges() if isinstance(item, Exchange)]


def judged(path: Path) -> Run:
    return run(*read(path))


def sent(messages: Iterable[Exchange]) -> list[Exchange]:
    return [each for each in messages if each.method == WEBSOCKET]


def test_a_message_in_a_har_is_an_event_with_its_own_time_and_judged_as_any_other(tmp_path: Path) -> None:
    message = {"type": "send", "time": NOON + 40.5, "opcode": 1, "data": _TEXT.decode()}
    path = har_of(tmp_path, socket_entry([message, {"type": "receive", "time": NOON + 41, "opcode": 1, "data": "{}"}]))
    (found,) = sent(read(path))
    assert (found.started_at, found.url) == (NOON + 40.5, "https://live.shop.example/socket")
    assert "cookie" not in found.request_headers, "the handshake's cookies are of an earlier moment"
    result = judged(path)
    assert [event.message_id for event in result.events] == ["ws-1"]
    assert set(result.sites) == {"shop.example"}
    assert "event-without-consent" in result.rules
    assert not result.gap("websocket")


def test_a_batch_over_a_websocket_is_all_its_messages(tmp_path: Path) -> None:
    batch = {"batch": [track(messageId=f"ws-{number}") for number in range(3)], "writeKey": "wk"}
    message = {"type": "send", "time": NOON + 2, "opcode": 1, "data": json.dumps(batch)}
    assert len(judged(har_of(tmp_path, socket_entry([message]))).events) == 3


def test_what_was_sent_before_the_grant_stays_before_it_although_the_socket_outlives_it(tmp_path: Path) -> None:
    messages = [{"type": "send", "time": at, "opcode": 1, "data": "{}"} for at in (NOON + 3, NOON + 1, NOON + 2)]
    found = sent(read(har_of(tmp_path, socket_entry(messages))))
    assert [each.started_at - NOON for each in found] == [1, 2, 3]


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        ((NOON + 7) * 1000, NOON + 7),
        (1.0, NOON + 1),
        (None, NOON + 1),
        ("soon", NOON + 1),
        (True, NOON + 1),
        (1e308, NOON + 1),
        (-5, NOON + 1),
    ],
)
def test_a_time_that_is_none_is_the_sockets(tmp_path: Path, time: object, expected: float) -> None:
    message = {"type": "send", "time": time, "opcode": 1, "data": "{}"}
    (found,) = sent(read(har_of(tmp_path, socket_entry([message]))))
    assert found.started_at == pytest.approx(expected)


@pytest.mark.parametrize(
    "message",
    [
        {"opcode": 2, "data": base64.b64encode(b"\0\xff").decode()},
        {"opcode": 1, "data": None},
        {"opcode": 1, "data": "42[1]"},
        {"opcode": 1, "data": '{"hello": "world"}'},
        {"opcode": 1, "data": "x" * (MAX_MESSAGE_BYTES + 1)},
    ],
)
def test_what_cannot_be_read_is_a_gap_that_is_counted(tmp_path: Path, message: dict[str, Any]) -> None:
    messages = [{"type": "send", "time": NOON + 2, **message}] * 2
    result = judged(har_of(tmp_path, socket_entry(messages)))
    assert not result.events
    found = {gap.id: gap.count for gap in result.of(GapRecord) if gap.kind == "websocket"}
    assert list(found.values()) == [2], "one row for both"
    assert "was not judged" in result.gap("websocket")[0]


def test_a_socket_whose_messages_the_capture_does_not_have_says_so(tmp_path: Path) -> None:
    assert judged(har_of(tmp_path, socket_entry(None))).gap("websocket") == [
        "the capture does not have the messages over a WebSocket"
    ]
    assert not judged(har_of(tmp_path, socket_entry([]))).gap("websocket"), "nothing was sent"


@pytest.mark.parametrize("hostile", [[None], [1], [[]], ["x"], [{"type": ["send"]}], [{"type": "send"}], {"a": 1}])
def test_whatever_stands_in_place_of_messages_costs_no_entry(tmp_path: Path, hostile: Any) -> None:
    items = list(open_capture(har_of(tmp_path, socket_entry(hostile))).exchanges())
    assert not [item for item in items if isinstance(item, Unreadable)]


def test_messages_in_a_flow_file_are_events_and_servers_messages_are_none(tmp_path: Path) -> None:
    messages = [
        (True, True, _TEXT, NOON + 5),
        (False, True, json.dumps(track(messageId="from-server")).encode(), NOON + 6),
        (True, False, b"\0\1", NOON + 7),
    ]
    write_flows(tmp_path / "a.mitm", [*shop()[:1], websocket_flow(messages)])
    found = sent(read(tmp_path / "a.mitm"))
    assert [(each.started_at - NOON, each.failure) for each in found] == [
        (5, None),
        (7, "a binary message over a WebSocket"),
    ]
    result = judged(tmp_path / "a.mitm")
    assert [event.message_id for event in result.events] == ["ws-1"]
    assert result.gap("websocket") == ["a binary message over a WebSocket: what it says was not judged"]


def test_a_damaged_message_costs_its_flow_alone(tmp_path: Path) -> None:
    write_flows(tmp_path / "a.mitm", [*shop()[:1], websocket_flow([(True, True, b"{}", -1.0)]), *shop()[3:]])
    items = list(open_capture(tmp_path / "a.mitm").exchanges())
    assert [type(item) for item in items] == [Exchange, Unreadable, Exchange]


def test_one_socket_fills_no_memory(tmp_path: Path) -> None:
    write_flows(tmp_path / "a.mitm", [websocket_flow([])])
    (socket,) = exchanges(tmp_path / "a.mitm")
    messages = SocketMessages()
    made = [each for _ in range(MAX_MESSAGES + 50) for each in messages.exchanges(socket, NOON, b"{}")]
    assert len(made) == MAX_MESSAGES + 1
    assert "the rest was not read" in (made[-1].failure or "")
    large, text = SocketMessages(), b"x" * MAX_MESSAGE_BYTES
    assert len([each for _ in range(200) for each in large.exchanges(socket, NOON, text)]) < 70
