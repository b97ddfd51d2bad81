"""What is kept of a body that streams by."""

from __future__ import annotations

import gc

import pytest
from mitmproxy import http

from addon.body import MAX_BODY_BYTES
from addon.live.records import MAX_KEPT, BodyRecord, Room, Tap

JSON, OTHER = b'{"a":', b"\x89PNG"


def message() -> http.Response:
    made = http.Response.make(200, b"")
    made.data.content = None
    return made


def kept(*pieces: bytes, partly: bool | None, room: Room | None = None) -> bytes | None:
    response = message()
    tap = Tap(BodyRecord(response, room or Room(), partly=partly))
    for piece in pieces:
        assert tap(piece) == piece
    assert tap(b"") == ()
    return response.data.content


@pytest.mark.parametrize("partly", [True, False, None])
def test_a_small_body_is_kept_whole(partly: bool | None) -> None:
    assert kept(OTHER, b"more", partly=partly) == OTHER + b"more"
    assert kept(partly=partly) == b""


@pytest.mark.parametrize(
    ("first", "partly", "whole"), [(JSON, None, True), (OTHER, None, False), (OTHER, True, True), (JSON, False, False)]
)
def test_the_beginning_of_a_large_body_is_kept_if_somebody_reads_it(
    first: bytes, partly: bool | None, whole: bool
) -> None:
    found = kept(first, *[b"x" * 1024 * 1024] * 9, partly=partly)
    assert (found is not None) is whole
    if found is not None:
        assert len(found) == MAX_KEPT == MAX_BODY_BYTES + 1, "so that it is seen to be longer than what is read"
        assert found.startswith(first)


def test_empty_pieces_in_between_change_nothing() -> None:
    response = message()
    tap = Tap(BodyRecord(response, Room(), partly=True))
    for piece in (JSON, b"", b"", b"1}", b""):
        tap(piece)
    assert response.data.content == JSON + b"1}"


def test_all_bodies_together_are_bounded_and_give_back_what_they_held() -> None:
    room = Room(1000)
    first = BodyRecord(message(), room, partly=True)
    first.add(b"x" * 900)
    assert kept(b"y" * 200, partly=True, room=room) == b"y" * 100
    assert kept(OTHER * 100, partly=False, room=room) is None
    gc.collect()
    assert room.free == 100
    del first
    gc.collect()
    assert room.free == 1000
