"""Two runs beside each other."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.text import Text

from .exit_codes import ExitCode
from .shared import catalogue_option, err, knowledge_of, out, policy_option, said_plainly, text_or_json_option

if TYPE_CHECKING:
    from addon.findings.comparison import Comparison
    from addon.findings.report import Report

_MOST = 50


@click.command()
@click.argument("before", type=click.Path(path_type=Path))
@click.argument("after", type=click.Path(path_type=Path))
@policy_option
@catalogue_option
@text_or_json_option
def compare(before: Path, after: Path, policy_path: Path | None, folders: Sequence[Path], form: str) -> None:
    """Compare two runs, BEFORE and AFTER: databases or captures. What is new, what is gone, what is unchanged.

    \b
    0  nothing is new
    1  something is
    2  bad input or usage

    A finding whose site or app has no session in AFTER is not called gone: nothing exercised it.
    """
    from addon.commands import display
    from addon.findings.comparison import compared

    with said_plainly():
        known = knowledge_of(policy_path, folders)
        runs = [display.report_of([path], known.policy, known.path, known.catalogue, err) for path in (before, after)]
        found = compared(*runs)
        if form == "json":
            click.echo(json.dumps(_document(found), indent=2))
        else:
            _show(found, runs[1])
    sys.exit(ExitCode.FOUND if found.new else ExitCode.CLEAN)


def _document(found: Comparison) -> dict[str, object]:
    from addon.findings.causes import cause_document

    return {
        **{
            name: [asdict(finding) for finding in getattr(found, name)]
            for name in ("new", "unchanged", "gone", "not_exercised")
        },
        **{
            name: [cause_document(cause) for cause in getattr(found, name)]
            for name in ("new_causes", "unchanged_causes", "gone_causes")
        },
    }


def _show(found: Comparison, after: Report) -> None:
    from addon.findings.text import counted
    from addon.report.sentences import sentence
    from addon.report.text import STYLES, plain

    for heading, causes in (("New causes", found.new_causes), ("Causes that are gone", found.gone_causes)):
        if causes:
            out.print(Text(f"{heading}:", style="bold"))
            for cause in causes[:_MOST]:
                out.print(Text(plain(f"  {cause.title} ({counted(cause.violations, 'violation')})")))
    headings = {
        "New": found.new,
        "Gone": found.gone,
        "Not seen, and not exercised: no session of their site or app": found.not_exercised,
    }
    for heading, findings in headings.items():
        if findings:
            out.print(Text(f"{heading} ({len(findings)}):", style="bold"))
            for finding in findings[:_MOST]:
                out.print(
                    Text.assemble(
                        "  ", (finding.verdict, STYLES[finding.verdict]), " ", plain(sentence(finding, after.names))
                    ),
                    soft_wrap=True,
                )
            if len(findings) > _MOST:
                out.print(f"  … and {len(findings) - _MOST} more; --format json has them all.")
    out.print(
        f"{counted(len(found.new), 'new finding')}, {len(found.gone)} gone, {len(found.unchanged)} unchanged,"
        f" {len(found.not_exercised)} not exercised."
    )


COMMAND, PLACE = compare, 46
