"""Apple's privacy manifests (``PrivacyInfo.xcprivacy``): which domains an app says that it uses for tracking.

Source: Apple, Bundle Resources, NSPrivacyTracking and NSPrivacyTrackingDomains; TN3182.
"""

from __future__ import annotations

import plistlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from xml.parsers.expat import ExpatError

MAX_BYTES = 1024 * 1024
"""Of one manifest. Those of large SDKs have some ten thousand."""
_MAX_DOMAINS = 1000


class ManifestError(Exception):
    """A privacy manifest that cannot be used: what is wrong with it."""


@dataclass(frozen=True, slots=True)
class DeclaredTracking:
    """What an app's privacy manifests, its own and those of its SDKs, declare of tracking."""

    manifests: int
    """How many there are."""
    tracks: bool
    """Whether any of them says that it uses data for tracking."""
    domains: frozenset[str]
    """In lower case."""

    def covers(self, host: str) -> bool:
        """Whether a host, or a domain above it, is declared."""
        name = host
        while name:
            if name in self.domains:
                return True
            name = name.partition(".")[2]
        return False


def declared_tracking(files: Iterable[Path]) -> DeclaredTracking:
    """What several manifests declare together.

    Raises:
        ManifestError: naming the file.
    """
    found: list[tuple[bool, list[str]]] = []
    for file in files:
        try:
            found.append(_read(file))
        except ManifestError as error:
            raise ManifestError(f"{file}: {error}") from None
    domains = frozenset(domain for _, listed in found for domain in listed)
    return DeclaredTracking(len(found), any(tracks for tracks, _ in found), domains)


def _read(file: Path) -> tuple[bool, list[str]]:
    try:
        with file.open("rb") as opened:
            content = opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise ManifestError(f"cannot be read: {error.strerror}") from error
    if len(content) > MAX_BYTES:
        raise ManifestError(f"larger than {MAX_BYTES} bytes, which no privacy manifest is")
    return parse_manifest(content)


def parse_manifest(content: bytes) -> tuple[bool, list[str]]:
    """Whether a manifest says that it tracks, and its domains in lower case.

    Raises:
        ManifestError: if it is none.
    """
    try:
        document = plistlib.loads(content)
    except (plistlib.InvalidFileException, ExpatError, ValueError, LookupError, OverflowError, RecursionError) as error:
        raise ManifestError(f"no property list ({type(error).__name__})") from error
    except (TypeError, AttributeError, MemoryError) as error:  # what plistlib lets through of damaged ones
        raise ManifestError("a damaged property list") from error
    if not isinstance(document, dict):
        raise ManifestError("expected a dictionary, as PrivacyInfo.xcprivacy has it")
    tracks, domains = document.get("NSPrivacyTracking", False), document.get("NSPrivacyTrackingDomains", [])
    if not isinstance(tracks, bool):
        raise ManifestError("NSPrivacyTracking: expected true or false")
    if not isinstance(domains, list) or not all(isinstance(each, str) for each in domains):
        raise ManifestError("NSPrivacyTrackingDomains: expected a list of domains")
    if len(domains) > _MAX_DOMAINS:
        raise ManifestError(f"NSPrivacyTrackingDomains: more than {_MAX_DOMAINS} domains")
    return tracks, [each.strip().lower().removeprefix("*.").rstrip(".") for each in domains if each.strip()]
