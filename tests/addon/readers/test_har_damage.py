"""HAR files that are damaged, hostile or large."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from addon.exchange import Exchange
from addon.readers import CaptureError, Unreadable, open_capture

from .samples import entry, har, write_har

_ROUNDS = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def read(path: Path) -> tuple[list[str], list[Unreadable]]:
    """Hosts, and gaps but for the one about cookies."""
    items = list(open_capture(path).exchanges())
    gaps = [item for item in items if isinstance(item, Unreadable) and item.kind != "cookies-stripped"]
    return [item.host for item in items if isinstance(item, Exchange)], gaps


@pytest.fixture(scope="module")
def whole() -> bytes:
    entries = [entry(f"https://h{number}.example/", headers={"cookie": "a=1"}) for number in range(3)]
    return json.dumps(har(entries)).encode()


def read_cut(whole: bytes, at: int, path: Path) -> None:
    """Reads the first bytes of a HAR, and says what has to come of it: an open list of entries is what makes it a HAR."""
    path.write_bytes(whole[:at])
    if at < whole.index(b'"entries": [') + len(b'"entries": ['):
        with pytest.raises(CaptureError):
            read(path)
        return
    hosts, gaps = read(path)
    assert hosts == [f"h{number}.example" for number in range(len(hosts))]
    complete = whole[:at].count(b'"receive": 0.5}}')
    assert len(hosts) == complete
    assert [gap.kind for gap in gaps] == ["truncated-capture"]


@_ROUNDS
@given(cut=st.floats(0, 1, exclude_max=True))
@example(cut=0.9999)
def test_a_har_cut_short_anywhere_is_read_up_to_there_and_says_so(whole: bytes, tmp_path: Path, cut: float) -> None:
    read_cut(whole, int(cut * len(whole)), tmp_path / "a.har")


def test_a_har_cut_anywhere_around_the_start_of_its_entries_is_read_or_refused(whole: bytes, tmp_path: Path) -> None:
    start = whole.index(b'"entries": [')
    for at in range(1, start + 60):
        read_cut(whole, at, tmp_path / "a.har")


def test_a_har_cut_before_its_first_entry_says_so_in_words(tmp_path: Path) -> None:
    (tmp_path / "a.har").write_text('{"log": {"entries": [{"startedDate')
    _, (gap,) = read(tmp_path / "a.har")
    assert "before its first entry" in gap.reason
    assert "-1" not in gap.reason


def without(*path: str) -> dict[str, Any]:
    made: Any = entry("https://broken.example/")
    inner = made
    for part in path[:-1]:
        inner = inner[part]
    del inner[path[-1]]
    return made  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    "broken",
    [
        None,
        5,
        "text",
        [],
        {},
        {"request": None},
        without("request"),
        without("startedDateTime"),
        without("request", "url"),
        without("request", "method"),
        entry("https://broken.example/", request={"url": 5}),
        entry("https://broken.example/", request={"url": None}),
        entry("https://[broken/"),
        entry("https://broken.example:99999/"),
        entry("https:///path"),
        entry("https://broken.example/", started="yesterday"),
        entry("https://broken.example/", started="9999-12-31T23:59:59-10:00"),
        entry("https://broken.example/", started="0001-01-01T00:00:00+10:00"),
        entry("https://broken.example/", started="1066-10-14T09:00:00Z"),
    ],
    ids=lambda broken: json.dumps(broken)[:60],
)
def test_a_broken_entry_costs_itself_alone(tmp_path: Path, broken: Any) -> None:
    path = write_har(tmp_path / "a.har", [entry("https://a.example/"), broken, entry("https://b.example/")])
    hosts, gaps = read(path)
    assert hosts == ["a.example", "b.example"]
    (gap,) = gaps
    assert gap.kind == "broken-flow"
    assert gap.reason.startswith("entry 1 (byte ") and ") is damaged (" in gap.reason
    assert "()" not in gap.reason


@_ROUNDS
@given(
    part=st.sampled_from(["request", "response", "timings", "_fromCache", "pageref", "startedDateTime", "cache"]),
    value=_JSON,
)
def test_whatever_stands_in_an_entry_the_others_are_read(tmp_path: Path, part: str, value: Any) -> None:
    odd = {**entry("https://odd.example/"), part: value}
    path = write_har(tmp_path / "a.har", [entry("https://a.example/"), odd, entry("https://b.example/")])
    hosts, _ = read(path)
    assert [host for host in hosts if host in ("a.example", "b.example")] == ["a.example", "b.example"]


@_ROUNDS
@given(
    part=st.sampled_from(["url", "method", "headers", "cookies", "postData", "_content"]),
    value=_JSON | st.lists(st.dictionaries(st.sampled_from(["name", "value", "expires", "text"]), _JSON), max_size=3),
)
def test_whatever_stands_in_a_request_the_others_are_read(tmp_path: Path, part: str, value: Any) -> None:
    odd = entry("https://odd.example/", request={part: value}, response={part: value})
    hosts, _ = read(write_har(tmp_path / "a.har", [entry("https://a.example/"), odd]))
    assert "a.example" in hosts


@pytest.mark.parametrize("number", ["123456789012345678901234567890", "1e999", "-1e999", "0.1e-999"])
def test_a_number_that_fits_nowhere_costs_nothing(tmp_path: Path, number: str) -> None:
    document = json.dumps(har([entry("https://a.example/"), entry("https://b.example/", _size="@")]))
    (tmp_path / "a.har").write_text(document.replace('"@"', number).replace('"wait": 38', f'"wait": {number}'))
    assert read(tmp_path / "a.har") == (["a.example", "b.example"], [])


@pytest.mark.parametrize("digits", [309, 4301, 5000, 1_000_000])
def test_a_whole_number_without_end_takes_nothing_down(tmp_path: Path, digits: int) -> None:
    document = json.dumps(har([entry("https://a.example/", time="@"), entry("https://b.example/", status=204)]))
    (tmp_path / "a.har").write_text(document.replace('"@"', "9" * digits).replace("204", "1" * digits))
    (first, second) = [item for item in open_capture(tmp_path / "a.har").exchanges() if isinstance(item, Exchange)]
    assert (first.host, first.status) == ("a.example", 200)
    assert (second.host, second.status) == ("b.example", None), "as a browser would read it, it is no number"


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}"), ('[{"a":', "}]")])
@pytest.mark.parametrize("depth", [201, 30_000])
def test_an_entry_nested_without_end_costs_itself_alone(tmp_path: Path, opening: str, closing: str, depth: int) -> None:
    deep = entry("https://deep.example/", _deep="@")
    document = json.dumps(har([entry("https://a.example/"), deep, entry("https://b.example/")]))
    place = document.index('{"startedDateTime"', document.index("a.example"))
    (tmp_path / "a.har").write_text(document.replace('"@"', opening * depth + "1" + closing * depth))
    hosts, (gap,) = read(tmp_path / "a.har")
    assert hosts == ["a.example", "b.example"]
    assert gap == Unreadable(
        "broken-flow", f"entry 1 (byte {place}) is damaged (it is nested deeper than 200); it was left out", count=1
    )


@pytest.mark.parametrize(("opening", "unit"), [("", "["), ("", '{"a":'), ("[", "{},"), ('{"', "k"), ('"', "x")])
def test_what_is_opened_without_end_takes_no_memory(tmp_path: Path, opening: str, unit: str) -> None:
    document = json.dumps(har([entry("https://a.example/")]))
    (tmp_path / "a.har").write_text(document[: document.rindex("]")] + "," + opening + unit * 40_000)
    tracemalloc.start()
    try:
        hosts, (gap,) = read(tmp_path / "a.har")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert hosts == ["a.example"]
    assert gap.kind == "truncated-capture" and "after entry 0: the file ends within what starts at byte " in gap.reason
    assert peak < 8_000_000


def test_an_entry_that_is_no_json_costs_itself_alone(tmp_path: Path) -> None:
    document = json.dumps(
        har([entry("https://a.example/"), entry("https://broken.example/"), entry("https://b.example/")])
    )
    (tmp_path / "a.har").write_text(document.replace('"https://broken.example/"', "https://broken.example/"))
    hosts, (gap,) = read(tmp_path / "a.har")
    assert hosts == ["a.example", "b.example"]
    assert gap.kind == "broken-flow" and "Expecting value" in gap.reason


def test_a_body_too_long_to_keep_is_left_out_of_its_exchange_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("addon.readers.json_stream.MAX_TEXT_BYTES", 100_000)
    path = write_har(
        tmp_path / "a.har", [entry("https://a.example/", text="x" * 3_000_000), entry("https://b.example/")]
    )
    found, (gap,) = read(path)
    assert found == ["a.example", "b.example"]
    assert gap.kind == "body-too-large" and gap.reason.startswith("entry 0 (byte ")


def test_pages_that_cannot_be_read_are_said_and_cost_no_entry(tmp_path: Path) -> None:
    document = json.dumps(har([entry("https://a.example/", pageref="p")], pages=["@"]))
    (tmp_path / "a.har").write_text(document.replace('"@"', "[" * 300 + "]" * 300))
    hosts, (gap,) = read(tmp_path / "a.har")
    assert hosts == ["a.example"]
    assert gap.kind == "broken-flow" and gap.reason.startswith("log.pages (byte ")


def test_a_thousand_damaged_entries_are_told_one_by_one_and_the_others_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.har"
    path.write_text('{"log": {"entries": [' + "0," * 30_000 + json.dumps(entry("https://a.example/")) + "]}}")
    hosts, gaps = read(path)
    assert hosts == ["a.example"]
    assert len(gaps) == 1001
    assert gaps[-1] == Unreadable("broken-flow", "29000 more parts of the file are damaged; they were left out")


def test_a_byte_that_is_no_utf8_costs_nothing_but_itself(tmp_path: Path) -> None:
    document = json.dumps(
        har([entry("https://a.example/", text="caf@"), entry("https://b.example/", text="\u20ac" * 9)])
    )
    (tmp_path / "a.har").write_bytes(document.encode().replace(b"@", b"\xe9"))
    found = [item for item in open_capture(tmp_path / "a.har").exchanges() if isinstance(item, Exchange)]
    assert [exchange.host for exchange in found] == ["a.example", "b.example"]
    assert found[0].response_body is not None
    assert found[0].response_body.content().decode() == "caf\N{REPLACEMENT CHARACTER}"
    assert found[1].response_body is not None
    assert found[1].response_body.content().decode() == "\u20ac" * 9


def test_lone_surrogates_cost_nothing(tmp_path: Path) -> None:
    odd = entry("https://a.example/?q=\ud800", headers={"cookie": "a=\udfff"}, text="\ud800")
    assert read(write_har(tmp_path / "a.har", [odd, entry("https://b.example/")]))[0] == ["a.example", "b.example"]


def test_what_follows_the_document_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.har").write_text(json.dumps(har([entry("https://a.example/")])) + "{}")
    hosts, gaps = read(tmp_path / "a.har")
    assert hosts == ["a.example"]
    assert [gap.kind for gap in gaps] == ["truncated-capture"]


def write_large(path: Path, entries: int, body: int) -> None:
    with path.open("w") as file:
        file.write('{"log": {"version": "1.2", "creator": {"name": "WebInspector"}, "entries": [')
        for number in range(entries):
            started = f"2026-01-01T12:{number // 60 % 60:02}:{number % 60:02}.000Z"
            made = entry("https://a.example/", started=started, headers={"cookie": "a=1"}, text="x" * body)
            file.write(("," if number else "") + json.dumps(made))
        file.write("]}}")


@pytest.mark.parametrize(
    ("entries", "body"), [(30, 1_000_000), (1500, 20_000)], ids=["few large bodies", "many small bodies"]
)
def test_a_large_har_is_streamed(tmp_path: Path, entries: int, body: int) -> None:
    write_large(tmp_path / "a.har", entries, body)
    size = (tmp_path / "a.har").stat().st_size
    tracemalloc.start()
    try:
        count = sum(1 for _ in open_capture(tmp_path / "a.har").exchanges())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == entries
    assert size > 30_000_000
    assert peak < 24_000_000
