"""Lists and explains the rules."""

from __future__ import annotations

import click
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from .shared import BadInput, out


@click.command()
@click.argument("slug", required=False)
def rules(slug: str | None) -> None:
    """List the rules, or explain one: what it finds, why it matters, how to fix it."""
    shown = rules_table() if slug is None else rule_page(slug)
    if shown is None:
        raise BadInput(f"no rule is called {slug!r}; 'consentwire rules' names them")
    out.print(shown)


def rules_table() -> RenderableType:
    from addon.judge.rules import all_rules

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("rule", no_wrap=True)
    table.add_column("severity", no_wrap=True)
    table.add_column("broken when")
    for rule in all_rules().values():
        table.add_row(rule.slug, rule.severity, rule.summary)
    return table


def rule_page(slug: str) -> RenderableType | None:
    from addon.judge.rules import all_rules

    rule = all_rules().get(slug)
    if rule is None:
        return None
    parts = [Text.assemble((rule.slug, "bold"), f"  {rule.severity}"), Text(rule.summary)]
    for title, text in (
        ("Needs", rule.needs),
        ("Why", rule.why),
        ("Fix", rule.fix),
        ("Sources", "; ".join(rule.references)),
    ):
        parts += [Text(), Text(title, style="bold"), Text(text)]
    return Group(*parts)


COMMAND, PLACE = rules, 100
