"""Which entries of a HAR never were a request on the network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from addon.exchange import Unsent
from tests.addon.building import run

from .samples import entry, write_har
from .test_har import exchanges, one

_NO_TIME = {"blocked": -1, "dns": -1, "connect": -1, "ssl": -1, "send": 0, "wait": 0, "receive": 0}
_URL = "https://cdn.segment.com/analytics.js/v1/wk/analytics.min.js"


def unsent(folder: Path, *, creator: str = "WebInspector", **parts: Any) -> Unsent | None:
    return one(write_har(folder / "a.har", [entry(_URL, **parts)], creator=creator)).unsent


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("Memory Cache", Unsent.CACHED),
        ("Disk Cache", Unsent.CACHED),
        ("Service Worker", Unsent.WORKER),
        ("Inspector Override", Unsent.OVERRIDDEN),
        ("Network Load", None),
    ],
)
def test_safari_says_where_an_answer_came_from(tmp_path: Path, kind: str, expected: Unsent | None) -> None:
    assert unsent(tmp_path, creator="WebKit Web Inspector", _fetchType=kind) is expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("cache-storage", Unsent.WORKER),
        ("fallback-code", Unsent.WORKER),
        ("http-cache", Unsent.CACHED),
        ("network", None),
        (None, Unsent.WORKER),
    ],
)
def test_a_service_worker_that_fetched_from_the_network_did_send(
    tmp_path: Path, source: str | None, expected: Unsent | None
) -> None:
    named = {} if source is None else {"_serviceWorkerResponseSource": source}
    assert unsent(tmp_path, response={"_fetchedViaServiceWorker": True, "_transferSize": 0, **named}) is expected
    assert unsent(tmp_path, _fetchedViaServiceWorker=True, **named) is expected


@pytest.mark.parametrize(
    "flags",
    [
        {"_fromCache": "prefetch"},
        {"_fromCache": True},
        {"fromDiskCache": True},
        {"_fromDiskCache": True},
        {"fromPrefetchCache": True},
        {"cache": {"beforeRequest": {"lastAccess": "2026-01-01T12:00:00.000Z", "eTag": "", "hitCount": 0}}},
    ],
)
def test_every_flag_of_a_cache_counts_unless_the_server_was_asked(tmp_path: Path, flags: dict[str, Any]) -> None:
    assert unsent(tmp_path, **flags) is Unsent.CACHED
    assert unsent(tmp_path, status=304, **flags) is None, "checked with the server"
    assert unsent(tmp_path, response={"_transferSize": 512}, **flags) is None, "bytes were transferred"


@pytest.mark.parametrize("flag", ["fromDiskCache", "fromPrefetchCache"])
def test_the_flags_of_a_cache_may_stand_on_the_response(tmp_path: Path, flag: str) -> None:
    assert unsent(tmp_path, response={flag: True}) is Unsent.CACHED
    assert unsent(tmp_path, response={flag: False}) is None


def test_a_cache_of_its_own_before_the_request_says_nothing(tmp_path: Path) -> None:
    known = {"lastAccess": "2026-01-01T11:00:00.000Z", "eTag": '"abc"', "hitCount": 3}
    assert unsent(tmp_path, creator="BrowserMob Proxy", cache={"beforeRequest": known}) is None


def test_firefox_names_no_cache_but_shows_that_nothing_was_transferred(tmp_path: Path) -> None:
    cached: dict[str, Any] = {
        "response": {"bodySize": 0, "content": {"size": 900, "mimeType": "x"}},
        "timings": _NO_TIME,
    }
    assert unsent(tmp_path, creator="Firefox", **cached) is Unsent.CACHED
    assert unsent(tmp_path, creator="Firefox", **cached, serverIPAddress="192.0.2.1") is None
    assert unsent(tmp_path, creator="Firefox", **(cached | {"timings": {**_NO_TIME, "wait": 3}})) is None
    assert unsent(tmp_path, creator="Some proxy", **cached) is None, "it may not know sizes and times"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ("net::ERR_NAME_NOT_RESOLVED", Unsent.UNREACHED),
        ("net::ERR_INTERNET_DISCONNECTED", Unsent.UNREACHED),
        ("net::ERR_CONNECTION_REFUSED", Unsent.UNREACHED),
        ("net::ERR_CERT_AUTHORITY_INVALID", Unsent.UNREACHED),
        ("net::ERR_TUNNEL_CONNECTION_FAILED", Unsent.UNREACHED),
        ("NS_ERROR_UNKNOWN_HOST", Unsent.UNREACHED),
        ("getaddrinfo ENOTFOUND api.segment.io", Unsent.UNREACHED),
        ("A server with the specified hostname could not be found.", Unsent.UNREACHED),
        ("NS_ERROR_TRACKING_URI", Unsent.BLOCKED),
        ("mixed-content", Unsent.BLOCKED),
        ("net::ERR_BLOCKED_BY_LOCAL_NETWORK_ACCESS_CHECKS", Unsent.BLOCKED),
        ("net::ERR_EMPTY_RESPONSE", None),
        ("net::ERR_TIMED_OUT", None),
        ("net::ERR_FAILED", None),
        ("NS_BINDING_ABORTED", None),
        ("cancelled", None),
    ],
)
@pytest.mark.parametrize("field", ["_error", "_failureText"])
def test_only_errors_from_before_the_request_was_written_say_that_nothing_went_out(
    tmp_path: Path, error: str, expected: Unsent | None, field: str
) -> None:
    assert unsent(tmp_path, status=0, timings=_NO_TIME, response={field: error}) is expected
    assert unsent(tmp_path, status=200, response={field: error}) is None, "it was answered"


def test_playwright_marks_what_a_test_answered_or_held_back(tmp_path: Path) -> None:
    assert unsent(tmp_path, creator="Playwright", _wasFulfilled=True) is Unsent.OVERRIDDEN
    failed = {"status": -1, "response": {"_failureText": "net::ERR_FAILED"}}
    assert unsent(tmp_path, creator="Playwright", _wasAborted=True, **failed) is Unsent.BLOCKED
    assert unsent(tmp_path, creator="Playwright", _wasContinued=True) is None


def test_a_redirect_within_the_browser_is_no_answer_of_a_server(tmp_path: Path) -> None:
    fields = {"Non-Authoritative-Reason": "HSTS", "Location": "https://a.example/"}
    assert unsent(tmp_path, status=307, response_headers=fields) is Unsent.OVERRIDDEN
    assert unsent(tmp_path, status=307, response_headers=fields, serverIPAddress="192.0.2.1") is None
    assert unsent(tmp_path, status=307, response_headers={"Location": "https://a.example/"}) is None


def test_without_an_answer_any_trace_of_a_connection_counts(tmp_path: Path) -> None:
    silent: dict[str, Any] = {"status": 0, "timings": _NO_TIME}
    assert unsent(tmp_path, **silent) is Unsent.UNTRACED
    assert unsent(tmp_path, **silent, serverIPAddress="192.0.2.1") is None
    assert unsent(tmp_path, **silent, connection="443") is None
    assert unsent(tmp_path, **silent, request={"headersSize": 400}) is None
    assert unsent(tmp_path, **(silent | {"timings": {**_NO_TIME, "send": 1}})) is None
    assert unsent(tmp_path, **silent, response={"headersSize": None}) is None, "sizes are not said to be missing"


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"_fromCache": "disk"}, "was answered from the browser's cache: nothing went out"),
        (
            {"_fetchType": "Service Worker"},
            "was answered by a service worker of the page: the request itself did not go out",
        ),
        ({"_wasFulfilled": True}, "was answered by the browser itself"),
        ({"status": 0, "response": {"_error": "net::ERR_BLOCKED_BY_CLIENT"}}, "was blocked in the browser"),
        ({"status": 0, "response": {"_error": "net::ERR_NAME_NOT_RESOLVED"}}, "did not reach its host"),
        ({"status": 0, "timings": _NO_TIME}, "has neither an answer nor any trace of a connection"),
    ],
)
def test_nobody_is_accused_of_what_did_not_go_out_and_the_gap_says_why(
    tmp_path: Path, parts: dict[str, Any], words: str
) -> None:
    page = entry("https://shop.example/", headers={"sec-fetch-dest": "document", "cookie": "a=1"})
    origin = {"origin": "https://shop.example", "cookie": "a=1"}
    later = entry("https://shop.example/b", started="2026-01-01T12:00:09.000Z", headers={"cookie": "a=1"})
    kept = entry(_URL, started="2026-01-01T12:00:01.000Z", headers=origin, **parts)
    sent = entry(_URL, started="2026-01-01T12:00:01.000Z", headers=origin)
    assert run(*exchanges(write_har(tmp_path / "sent.har", [page, sent, later]))).violations
    found = run(*exchanges(write_har(tmp_path / "kept.har", [page, kept, later])))
    assert not found.violations
    (reason,) = found.gap("not-sent")
    assert words in reason
