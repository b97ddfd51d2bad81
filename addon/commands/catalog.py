"""Shows and checks the catalogue of vendors and consent managers, and imports lists into it."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click
from rich.console import Console, Group, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from .shared import BadInput, LateChoice, catalogue_of, catalogue_option, err, out, said_plainly

if TYPE_CHECKING:
    from addon.catalogue_import import Imported, Kind
    from vendor_catalog import Catalogue, ConsentManager, Vendor


def _categories() -> list[str]:
    from vendor_catalog import Category

    return [category.value for category in Category]


def _kinds_of_lists() -> list[str]:
    from addon.catalogue_import import Kind

    return [kind.value for kind in Kind]


@click.group()
def catalog() -> None:
    """Look into the catalogue of vendors and consent managers."""


@catalog.command("list")
@click.option(
    "--category",
    type=LateChoice(_categories),
    help="Only vendors of this category.",
)
@click.option("--kind", type=click.Choice(["vendor", "cmp"]), help="Only vendors, or only consent managers.")
@catalogue_option
def catalog_list(category: str | None, kind: str | None, folders: Sequence[Path]) -> None:
    """List every vendor and consent manager."""
    if category is not None and kind == "cmp":
        raise BadInput("consent managers have no category; leave out --category or --kind cmp")
    out.print(catalogue_table(catalogue_of(folders), category, kind))


@catalog.command("show")
@click.argument("identifier")
@catalogue_option
def catalog_show(identifier: str, folders: Sequence[Path]) -> None:
    """Show everything that is known about one entry, with the sources."""
    entry = catalogue_entry(catalogue_of(folders), identifier)
    if entry is None:
        raise BadInput(f"{identifier}: no such entry; 'consentwire catalog list' names them")
    out.print(entry)


@catalog.command("match")
@click.argument("url", required=False)
@click.option("--method", default="GET", show_default=True, help="HTTP method.")
@click.option(
    "--har",
    "capture",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Instead of an address: list the hosts of this capture (HAR or flow file) that nobody claims, the most frequent first.",
)
@click.option("--json", "as_json", is_flag=True, help="With --har: machine-readable, and every host.")
@catalogue_option
def catalog_match(url: str | None, method: str, capture: Path | None, as_json: bool, folders: Sequence[Path]) -> None:
    """Show which entry an address belongs to. Exits with 1 if no entry claims it.

    With --har it lists what the catalogue does not know of a capture. The hosts of visited sites are left out.
    """
    if (url is None) == (capture is None):
        raise BadInput("expected one of an address and --har FILE")
    if capture is not None:
        _show_unclaimed(capture, catalogue_of(folders), as_json)
        return
    if as_json:
        raise BadInput("--json goes with --har FILE")
    found = catalogue_match(catalogue_of(folders), method.upper(), url or "")
    if found is None:
        raise BadInput(f"{url}: expected an address such as https://www.facebook.com/tr/?id=1")
    for line in found:
        out.print(line, soft_wrap=True)
    sys.exit(0 if found else 1)


def _show_unclaimed(capture: Path, catalogue: Catalogue, as_json: bool) -> None:
    from . import unclaimed

    with said_plainly():
        found = unclaimed.counted(capture, catalogue)
    if as_json:
        click.echo(json.dumps(found.document(), ensure_ascii=False, indent=2))
    else:
        out.print(unclaimed.shown(found))


@catalog.command("lint")
@catalogue_option
def catalog_lint(folders: Sequence[Path]) -> None:
    """Check every file: its form, its examples, and that no two entries claim one address."""
    from addon.policy import catalogue_with
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
    help="Your own folder to write into; files that exist there are extended.",
)
@click.option(
    "--format",
    "form",
    type=LateChoice(_kinds_of_lists),
    help="Kind of the file. Without it, the kind is recognised by the content.",
)
def catalog_import(file: Path, folder: Path, form: str | None) -> None:
    """Make catalogue files from a list that you have.

    \b
    open-cookie-database    the Open Cookie Database (CSV)
    google-providers        Google's list for Additional Consent, additional-consent-providers.csv
    iab-vendor-list         IAB's Global Vendor List, vendor-list.json
    consent-manager-export  the cookies that OneTrust, Cookiebot and others export (CSV with at least name and category)

    Nothing is guessed: a row that lacks something is left out and counted. Use the folder with --catalogue, or name it under
    [catalogue] in the policy.
    """
    from addon.catalogue_import import Kind

    with said_plainly():
        kind = None if form is None else Kind(form)
        imported = import_shown(file, folder, kind, err)
    for line in imported_lines(imported, file, folder):
        out.print(line, soft_wrap=True)


def import_shown(file: Path, folder: Path, kind: Kind | None, err: Console) -> Imported:
    """Imports a list with a progress bar.

    Raises:
        ImportRefused: if it cannot be read, or nothing can be written.
    """
    from addon.catalogue_import import import_list
    from vendor_catalog import shipped_catalogue

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task(file.name, total=None)
        return import_list(
            file, folder, shipped_catalogue(), kind, lambda done, of: bar.update(task, completed=done, total=of)
        )


def imported_lines(imported: Imported, file: Path, folder: Path) -> list[Text]:
    """The result of importing a list, as text."""
    from addon.report.text import plain

    summary = f"{imported.entries} entries, read as {imported.kind.label}"
    lines = [Text.assemble((plain(file.name), "bold"), f": {summary}.")]
    wrote = f"{imported.new_vendors} new vendors, additions to {imported.known_vendors} known ones, {imported.cookies} cookies"
    lines.append(Text(f"Written to {plain(str(folder))}: {wrote}."))
    for reason, number in imported.left_out.items():
        lines.append(Text.assemble((f"{number:>6} left out: ", "dim"), plain(reason)))
    for reason in imported.unread:
        lines.append(Text.assemble(("       not read: ", "bold yellow"), plain(reason)))
    return lines


def catalogue_table(catalogue: Catalogue, category: str | None, kind: str | None) -> RenderableType:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("id", "name", "category", "addresses", "cookies"):
        table.add_column(
            column, no_wrap=column == "id", justify="right" if column in ("addresses", "cookies") else "left"
        )
    for vendor in catalogue.vendors.values():
        if kind != "cmp" and category in (None, vendor.category):
            table.add_row(vendor.id, vendor.name, vendor.category, str(len(vendor.endpoints)), str(len(vendor.cookies)))
    for manager in catalogue.consent_managers.values():
        if kind != "vendor" and category is None:
            table.add_row(
                manager.id, manager.name, "consent manager", str(len(manager.endpoints)), str(len(manager.cookies))
            )
    return table


def catalogue_entry(catalogue: Catalogue, identifier: str) -> RenderableType | None:
    entry: Vendor | ConsentManager | None = catalogue.vendors.get(identifier) or catalogue.consent_managers.get(
        identifier
    )
    if entry is None:
        return None
    from vendor_catalog import Vendor

    lines = [Text.assemble((entry.name, "bold"), f"  {entry.id}  {entry.website}")]
    if isinstance(entry, Vendor):
        lines.append(Text(f"{entry.category}: {entry.category_reason}"))
        if entry.segment_keys:
            modes = f" ({', '.join(entry.modes)})" if entry.modes else ""
            lines.append(Text(f"In Segment: {', '.join(entry.segment_keys)}{modes}"))
        if entry.warehouse:
            lines.append(Text("A store that others read: it needs the category of its most permissive declared use."))
    elif entry.notes:
        lines.append(Text(entry.notes))
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("what", "where", "sources"):
        table.add_column(column, overflow="fold")
    for endpoint in entry.endpoints:
        methods = f"{'/'.join(endpoint.methods)} " if endpoint.methods else ""
        query = f" ?{endpoint.query}" if endpoint.query else ""
        regions = f" [{', '.join(endpoint.regions)}]" if endpoint.regions else ""
        where = Text(f"{methods}{endpoint.host} {endpoint.path}{query}{regions}")
        table.add_row(endpoint.kind, where, Text("; ".join(endpoint.sources)))
    for cookie in entry.cookies:
        table.add_row("cookie", Text(cookie.name or f"{cookie.prefix}*"), Text("; ".join(cookie.sources)))
    return Group(*lines, Text(), table)


def catalogue_match(catalogue: Catalogue, method: str, url: str) -> list[Text] | None:
    """The entries that claim an address, a line each; ``None`` if it is no address."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return None
    found = catalogue.match_all(method, parts.hostname, parts.path or "/", parts.query)
    return [
        Text.assemble(
            (match.vendor, "bold"),
            f"  {match.kind}  {catalogue.name_of(match.vendor)}  ({match.endpoint.host} {match.endpoint.path})",
        )
        for match in found
    ]


COMMAND, PLACE = catalog, 90
