"""The questions of an audit."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click
from rich.padding import Padding
from rich.text import Text

from .shared import catalogue_option, err, knowledge_of, out, policy_option, said_plainly, text_or_json_option

_STYLES = {"yes": "green", "no": "bold red", "not shown": "cyan"}


@click.command()
@click.argument("inputs", nargs=-1, required=True, type=click.Path(path_type=Path))
@policy_option
@catalogue_option
@text_or_json_option
def audit(inputs: Sequence[Path], policy_path: Path | None, folders: Sequence[Path], form: str) -> None:
    """Answer the six questions that an audit of a CDP's deployment asks, by what a database or captures show.

    Each answer is yes, no or not shown, with what it rests on and what to do. Yes takes that it was put to the test.
    """
    from addon.commands import display
    from addon.findings.audit import audit_document

    with said_plainly():
        known = knowledge_of(policy_path, folders)
        questions = display.report_of(inputs, known.policy, known.path, known.catalogue, err).audit
    if form == "json":
        click.echo(json.dumps({"audit": audit_document(questions)}, indent=2))
        return
    for number, each in enumerate(questions, 1):
        out.print(Text.assemble(f"{number}. {each.question} ", (each.answer, _STYLES[each.answer])))
        lines = [each.evidence, *([f"What to do: {each.remedy}"] if each.remedy else [])]
        out.print(Padding(Text("\n".join(lines)), (0, 0, 1, 3)))


COMMAND, PLACE = audit, 48
