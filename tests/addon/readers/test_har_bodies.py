"""Bodies that an exporter took apart, put together again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addon.decode.hits.wire import form
from addon.exchange import Exchange
from addon.jsontext import Json, mapping
from addon.readers.har_bodies import posted
from tests.addon.building import Run, run

from .samples import entry, track, write_har
from .test_har import exchanges, one

_FORM = "application/x-www-form-urlencoded"


def read(folder: Path, params: Any, mime: str = "", headers: dict[str, str] | None = None, **post: Any) -> Exchange:
    request = {"postData": {"mimeType": mime, "params": params, **post}}
    sent = entry("https://a.example/", method="POST", request=request)
    sent["request"]["headers"] = [{"name": name, "value": value} for name, value in (headers or {}).items()]
    return one(write_har(folder / "a.har", [sent]))


def content(exchange: Exchange) -> bytes:
    assert exchange.request_body is not None
    return exchange.request_body.content()


def pairs(**values: Any) -> list[dict[str, Any]]:
    return [{"name": name, "value": value} for name, value in values.items()]


def as_chrome_har_writes(document: Any) -> list[dict[str, Any]]:
    """The top-level keys as params, and the elements of a list under one name."""
    items = document.items() if isinstance(document, dict) else ((str(at), value) for at, value in enumerate(document))
    found: list[dict[str, Any]] = []
    for name, value in items:
        found += [{"name": name, "value": each} for each in (value if isinstance(value, list) else [value])]
    return found


@pytest.mark.parametrize(
    "document",
    [
        track(),
        {"batch": [track(), track(event="Other")], "sentAt": "2026-01-01T12:00:00.000Z"},
        {"batch": [track()], "writeKey": "wk"},
        {"a": 1, "b": None, "c": True, "d": 1.5, "e": {"f": []}, "g": "1"},
        [{"name": "a"}, {"name": "b"}],
    ],
)
def test_json_whose_top_level_keys_became_params_is_that_json_again(tmp_path: Path, document: Any) -> None:
    params = as_chrome_har_writes(document)
    assert json.loads(content(read(tmp_path, params, "application/json; charset=utf-8"))) == document
    header = {"Content-Type": "application/json"}
    assert json.loads(content(read(tmp_path, params, headers=header))) == document


def test_values_that_no_form_can_have_are_json_whatever_the_type_says(tmp_path: Path) -> None:
    document = track()
    assert json.loads(content(read(tmp_path, as_chrome_har_writes(document), "text/plain"))) == document


def test_a_message_in_params_is_judged_as_the_same_message_in_a_text(tmp_path: Path) -> None:
    message = track(context={"consent": {"categoryPreferences": {"advertising": True}}})

    def result(**post: Any) -> Run:
        page = entry("https://shop.example/", headers={"sec-fetch-dest": "document", "cookie": "a=1"})
        sent = entry(
            "https://api.segment.io/v1/t",
            started="2026-01-01T12:00:01.000Z",
            method="POST",
            headers={"origin": "https://shop.example", "content-type": "application/json"},
            request={"postData": {"mimeType": "application/json", **post}},
        )
        return run(*exchanges(write_har(tmp_path / "a.har", [page, sent])))

    apart, whole = result(params=as_chrome_har_writes(message)), result(text=json.dumps(message))
    assert [(event.message_id, event.stamp, event.payload) for event in apart.events] == [
        (event.message_id, event.stamp, event.payload) for event in whole.events
    ]
    assert apart.rules == whole.rules != set()


def test_no_value_of_a_form_becomes_a_name(tmp_path: Path) -> None:
    given_values = {
        "dl": "https://shop.example/?a=1&email=x@example.org",
        "cd[v]": "50% = half; ä+b",
        "n": 7,
        "none": None,
    }
    read_back = dict(parse_qsl(content(read(tmp_path, pairs(**given_values), _FORM)).decode(), keep_blank_values=True))
    assert read_back == {**given_values, "n": "7", "none": ""}


def test_a_form_that_was_left_encoded_is_not_encoded_again(tmp_path: Path) -> None:
    params = pairs(em="jane%40example.org", dl="https%3A%2F%2Fshop.example%2F", q="a+b")
    body = content(read(tmp_path, params, _FORM))
    assert body == b"em=jane%40example.org&dl=https%3A%2F%2Fshop.example%2F&q=a+b"
    assert b"100%2525" in content(read(tmp_path, pairs(a="100%25", url="https://a.example/"), _FORM)), (
        "not all of it is"
    )


def test_a_form_in_parts_is_one_again_under_the_boundary_that_it_names(tmp_path: Path) -> None:
    params = [
        *pairs(id="1", note='line\r\n--b1--\r\n"x" & y=z'),
        {"name": "f", "fileName": "a.txt", "contentType": "text/plain"},
    ]
    found = read(tmp_path, params, headers={"content-type": "multipart/form-data; boundary=WebKitb7"})
    assert form(found) == {"id": "1", "note": 'line\r\n--b1--\r\n"x" & y=z', "f": ""}
    unnamed = read(tmp_path, params, "multipart/form-data", headers={"content-type": "multipart/form-data"})
    assert form(unnamed) == form(found), "the field names the boundary then"
    assert len(unnamed.request_headers.get_all("content-type")) == 1


def test_a_text_wins_over_params_and_an_empty_one_does_not(tmp_path: Path) -> None:
    assert content(read(tmp_path, pairs(a="b"), _FORM, text="a=c")) == b"a=c"
    assert content(read(tmp_path, pairs(a="b"), _FORM, text="")) == b"a=b"


def test_json_that_was_cut_as_a_form_is_whole_again(tmp_path: Path) -> None:
    params = [{"name": '{"type":"track","url":"https://a.example/?x', "value": "1"}, {"name": 'y"}', "value": ""}]
    assert json.loads(content(read(tmp_path, params, _FORM))) == {"type": "track", "url": "https://a.example/?x=1&y"}


def test_the_type_of_what_was_posted_stands_for_a_field_that_is_missing(tmp_path: Path) -> None:
    assert read(tmp_path, [], "application/json", text="{}").request_headers.get("content-type") == "application/json"
    stated = read(tmp_path, [], "application/json", {"content-type": "text/plain"}, text="{}")
    assert stated.request_headers.get_all("content-type") == ["text/plain"]


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "text": _VALUES,
            "mimeType": _VALUES | st.sampled_from([_FORM, "application/json", "multipart/form-data; boundary=x"]),
            "params": _VALUES
            | st.lists(st.fixed_dictionaries({}, optional={"name": _VALUES, "value": _VALUES, "fileName": _VALUES})),
        },
    ),
    st.none() | st.text(),
)
def test_whatever_was_posted_is_read_without_an_error(post: Json, stated: str | None) -> None:
    found = posted(mapping(post), stated)
    assert found.body is None or isinstance(found.body.raw, bytes)
