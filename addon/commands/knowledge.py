"""What is known without a capture: the catalogue, the rules, what one string means."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from addon.commands import showing
from vendor_catalog import Category, shipped_catalogue

from .shared import BadInput, out


@click.command()
@click.argument("string")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
def decode(string: str, as_json: bool) -> None:
    """Decode any one thing: a TC, GPP, US Privacy or AC string, a consent cookie (name=value), or a CDP's body.

    '-' reads it from stdin.

    \b
    consentwire decode CQgcD4AQgcD4AEsABBENCxFgAAAAAAAAAAYgAAAAAAAA.IF5wAgAtgLzA
    consentwire decode DBABLA~CEAVAAAAAABA.YA
    consentwire decode "CookieConsent={stamp:'x',necessary:true,preferences:false,statistics:false,marketing:false}"
    pbpaste | consentwire decode -
    """
    from addon.report import decoding

    text = sys.stdin.buffer.read().decode("utf-8", "replace") if string == "-" else string
    try:
        decoded = decoding.decode(text.strip(), shipped_catalogue())
    except decoding.Undecodable as error:
        raise BadInput(str(error)) from error
    if as_json:
        click.echo(decoding.as_json(decoded))
    else:
        out.print(decoding.as_table(decoded))


@click.group()
def catalog() -> None:
    """Look into the catalogue of vendors and consent managers."""


@catalog.command("list")
@click.option("--category", type=click.Choice([category.value for category in Category]), help="Only this category.")
def catalog_list(category: str | None) -> None:
    """Every vendor and consent manager."""
    out.print(showing.catalogue_table(shipped_catalogue(), category))


@catalog.command("show")
@click.argument("identifier")
def catalog_show(identifier: str) -> None:
    """Everything that is known of one, with the sources."""
    entry = showing.catalogue_entry(shipped_catalogue(), identifier)
    if entry is None:
        raise BadInput(f"{identifier}: no such entry; 'consentwire catalog list' names them")
    out.print(entry)


@catalog.command("match")
@click.argument("url")
@click.option("--method", default="GET", show_default=True, help="HTTP method.")
def catalog_match(url: str, method: str) -> None:
    """Whom an address belongs to. Exits with 1 if nobody claims it."""
    found = showing.catalogue_match(shipped_catalogue(), method.upper(), url)
    if found is None:
        raise BadInput(f"{url}: expected an address such as https://www.facebook.com/tr/?id=1")
    for line in found:
        out.print(line, soft_wrap=True)
    sys.exit(0 if found else 1)


@catalog.command("lint")
def catalog_lint() -> None:
    """Check every file: its form, its examples, and that no two entries claim one address."""
    from vendor_catalog.lint import problems

    found = problems(shipped_catalogue())
    for problem in found:
        out.print(problem, soft_wrap=True, markup=False)
    out.print(f"{len(found)} problems" if found else "No problem found.")
    sys.exit(1 if found else 0)


@click.command()
@click.argument("slug", required=False)
def rules(slug: str | None) -> None:
    """List the rules, or explain one: what it finds, why it matters, how to fix it."""
    shown = showing.rules_table() if slug is None else showing.rule_page(slug)
    if shown is None:
        raise BadInput(f"no rule is called {slug!r}; 'consentwire rules' names them")
    out.print(shown)


@click.command("addon-path")
def addon_path() -> None:
    """Where the mitmproxy addon is: mitmdump -s "$(consentwire addon-path)"."""
    click.echo(Path(__file__).parents[1] / "live.py")
