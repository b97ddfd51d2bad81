"""Sends a mark from another terminal, through the proxy, to its run."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from urllib.parse import urlencode

from pydantic import ValidationError

from addon.observations import MARKS, Mark, MarkKind, explained, kind_of
from vendor_catalog import Category

from .run_client import RunClient, RunUnanswered

_WAIT_SECONDS = 10
"""How long the analysis may take to say which session a mark is about; it mostly takes half a second."""
_NAMED = 8
"""So many open sites are named in an error."""


class MarkFailed(Exception):
    """A mark did not reach a session of a running capture; the message says why and what to do."""


class MarkPending(MarkFailed):
    """The capture has the mark, but its analysis has not assigned it to a session yet."""


@dataclass(frozen=True, slots=True)
class PlacedMark:
    """A mark that reached a session."""

    kind: MarkKind
    text: str
    capture: int
    session: str
    site: str

    def __str__(self) -> str:
        return f"Marked as {self.kind}: {self.text} (on {self.site}, session {self.session} of capture {self.capture})"


def place_mark(
    text: str,
    kind: str | None,
    site: str | None,
    port: int,
    *,
    pressed: float | None = None,
    choices: Mapping[Category, bool] | None = None,
) -> PlacedMark:
    """Sends a mark to the run whose proxy listens on a port of this machine, and waits until the analysis assigns it to a
    session.

    Args:
        kind: of ``MarkKind``; read from the text without it, or from the choices if there are any.
        pressed: when the tester pressed what sends it, by ``time.monotonic``; now without it.
        choices: what was chosen of each category, where that is known.

    Raises:
        MarkFailed: if there is no such run, it refused the mark, or the mark belongs to no session.
    """
    if not text.strip():
        raise MarkFailed('the mark is empty: say what you did, as in consentwire mark "rejected all"')
    pressed = time.monotonic() if pressed is None else pressed
    try:
        mark = Mark(text=text, kind=_kind(text, kind, choices), site=site, choices=dict(choices) if choices else None)
    except ValidationError as error:
        raise MarkFailed("; ".join(explained(error.errors(include_url=False)))) from None
    try:
        return _placed(mark, pressed, RunClient(port, _WAIT_SECONDS + 5), port)
    except RunUnanswered as error:
        raise MarkFailed(str(error)) from error


def _placed(mark: Mark, pressed: float, run: RunClient, port: int) -> PlacedMark:
    made = mark.model_copy(update={"pressed_ago": max(time.monotonic() - pressed, 0) * 1000})
    at = str(run.answer(MARKS, json.dumps(made.model_dump(mode="json", exclude_none=True)).encode())["at"])
    taken = run.answer(f"{MARKS}?{urlencode({'at': at, 'wait': _WAIT_SECONDS})}")
    seen = next((each for each in taken if each["kind"] == mark.kind), None)
    if seen is None:
        raise MarkPending(
            f"the capture on port {port} has the mark, but its analysis has not read it within {_WAIT_SECONDS} s, so its session is"
            " not known yet; look for it in the table marks"
        )
    if seen["session"] is None:
        raise MarkFailed(_about_nothing(mark, [each["site"] for each in run.answer("/api/sessions") if each["site"]]))
    return PlacedMark(mark.kind, mark.text, seen["capture"], seen["session"], seen["site"] or "an unnamed site")


def _kind(text: str, kind: str | None, choices: Mapping[Category, bool] | None) -> MarkKind:
    """What was done: as it was given, else as the words say, else as the choices show."""
    if kind is not None:
        return MarkKind(kind)
    read = kind_of(text)
    if choices and read is MarkKind.NOTE:
        return MarkKind.ACCEPTED if any(choices.values()) else MarkKind.REJECTED
    return read


def _about_nothing(mark: Mark, sites: Iterable[str]) -> str:
    """The message for a mark that belongs to no session."""
    known = list(dict.fromkeys(sites))
    if not known:
        return "the mark belongs to no session: no site has been opened through the proxy yet; open it, and mark again"
    more = f" and {len(known) - _NAMED} more" if len(known) > _NAMED else ""
    named = f"open are {', '.join(known[:_NAMED])}{more}"
    near = get_close_matches(mark.site or "", known, 1)
    meant = f"; did you mean --site {near[0]}?" if near else ""
    return f"the mark belongs to no session: {mark.site or 'no site'} was not seen in this capture; {named}{meant}"
