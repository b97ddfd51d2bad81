"""What ``consentwire mark`` and the keys send to a running capture, through its proxy."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from addon.observe import run_client
from addon.observe.mark_client import place_mark
from vendor_catalog import Category


class Capture:
    """A proxy whose analysis knows one session."""

    def __init__(self) -> None:
        self.marks: list[dict[str, Any]] = []
        capture = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                content = self.rfile.read(int(self.headers["content-length"]))
                capture.marks.append(json.loads(content))
                self.answer({"accepted": 1, "at": "2026-05-01T12:00:00.000Z"})

            def do_GET(self) -> None:
                kind = capture.marks[-1].get("kind", "note")
                self.answer([{"capture": 1, "session": "1.s1", "site": "shop.example", "kind": kind}])

            def answer(self, document: Any) -> None:
                self.send_response(200)
                self.end_headers()
                self.wfile.write(json.dumps(document).encode())

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def capture(monkeypatch: pytest.MonkeyPatch) -> Iterator[Capture]:
    made = Capture()
    monkeypatch.setattr(run_client, "secret_left", lambda port: "secret")
    yield made
    made.server.shutdown()
    made.server.server_close()


def test_a_mark_says_how_long_ago_it_was_pressed(capture: Capture) -> None:
    place_mark("rejected all", None, None, capture.port, pressed=time.monotonic() - 0.7)
    (sent,) = capture.marks
    assert 700 <= sent["pressed_ago"] < 5000
    place_mark("rejected all", None, None, capture.port)
    assert capture.marks[1]["pressed_ago"] < 500


@pytest.mark.parametrize(
    ("text", "kind", "choices", "sent"),
    [
        ("statistics alone", None, {"analytics": True, "marketing": False}, "accepted"),
        ("took it back", None, {"analytics": False}, "rejected"),
        ("rejected all", None, None, "rejected"),
        ("statistics alone", "withdrew", {"analytics": True}, "withdrew"),
    ],
)
def test_what_was_done_is_read_from_the_choices_where_the_words_leave_it_open(
    capture: Capture, text: str, kind: str | None, choices: dict[str, bool] | None, sent: str
) -> None:
    given = None if choices is None else {Category(key): value for key, value in choices.items()}
    placed = place_mark(text, kind, None, capture.port, choices=given)
    assert (placed.kind, capture.marks[0].get("choices")) == (sent, choices)
