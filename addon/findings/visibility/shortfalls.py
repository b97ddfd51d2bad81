"""Why a capture proves nothing although no violation was found in it, and what to do about that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from addon.findings.text import counted
from addon.store.schema.gaps import Consequence, kind_of

from .model import CaptureVisibility, Visibility
from .text import listed


@dataclass(frozen=True, slots=True)
class Shortfall:
    """Why a capture proves nothing."""

    kind: Literal["empty", "lost", "running"]
    capture: int | None
    """Its number; ``None`` if the database holds none."""
    reason: str
    """A sentence that begins with the capture's name, without its full stop."""
    remedy: str
    """What to do, in whole sentences."""


def shortfalls(visibility: Visibility, *, allow_empty: bool = False) -> list[Shortfall]:
    """Why nothing is proven, capture by capture: one that proves something does not speak for the others.

    Args:
        allow_empty: leave out captures in which nothing could be judged. What was lost, or has not ended, stays.
    """
    found = [shortfall for capture in visibility.captures for shortfall in _of_capture(capture)]
    if not visibility.captures:
        remedy = "Give a capture, or record one: 'consentwire run --browser chromium'."
        found.append(Shortfall("empty", None, "the database holds no capture", remedy))
    return [shortfall for shortfall in found if not (allow_empty and shortfall.kind == "empty")]


def sentences(found: Sequence[Shortfall], limit: int = 5) -> list[str]:
    """Reasons with what to do about them, and how many more there are."""
    reasons = [f"{shortfall.reason}. {shortfall.remedy}" for shortfall in found[:limit]]
    return reasons if len(found) <= limit else [*reasons, f"{len(found) - limit} more captures prove nothing."]


def _of_capture(capture: CaptureVisibility) -> Iterator[Shortfall]:
    if capture.is_cut:
        remedy = _remedies(kind for kind in (*capture.kinds, *capture.lost_uncounted) if _is_loss(kind))
        yield Shortfall("lost", capture.id, _loss(capture), remedy)
    if not capture.ended:
        reason = f"{capture.name}: the capture has not ended, and what is still to come is not judged"
        remedy = "End it (Ctrl-C), or wait until its file is read, then check."
        yield Shortfall("running", capture.id, reason, remedy)
    elif capture.is_empty:
        yield Shortfall("empty", capture.id, _emptiness(capture), _remedy_of_emptiness(capture))


def _is_loss(kind: str) -> bool:
    return kind_of(kind).consequence is Consequence.LOST


def _loss(capture: CaptureVisibility) -> str:
    lost = {kind: count for kind, count in capture.kinds.items() if _is_loss(kind)}
    parts = [listed(lost)] if lost else []
    parts += [f"{kind}, nobody knows how much" for kind in capture.lost_uncounted]
    return f"{capture.name}: a part of it was lost ({'; '.join(parts)}), and what was in that part is not judged"


def _emptiness(capture: CaptureVisibility) -> str:
    if not capture.seen:
        seen = "no exchange was seen"
    elif capture.seen == 1:
        seen = "1 exchange was seen, and nothing in it could be read and judged"
    else:
        seen = f"{capture.seen:,} exchanges were seen, and nothing in them could be read and judged"
    blind = {kind: count for kind, count in capture.kinds.items() if not _is_loss(kind)}
    notes = [listed(kinds) for kinds in (blind, capture.elsewhere) if kinds]
    if not notes and capture.pages and not capture.fetched:
        notes = [f"{counted(capture.pages, 'page')}, and not one request of what a page fetches"]
    return f"{capture.name}: {seen}{f' ({", ".join(notes)})' if notes else ''}"


def _remedy_of_emptiness(capture: CaptureVisibility) -> str:
    blind = [kind for kind in (*capture.kinds, *capture.elsewhere) if not _is_loss(kind)]
    if blind:
        return _remedies(blind)
    if not capture.seen:
        return (
            "Let the browser or device use the proxy ('consentwire doctor' looks for what is in the way), or export a recording"
            " that holds requests."
        )
    if capture.pages:
        return "Record until the page has loaded, with the browser's cache turned off, so that its own requests are in the capture."
    return "Open pages of the site, and answer its banner, while it is recorded. For an app that calls no vendor there is --allow-empty."


def _remedies(kinds: Iterable[str]) -> str:
    """What to do about kinds of gaps, each once."""
    return " ".join(dict.fromkeys(kind_of(kind).remedy for kind in kinds))
