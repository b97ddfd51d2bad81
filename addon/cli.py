"""The command ``consentwire``. Each command is thin: it reads its options, calls what does the work, and says what happened.

Exit codes: 0 nothing at or above the level asked for, 1 something is, 2 bad input or usage.
"""

from __future__ import annotations

import os
import shlex
import sys
import tempfile
import webbrowser
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import click
from rich.console import Console
from rich.text import Text

from addon import __version__, showing
from addon.policy import DEFAULT_NAME, Policy, PolicyError, read_policy
from addon.report.text import plain
from addon.store import DatabaseError
from vendor_catalog import Category, shipped_catalogue

_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 120}
_PORT = click.IntRange(1, 65535)
_INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it: 1 would say that something was found."""
_out = Console(highlight=False)
_err = Console(stderr=True, highlight=False)


class BadInput(click.ClickException):
    """Something given to a command that it cannot use."""

    exit_code = 2

    def show(self, file: object = None) -> None:
        told = "\n".join(plain(line) for line in self.message.splitlines())
        _err.print(Text.assemble(("consentwire:", "bold red"), " ", told), soft_wrap=True)


@contextmanager
def _said_plainly() -> Iterator[None]:
    """Errors that people can do something about, as one sentence and exit code 2."""
    from addon.browser import BrowserError
    from addon.readers import CaptureError
    from addon.serving import NotStarted, PortTaken

    try:
        yield
    except (DatabaseError, PolicyError, CaptureError, PortTaken, NotStarted, BrowserError) as error:
        raise BadInput(str(error)) from error


def _policy(path: Path | None) -> tuple[Policy, Path | None]:
    """The policy of ``--policy``, else of a ``consentwire.toml`` in this folder, else the default one."""
    if path is None and Path(DEFAULT_NAME).is_file():
        path = Path(DEFAULT_NAME)
        _err.print(f"Using {DEFAULT_NAME} in this folder.", style="dim")
    return (Policy(), None) if path is None else (read_policy(path, shipped_catalogue()), path)


_policy_option = click.option(
    "--policy",
    "policy_path",
    type=click.Path(path_type=Path, dir_okay=False),
    help=f"Policy file. Without it, {DEFAULT_NAME} in this folder is used if there is one.",
)


@click.group(context_settings=_CONTEXT)
@click.version_option(__version__, prog_name="consentwire")
def main() -> None:
    """Which Segment and destination calls had no matching consent, and how we know.

    \b
    First look:     consentwire demo
    Browse a site:  consentwire run --browser chromium
    Recorded file:  consentwire analyze session.har --db session.db
    In CI:          consentwire check session.har --fail-on error
    """


@main.command()
@click.option(
    "--db", "database", type=click.Path(path_type=Path, dir_okay=False), help="Keep the database in this file."
)
@click.option("--port", type=_PORT, default=8001, show_default=True, help="Port of Datasette.")
@click.option("--serve/--no-serve", default=True, help="Browse the findings afterwards, until Ctrl-C.")
@click.option("--open/--no-open", "open_browser", default=True, help="Open the pages in your browser.")
def demo(database: Path | None, port: int, serve: bool, open_browser: bool) -> None:
    """The whole main job on the captures that ship: analyse them, show the findings, browse them.

    The captures were recorded from real SDKs and real consent managers: sites that leak, and sites that do not.
    """
    from addon import serving

    with _said_plainly():
        if serve:
            serving.check_port("127.0.0.1", port, "--port")
        if database is None:
            database = Path(tempfile.mkdtemp(prefix="consentwire-")) / "demo.db"
        captures = showing.shipped_captures()
        showing.analyse_shown(captures, database, Policy(), None, jobs=1, out=_out, err=_err)
        showing.print_report(database, _out)
        if serve:
            _serve(database, "127.0.0.1", port, open_browser)


@main.command(context_settings={"ignore_unknown_options": False})
@click.option("--port", type=_PORT, default=8080, show_default=True, help="Port of the proxy.")
@click.option(
    "--db",
    "database",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("consentwire.db"),
    show_default=True,
    help="SQLite file; a new capture is added to what is in it.",
)
@_policy_option
@click.option(
    "--browser",
    type=click.Choice(["chromium", "chrome", "none"]),
    default="none",
    show_default=True,
    help="Open an isolated browser that is proxied already and trusts the proxy.",
)
@click.option("--datasette-port", type=_PORT, default=8001, show_default=True, help="Port of Datasette.")
@click.option("--no-datasette", is_flag=True, help="Only capture.")
@click.option(
    "--probe/--no-probe",
    default=True,
    show_default=True,
    help="Put the in-page probe into pages: it sees the banner, and when the choice was stored.",
)
@click.option(
    "--mode",
    "modes",
    multiple=True,
    help="mitmproxy mode, e.g. wireguard, transparent, local:Chrome; may be given several times.",
)
@click.argument("mitmproxy_arguments", nargs=-1, type=click.UNPROCESSED)
def run(
    port: int,
    database: Path,
    policy_path: Path | None,
    browser: str,
    datasette_port: int,
    no_datasette: bool,
    probe: bool,
    modes: Sequence[str],
    mitmproxy_arguments: Sequence[str],
) -> None:
    """Capture live: proxy, database and Datasette in one command. Ctrl-C ends it with a complete database.

    What stands behind -- goes to mitmproxy: consentwire run -- --set ssl_insecure=true

    A phone: set this machine's address and the port as its proxy, then visit http://mitm.it there for the certificate.
    """
    from addon import browser as browsers
    from addon.analysis import opened
    from addon.capturing import capture

    with _said_plainly():
        _, path = _policy(policy_path)
        if browser != "none":
            browsers.find(browser)
        with opened(database):
            pass  # refused here, before anything is started, rather than by the running proxy
        capture(
            port=port,
            database=database,
            policy=path,
            browser=browser,
            datasette_port=None if no_datasette else datasette_port,
            probe=probe,
            modes=modes,
            mitmproxy_arguments=mitmproxy_arguments,
            console=_out,
        )
        showing.print_report(database, _out)


@main.command()
@click.argument("captures", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--db",
    "database",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="SQLite file; a capture that is in it already is replaced.",
)
@_policy_option
@click.option(
    "--jobs",
    type=click.IntRange(1),
    default=min(4, os.cpu_count() or 1),
    show_default="CPUs, up to 4",
    help="Files read at a time.",
)
def analyze(captures: Sequence[Path], database: Path, policy_path: Path | None, jobs: int) -> None:
    """Analyse recorded captures: mitmproxy flow files and HAR files, recognised by their content.

    Exits with 2 if any of them could not be read at all; what can be read of a damaged one is analysed, and the rest is
    in the table gaps.
    """
    with _said_plainly():
        policy, path = _policy(policy_path)
        failures = showing.analyse_shown(captures, database, policy, path, jobs=jobs, out=_out, err=_err)
        if failures < len(captures):
            showing.print_report(database, _out)
            _out.print(f"Browse it: consentwire serve {shlex.quote(str(database))}", soft_wrap=True, markup=False)
    sys.exit(2 if failures else 0)


@main.command()
@click.argument("inputs", nargs=-1, required=True, type=click.Path(path_type=Path))
@_policy_option
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "note"]),
    default="error",
    show_default=True,
    help="The mildest severity that fails.",
)
@click.option("--allow-unproven", is_flag=True, help="Do not fail on what could not be decided; it is still listed.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="For people, or for machines.",
)
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write the report to this file.")
def check(
    inputs: Sequence[Path], policy_path: Path | None, fail_on: str, allow_unproven: bool, form: str, output: Path | None
) -> None:
    """The gate for CI: judge captures, or a database that is there already, and say so by the exit code.

    \b
    0  no finding at or above --fail-on
    1  there is one (unproven ones count, unless --allow-unproven: what was not seen is no pass)
    2  bad input or usage
    """
    with _said_plainly():
        policy, path = _policy(policy_path)
        report = showing.report_of(inputs, policy, path, _err)
        text = showing.rendered(report, form, to_file=output is not None)
        if output is not None:
            _write(output, text)
        elif form == "text":
            showing.print_parts(report, _out)
        else:
            click.echo(text)
    sys.exit(1 if showing.fails(report, fail_on, allow_unproven=allow_unproven) else 0)


def _write(output: Path, text: str) -> None:
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{output}: the report cannot be written there: {error.strerror}") from error


@main.command()
@click.argument("database", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--port", type=_PORT, default=8001, show_default=True, help="Port to listen on.")
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on; the pages show everything to whoever reaches it.",
)
@click.option("--open/--no-open", "open_browser", default=True, help="Open the pages in your browser.")
@click.option("--quiet", is_flag=True, hidden=True)
def serve(database: Path, port: int, host: str, open_browser: bool, quiet: bool) -> None:
    """Browse a database: Datasette with pages for findings, sessions and events. It may be growing meanwhile."""
    from addon import serving
    from addon.report import read_report

    with _said_plainly():
        if not database.exists():
            raise BadInput(
                f"{database}: there is no such file; 'consentwire analyze CAPTURE --db {database}' makes one"
            )
        read_report(database)
        serving.check_port(host, port, "--port")
        _serve(database, host, port, open_browser, quiet=quiet)


def _serve(database: Path, host: str, port: int, open_browser: bool, *, quiet: bool = False) -> None:
    from addon import serving

    url = serving.url_of(host, port)
    if not quiet:
        _out.print(Text.assemble("Browse the findings at ", (url, "bold"), " (Ctrl-C ends it)"))
    if open_browser and _out.is_terminal:
        webbrowser.open(url)
    serving.serve(database, host, port)


@main.command()
@click.argument("text")
@click.option(
    "--kind",
    type=click.Choice(["accepted", "rejected", "withdrew", "note"]),
    help="What you did. Without it, it is read from the text; what is not clear from it is a note.",
)
@click.option("--site", help="The site (shop.example) or app (bundle id) it is about; without it, the one last used.")
@click.option("--port", type=_PORT, default=8080, show_default=True, help="Port of the running proxy.")
def mark(text: str, kind: str | None, site: str | None, port: int) -> None:
    """Tell the running capture what you just did.

    \b
    consentwire mark "rejected all"
    consentwire mark "opened the app again"
    """
    from addon.observe.telling import NotTold, tell_mark

    try:
        told = tell_mark(text, kind, site, port)
    except NotTold as error:
        raise BadInput(str(error)) from error
    _out.print(f"Marked as {told.kind}: {told.text}", markup=False)


@main.command()
@click.argument("string")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
def decode(string: str, as_json: bool) -> None:
    """Decode any one thing: a TC, GPP, US Privacy or AC string, a consent cookie (name=value), or a Segment body.

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
        _out.print(decoding.as_table(decoded))


@main.group()
def catalog() -> None:
    """Look into the catalogue of vendors and consent managers."""


@catalog.command("list")
@click.option("--category", type=click.Choice([category.value for category in Category]), help="Only this category.")
def catalog_list(category: str | None) -> None:
    """Every vendor and consent manager."""
    _out.print(showing.catalogue_table(shipped_catalogue(), category))


@catalog.command("show")
@click.argument("identifier")
def catalog_show(identifier: str) -> None:
    """Everything that is known of one, with the sources."""
    entry = showing.catalogue_entry(shipped_catalogue(), identifier)
    if entry is None:
        raise BadInput(f"{identifier}: no such entry; 'consentwire catalog list' names them")
    _out.print(entry)


@catalog.command("match")
@click.argument("url")
@click.option("--method", default="GET", show_default=True, help="HTTP method.")
def catalog_match(url: str, method: str) -> None:
    """Whom an address belongs to. Exits with 1 if nobody claims it."""
    found = showing.catalogue_match(shipped_catalogue(), method.upper(), url)
    if found is None:
        raise BadInput(f"{url}: expected an address such as https://www.facebook.com/tr/?id=1")
    for line in found:
        _out.print(line, soft_wrap=True)
    sys.exit(0 if found else 1)


@catalog.command("lint")
def catalog_lint() -> None:
    """Check every file: its form, its examples, and that no two entries claim one address."""
    from vendor_catalog.lint import problems

    found = problems(shipped_catalogue())
    for problem in found:
        _out.print(problem, soft_wrap=True, markup=False)
    _out.print(f"{len(found)} problems" if found else "No problem found.")
    sys.exit(1 if found else 0)


@main.command()
@click.argument("slug", required=False)
def rules(slug: str | None) -> None:
    """List the rules, or explain one: what it finds, why it matters, how to fix it."""
    shown = showing.rules_table() if slug is None else showing.rule_page(slug)
    if shown is None:
        raise BadInput(f"no rule is called {slug!r}; 'consentwire rules' names them")
    _out.print(shown)


@main.command("addon-path")
def addon_path() -> None:
    """Where the mitmproxy addon is: mitmdump -s "$(consentwire addon-path)"."""
    click.echo(Path(__file__).with_name("live.py"))


def run_main() -> NoReturn:
    """Entry point: click's own, but for the exit code after Ctrl-C."""
    try:
        sys.exit(main(standalone_mode=False))
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(_INTERRUPTED)


if __name__ == "__main__":
    run_main()
