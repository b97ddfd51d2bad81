"""What a HAR says of who made its requests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from addon.exchange import Exchange, is_extension
from addon.readers import open_capture
from addon.readers.har_pages import made_by_extension, pages_of

from .samples import entry, write_har

EXTENSION = "chrome-extension://abcdef/content.js"
PAGE = "https://shop.example/app.js"


def stack(*urls: str, parent: dict[str, Any] | None = None) -> dict[str, Any]:
    frames: dict[str, Any] = {"callFrames": [{"functionName": "", "url": url, "lineNumber": 1} for url in urls]}
    return frames if parent is None else {**frames, "parent": parent}


@pytest.mark.parametrize(
    ("initiator", "made"),
    [
        ({"type": "script", "stack": stack(EXTENSION)}, True),
        ({"type": "script", "stack": stack(EXTENSION, parent=stack(EXTENSION))}, True),
        ({"type": "script", "stack": stack("", EXTENSION)}, True),
        ({"type": "parser", "url": "moz-extension://0-1/popup.html"}, True),
        ({"type": "script", "url": EXTENSION, "stack": stack("")}, True),
        ({"type": "script", "stack": stack(EXTENSION, PAGE)}, False),
        ({"type": "script", "stack": stack(EXTENSION, parent=stack(PAGE))}, False),
        ({"type": "script", "stack": stack(PAGE)}, False),
        ({"type": "parser", "url": "https://shop.example/"}, False),
        ({"type": "other"}, False),
        ({"type": "script", "stack": {"callFrames": [1, None], "parent": 3}}, False),
        ({"type": "script", "stack": []}, False),
        ("chrome-extension://abcdef", False),
        (None, False),
    ],
)
def test_an_extension_made_what_its_scripts_alone_led_to(initiator: Any, made: bool) -> None:
    """One that wraps what pages call, or presses a button of theirs, made nothing."""
    assert made_by_extension({"_initiator": initiator}) is made


def test_a_call_stack_is_walked_to_a_bound() -> None:
    chain = stack(PAGE)
    for _ in range(2000):
        chain = stack(EXTENSION, parent=chain)
    assert made_by_extension({"_initiator": {"stack": chain}}), "what is beyond is not looked at"
    assert made_by_extension({"_initiator": {"stack": stack(*[EXTENSION] * 5000, PAGE)}})


@pytest.mark.parametrize(
    ("address", "extension"),
    [
        ("chrome-extension://abc", True),
        ("MOZ-EXTENSION://abc/x.html", True),
        ("safari-web-extension://A", True),
        ("https://chrome-extension.example/", False),
        ("chrome-extension", False),
        ("https://x.example/?from=chrome-extension://abc", False),
        ("", False),
    ],
)
def test_an_extension_is_told_by_its_scheme(address: str, extension: bool) -> None:
    assert is_extension(address) is extension


def test_titles_that_are_addresses_name_pages_and_extensions() -> None:
    found = pages_of(
        [
            {"id": "page_1", "title": "https://shop.example/"},
            {"id": "page_2", "title": "Shop"},
            {"id": "page_3", "title": "chrome-extension://abc/popup.html"},
            {"title": "https://nobody.example/"},
            "page_4",
        ]
    )
    assert found.urls == {"page_1": "https://shop.example/"}
    assert found.of_extensions == {"page_3"}
    assert pages_of(None) == pages_of("x")


def test_an_entry_says_where_it_is_filed_and_who_made_it(tmp_path: Path) -> None:
    pages = [{"id": "page_1", "title": "Shop"}, {"id": "page_2", "title": "chrome-extension://abc/popup.html"}]
    path = write_har(
        tmp_path / "a.har",
        [
            entry("https://shop.example/", pageref="page_1", response={"content": {"mimeType": "text/html"}}),
            entry("https://a.example/", pageref="page_1", _initiator={"stack": stack(EXTENSION)}),
            entry("https://b.example/", pageref="page_2", response_headers={"x": "y"}),
            entry("https://c.example/", pageref=3),
        ],
        pages=pages,
    )
    found = [item for item in open_capture(path).exchanges() if isinstance(item, Exchange)]
    assert [one.page_group for one in found] == ["page_1", "page_1", "page_2", None]
    assert [one.extension for one in found] == [False, True, True, False]
    assert [one.page_url for one in found] == [None] * 4


def test_an_entry_without_header_fields_is_of_the_type_that_its_content_has(tmp_path: Path) -> None:
    html = {"content": {"mimeType": "text/html; charset=utf-8"}}
    bare = entry("https://shop.example/", response=html)
    told = entry("https://shop.example/", response=html, response_headers={"server": "x"})
    without, with_fields = (
        item
        for item in open_capture(write_har(tmp_path / "a.har", [bare, told])).exchanges()
        if isinstance(item, Exchange)
    )
    assert without.response_headers.get("content-type") == "text/html; charset=utf-8"
    assert with_fields.response_headers.get("content-type") is None
