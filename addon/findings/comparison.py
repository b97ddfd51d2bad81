"""Two runs beside each other: what is new, what is gone, and what the second run could not show."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .causes import Cause
from .report import Report
from .rows import Finding


class BaselineError(Exception):
    """A file that is no report of ours; the text says what was wrong, where, and what to do."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Findings are the same if their fingerprints are, causes if their ids are. The gravest first."""

    new: tuple[Finding, ...]
    unchanged: tuple[Finding, ...]
    gone: tuple[Finding, ...]
    """Of sites and apps that the second run has sessions of."""
    not_exercised: tuple[Finding, ...]
    """Not seen in the second run, which has no session of their site or app: that says nothing of them."""
    new_causes: tuple[Cause, ...]
    unchanged_causes: tuple[Cause, ...]
    gone_causes: tuple[Cause, ...]
    """None of whose findings was not exercised."""


def compared(before: Report, after: Report) -> Comparison:
    """What changed from one run to a later one. What does not count in a run (suppressed, taken back) is not in it."""
    then = {finding.fingerprint: finding for finding in before.findings if finding.counts}
    now = {finding.fingerprint: finding for finding in after.findings if finding.counts}
    left = [finding for key, finding in then.items() if key not in now]
    silent = {finding.fingerprint for finding in left if finding.site is not None and finding.site not in after.places}
    causes_then = {cause.id: cause for cause in before.causes}
    causes_now = {cause.id: cause for cause in after.causes}
    return Comparison(
        new=tuple(finding for key, finding in now.items() if key not in then),
        unchanged=tuple(finding for key, finding in now.items() if key in then),
        gone=tuple(finding for finding in left if finding.fingerprint not in silent),
        not_exercised=tuple(finding for finding in left if finding.fingerprint in silent),
        new_causes=tuple(cause for key, cause in causes_now.items() if key not in causes_then),
        unchanged_causes=tuple(cause for key, cause in causes_now.items() if key in causes_then),
        gone_causes=tuple(
            cause
            for key, cause in causes_then.items()
            if key not in causes_now and not silent & cause.by_finding.keys()
        ),
    )


def known(report: Report) -> frozenset[str]:
    """Fingerprints of what a run found."""
    return frozenset(finding.fingerprint for finding in report.findings if finding.counts)


def known_from_json(path: Path) -> frozenset[str]:
    """The same, from a report that was written with ``--format json``.

    Raises:
        BaselineError: if the file is none.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        entries = document["findings"]
        return frozenset(_counted(entries))
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise BaselineError(
            f"{path}: no report of consentwire ({type(error).__name__}); give a database, a capture, or what"
            " 'consentwire report --format json' wrote"
        ) from error


def _counted(entries: Iterable[dict[str, object]]) -> Iterable[str]:
    for entry in entries:
        if entry["triage"] != "suppressed" and entry["verdict"] != "cleared":
            yield str(entry["fingerprint"])
