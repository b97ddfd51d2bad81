"""What is known without a capture: the catalogue, the rules, what one string means."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from addon.commands import showing
from addon.importing import Kind
from addon.policy import catalogue_with
from vendor_catalog import Category

from .shared import BadInput, catalogue_of, catalogue_option, err, out, said_plainly


@click.command()
@click.argument("string")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
@catalogue_option
def decode(string: str, as_json: bool, folders: Sequence[Path]) -> None:
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
        decoded = decoding.decode(text.strip(), catalogue_of(folders))
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
@click.option(
    "--category",
    type=click.Choice([category.value for category in Category]),
    help="Only vendors of this category.",
)
@click.option("--kind", type=click.Choice(["vendor", "cmp"]), help="Only vendors, or only consent managers.")
@catalogue_option
def catalog_list(category: str | None, kind: str | None, folders: Sequence[Path]) -> None:
    """Every vendor and consent manager."""
    if category is not None and kind == "cmp":
        raise BadInput("consent managers have no category; leave out --category or --kind cmp")
    out.print(showing.catalogue_table(catalogue_of(folders), category, kind))


@catalog.command("show")
@click.argument("identifier")
@catalogue_option
def catalog_show(identifier: str, folders: Sequence[Path]) -> None:
    """Everything that is known of one, with the sources."""
    entry = showing.catalogue_entry(catalogue_of(folders), identifier)
    if entry is None:
        raise BadInput(f"{identifier}: no such entry; 'consentwire catalog list' names them")
    out.print(entry)


@catalog.command("match")
@click.argument("url")
@click.option("--method", default="GET", show_default=True, help="HTTP method.")
@catalogue_option
def catalog_match(url: str, method: str, folders: Sequence[Path]) -> None:
    """Whom an address belongs to. Exits with 1 if nobody claims it."""
    found = showing.catalogue_match(catalogue_of(folders), method.upper(), url)
    if found is None:
        raise BadInput(f"{url}: expected an address such as https://www.facebook.com/tr/?id=1")
    for line in found:
        out.print(line, soft_wrap=True)
    sys.exit(0 if found else 1)


@catalog.command("lint")
@catalogue_option
def catalog_lint(folders: Sequence[Path]) -> None:
    """Check every file: its form, its examples, and that no two entries claim one address."""
    from vendor_catalog.lint import problems

    with said_plainly():
        found = problems(catalogue_with(folders))
    for problem in found:
        out.print(problem, soft_wrap=True, markup=False)
    out.print(f"{len(found)} problems" if found else "No problem found.")
    sys.exit(1 if found else 0)


@catalog.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--to",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("catalogue"),
    show_default=True,
    help="Folder of your own that it is written into; what is there already is added to.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice([kind.value for kind in Kind]),
    help="What the file is. Without it, that is recognised by its content.",
)
def catalog_import(file: Path, folder: Path, form: str | None) -> None:
    """Make catalogue files from a list that you have.

    \b
    open-cookie-database    the Open Cookie Database (CSV)
    google-providers        Google's list for Additional Consent, additional-consent-providers.csv
    iab-vendor-list         IAB's Global Vendor List, vendor-list.json
    consent-manager-export  the cookies that OneTrust, Cookiebot and others export (CSV with at least name and category)

    What a row lacks is never guessed: it is left out and counted. Use the folder with --catalogue, or name it under [catalogue]
    in the policy.
    """
    with said_plainly():
        kind = None if form is None else Kind(form)
        imported = showing.import_shown(file, folder, kind, err)
    for line in showing.imported_lines(imported, file, folder):
        out.print(line, soft_wrap=True)


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
    click.echo(Path(__file__).parents[1] / "live" / "__init__.py")
