"""What a file is, is told by its content."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from addon.readers import CaptureError, open_capture

from .samples import entry, flow, har, without_privileges, write_flows, write_har


@pytest.mark.parametrize("name", ["capture.mitm", "capture.har", "capture", "capture.txt"])
def test_a_flow_file_is_recognised_whatever_its_name(tmp_path: Path, name: str) -> None:
    write_flows(tmp_path / name, [flow("https://shop.example/")])
    assert open_capture(tmp_path / name).kind == "flows"


@pytest.mark.parametrize("name", ["capture.har", "capture.mitm", "capture.json", "capture"])
@pytest.mark.parametrize("lead", [b"", b"\xef\xbb\xbf", b"  \r\n\t", b"\xef\xbb\xbf \n"])
def test_a_har_is_recognised_whatever_its_name_and_what_stands_before_it(
    tmp_path: Path, name: str, lead: bytes
) -> None:
    (tmp_path / name).write_bytes(lead + json.dumps(har([entry("https://shop.example/")])).encode())
    opened = open_capture(tmp_path / name)
    assert opened.kind == "har"
    assert [exchange.host for exchange in opened.exchanges() if hasattr(exchange, "host") and exchange.host]


@pytest.mark.parametrize(
    "content",
    [
        b"just some text",
        b"\x89PNG\r\n\x1a\n",
        b"12",
        b"12:",
        b"5:hello,",
        b"SQLite format 3\0" + b"\0" * 100,
        b"\0" * 5000,
    ],
)
def test_what_is_no_capture_is_refused_with_what_was_expected(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "thing").write_bytes(content)
    with pytest.raises(CaptureError, match=r"thing: no capture; expected a mitmproxy flow file .* or a HAR"):
        open_capture(tmp_path / "thing")


def test_an_empty_file_is_said_to_be_empty(tmp_path: Path) -> None:
    (tmp_path / "empty.mitm").touch()
    with pytest.raises(CaptureError, match=r"empty\.mitm: the file is empty"):
        open_capture(tmp_path / "empty.mitm")


def test_a_folder_is_no_capture(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="cannot be read"):
        open_capture(tmp_path)


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match=r"nothing\.har: cannot be read: No such file"):
        open_capture(tmp_path / "nothing.har")


def test_a_file_that_may_not_be_read_is_said_to_be_so(tmp_path: Path) -> None:
    path = tmp_path / "secret.mitm"
    path.write_bytes(b"1:2,")
    path.chmod(0)
    with without_privileges(), pytest.raises(CaptureError, match="cannot be read: Permission denied"):
        open_capture(path)


def test_a_file_is_known_by_the_hash_that_everybody_can_make_of_it(tmp_path: Path) -> None:
    path = write_har(tmp_path / "a.har", [entry("https://shop.example/")])
    identity = open_capture(path).identity
    assert identity.digest == hashlib.sha256(path.read_bytes()).hexdigest()
    assert identity.size == path.stat().st_size


def test_the_key_of_masks_comes_from_the_file_alone_but_not_from_what_is_stored_of_it(tmp_path: Path) -> None:
    path = write_har(tmp_path / "a.har", [entry("https://shop.example/")])
    identity = open_capture(path).identity
    copy = tmp_path / "copy.har"
    copy.write_bytes(path.read_bytes())
    assert open_capture(copy).identity == identity
    stored = bytes.fromhex(identity.digest)
    assert identity.secret not in (stored, hashlib.sha256(stored).digest(), identity.digest.encode())


def test_reading_tells_how_far_it_is(tmp_path: Path) -> None:
    write_flows(tmp_path / "a.mitm", [flow(f"https://h{number}.example/") for number in range(200)])
    write_har(tmp_path / "a.har", [entry(f"https://h{number}.example/") for number in range(200)])
    for name in ("a.mitm", "a.har"):
        opened = open_capture(tmp_path / name)
        places: list[int] = []
        list(opened.exchanges(places.append))
        assert places == sorted(places)
        assert len(places) > 2
        assert places[-1] == opened.identity.size
