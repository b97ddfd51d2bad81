"""Recordings of other tools that are not read: what each is, and what to export instead."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_PCAP = (b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\xc3\xd4", b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d")
"""tcpdump's magic numbers, in both orders of bytes, with times in micro- and nanoseconds (IETF draft-ietf-opsawg-pcap)."""
_PACKETS = "record with a proxy that decrypts ('consentwire run'), because packets hold TLS as it was encrypted"


@dataclass(frozen=True, slots=True)
class ForeignFormat:
    """A kind of file that is recognised and not read."""

    name: str
    instead: str
    """What to do: an imperative, without a full stop."""
    begins: tuple[bytes, ...] = ()
    suffixes: tuple[str, ...] = ()
    """Ends of the file's name, for formats without a beginning of their own."""


FORMATS = (
    ForeignFormat("a packet capture (pcap)", _PACKETS, begins=_PCAP),
    ForeignFormat("a packet capture (pcapng)", _PACKETS, begins=(b"\x0a\x0d\x0d\x0a",)),
    ForeignFormat(
        "a session in Charles's own format (.chls)",
        "export it from Charles as HTTP Archive (.har) or JSON Session File (.chlsj): File, Export Session",
        begins=(b"\xac\xed\x00\x05",),
        suffixes=(".chls",),
    ),
    ForeignFormat(
        "a session in Proxyman's own format",
        "export it from Proxyman as HAR: File, Export",
        suffixes=(".proxymanlog", ".proxymanlogv2"),
    ),
    ForeignFormat("an XML document", "export the recording as HAR", begins=(b"<?xml",)),
    ForeignFormat("compressed with bzip2", "unpack it first", begins=(b"BZh",)),
    ForeignFormat("compressed with xz", "unpack it first", begins=(b"\xfd7zXZ\x00",)),
    ForeignFormat("compressed with Zstandard", "unpack it first", begins=(b"\x28\xb5\x2f\xfd",)),
    ForeignFormat("a 7-Zip archive", "unpack it first", begins=(b"7z\xbc\xaf\x27\x1c",)),
    ForeignFormat("a RAR archive", "unpack it first", begins=(b"Rar!\x1a\x07",)),
)
SAZ = ForeignFormat(
    "a session archive of Fiddler (SAZ)", "export it from Fiddler as HTTPArchive (HAR): File, Export Sessions"
)


def foreign_format(path: Path, head: bytes) -> ForeignFormat | None:
    """The format of another tool that a file has, by its first bytes or, where these say nothing, by its name."""
    name = path.name.lower()
    by_content = next((each for each in FORMATS if head.startswith(each.begins)), None)
    return by_content or next((each for each in FORMATS if name.endswith(each.suffixes)), None)
