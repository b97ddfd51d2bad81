"""Zip archives with a recording in them: a HAR with its bodies beside it, a trace of Playwright, or any capture that was packed.

Sources: microsoft/playwright ``server/har/harRecorder.ts`` (``har.har`` and, with attached content, the bodies under the name in
``_file``) and ``server/trace/recorder/tracing.ts`` (``*.network``: a HAR entry a line; bodies in ``resources/`` under the name in
``_sha1``).
"""

from __future__ import annotations

import base64
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, cast

from addon.body import MAX_BODY_BYTES
from addon.jsontext import Json, JsonError, mapping, parse_exactly, text_of

from .foreign_formats import SAZ
from .har import PARTS, log_members
from .har_writer import HarWriter
from .json_stream import MAX_VALUE_BYTES, JsonStream, Malformed, Unusable
from .packed import Content, Spool
from .response_kinds import begins_as_json
from .surrogates import paired

_MAX_MEMBERS = 100_000
_FIDDLER = re.compile(r"raw/\d{1,9}_[csm]\.(?:txt|xml)", re.IGNORECASE)
_CHUNK = 256 * 1024
_NAMED = 5
_RESOURCES = "resources/"
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError)
"""What Python's zipfile raises of a damaged or encrypted archive, or one that is packed in another way."""


class NoRecording(Exception):
    """An archive that no capture can be read from: says why, and what to do."""


def unpacked(path: Path, packed_size: int) -> Content:
    """The recording in an archive.

    Raises:
        NoRecording: if there is none, or several.
        TooLarge: if it is too large.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return _recording(archive, packed_size)
    except _DAMAGE as error:
        raise NoRecording(
            f"a zip archive that cannot be read ({str(error)[:200] or type(error).__name__}); pack it again"
        ) from error


def _recording(archive: zipfile.ZipFile, packed_size: int) -> Content:
    names = [name for name in archive.namelist() if not name.endswith("/") and not _is_of_the_system(name)]
    if len(names) > _MAX_MEMBERS:
        raise NoRecording(f"a zip archive of more than {_MAX_MEMBERS} files; unpack it and give the captures in it")
    if any(_FIDDLER.fullmatch(name) for name in names):
        raise NoRecording(f"{SAZ.name}, which is not read; {SAZ.instead}")
    networks = sorted(name for name in names if name.endswith(".network"))
    if networks:
        return _trace(archive, networks, packed_size)
    hars = [name for name in names if name.lower().endswith(".har")]
    if len(hars) > 1:
        raise NoRecording(f"a zip archive of several recordings ({_listed(hars)}); unpack it and give each of them")
    if len(names) == 1:
        return _member(archive, names[0], packed_size)
    if hars:
        return _with_bodies(archive, hars[0], packed_size)
    raise NoRecording(f"a zip archive without a HAR or a trace of Playwright; it holds {_listed(names) or 'nothing'}")


def _is_of_the_system(name: str) -> bool:
    return name.startswith("__MACOSX/") or name.rpartition("/")[2].startswith(".")


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(name[:80] for name in names[:_NAMED]) + more


def _member(archive: zipfile.ZipFile, name: str, packed_size: int) -> Content:
    spool = Spool(packed_size)
    with archive.open(name) as file:
        while piece := file.read(_CHUNK):
            spool.write(piece)
    return spool.content()


def _with_bodies(archive: zipfile.ZipFile, name: str, packed_size: int) -> Content:
    """A HAR with the bodies that stand beside it put into their entries."""
    bodies = _Bodies(archive, name.rpartition("/")[0])
    head: dict[str, Json] = {}
    with archive.open(name) as file:
        for part, stream in _members(cast(BinaryIO, file)):
            if part in PARTS:
                head[part] = _value(stream)
            else:
                stream.skip()
    writer = HarWriter(packed_size, {part: value for part, value in head.items() if value is not None})
    whole = False
    with archive.open(name) as file:
        try:
            for part, stream in log_members(cast(BinaryIO, file)):
                if part != "entries" or not stream.stands_at(b"["):
                    stream.skip()
                    continue
                for _ in stream.elements():
                    try:
                        writer.add(bodies.put_into(stream.value()))
                    except Unusable as error:
                        writer.unread(str(error))
            whole = True
        except Malformed:
            pass  # without its end, which its reader says
    return writer.content(whole=whole)


def _members(file: BinaryIO) -> Iterator[tuple[str, JsonStream]]:
    try:
        yield from log_members(file)
    except Malformed:
        return


def _value(stream: JsonStream) -> Json:
    try:
        return stream.value()
    except Unusable:
        return None


def _trace(archive: zipfile.ZipFile, networks: Sequence[str], packed_size: int) -> Content:
    """A trace of Playwright. Each of its networks is a browser context, with cookies of its own."""
    writer = HarWriter(packed_size, {"creator": {"name": "Playwright", "version": "trace"}})
    for number, name in enumerate(networks, 1):
        bodies = _Bodies(archive, f"{name.rpartition('/')[0]}/{_RESOURCES}".lstrip("/").rstrip("/"))
        with archive.open(name) as file:
            while line := file.readline(MAX_VALUE_BYTES):
                if len(line) == MAX_VALUE_BYTES and not line.endswith(b"\n"):
                    _skip_line(cast(BinaryIO, file))
                    writer.unread(f"a line of more than {MAX_VALUE_BYTES} bytes in {name[:80]}")
                    continue
                _add_line(writer, line, bodies, number if len(networks) > 1 else None)
    return writer.content()


def _skip_line(file: BinaryIO) -> None:
    while (piece := file.readline(_CHUNK)) and not piece.endswith(b"\n"):
        pass


def _add_line(writer: HarWriter, line: bytes, bodies: _Bodies, run: int | None) -> None:
    if not line.strip():
        return
    try:
        event = mapping(parse_exactly(paired(line.decode("utf-8", "replace"))))
    except JsonError as error:
        writer.unread(str(error))
        return
    if event.get("type") == "resource-snapshot":
        entry = bodies.put_into(event.get("snapshot"))
        writer.add({**entry, "_run": run} if run is not None and isinstance(entry, dict) else entry)


class _Bodies:
    """Bodies that stand in files of their own."""

    def __init__(self, archive: zipfile.ZipFile, folder: str) -> None:
        self._archive = archive
        self._folder = f"{folder}/" if folder else ""
        self._names = frozenset(archive.namelist())

    def put_into(self, entry: Json) -> Json:
        """An entry with its bodies, as far as anybody reads them."""
        if not isinstance(entry, dict):
            return entry
        made: dict[str, Any] = dict(entry)
        request, response = mapping(entry.get("request")), mapping(entry.get("response"))
        posted, content = mapping(request.get("postData")), mapping(response.get("content"))
        sent = self._of(posted)
        if sent is not None:
            made["request"] = {**request, "postData": {**posted, **_as_text(sent)}}
        received = self._of(content)
        if received is not None and begins_as_json(received):
            made["response"] = {**response, "content": {**content, **_as_text(received)}}
        return made

    def _of(self, part: dict[str, Json] | Any) -> bytes | None:
        """What the file holds that a part of an entry names, up to one byte more than is read of a body."""
        named = text_of(part.get("_file")) or text_of(part.get("_sha1"))
        if named is None or text_of(part.get("text")) or f"{self._folder}{named}" not in self._names:
            return None
        try:
            with self._archive.open(f"{self._folder}{named}") as file:
                return file.read(MAX_BODY_BYTES + 1)
        except _DAMAGE:
            return None  # the entry stays, without its body


def _as_text(body: bytes) -> dict[str, Json]:
    try:
        return {"text": body.decode("utf-8"), "encoding": None}
    except UnicodeDecodeError:
        return {"text": base64.b64encode(body).decode("ascii"), "encoding": "base64"}
