"""Learns where a banner keeps the answer, from a tester who answers it."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click
from rich.text import Text

from .exit_codes import ExitCode
from .shared import DEFAULT_NAME, PORT, BadInput, catalogue_option, knowledge_of, out, policy_option, said_plainly

if TYPE_CHECKING:
    from addon.launcher.lesson import Lesson, LessonSetup
    from addon.manager_draft import Answer, Draft
    from vendor_catalog import Catalogue, Category

_KINDS = {"a": "accepted", "r": "rejected", "p": "partly"}
_DOES = {
    "accepted": "accept everything",
    "rejected": "refuse everything",
    "partly": "allow what you named, refuse the rest",
}


@click.command()
@click.argument("site")
@click.option("--port", type=PORT, default=8080, show_default=True, help="Port of the proxy.")
@click.option(
    "--browser",
    type=click.Choice(["chromium", "chrome", "none"]),
    default="chromium",
    show_default=True,
    help="Open a fresh, isolated browser for each answer; with none, open a private window of your own through the proxy.",
)
@click.option(
    "--to",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("catalogue"),
    show_default=True,
    help="Your own catalogue folder, into which the entry is written.",
)
@policy_option
@catalogue_option
@click.argument("mitmproxy_arguments", nargs=-1, type=click.UNPROCESSED)
def learn(
    site: str,
    port: int,
    browser: str,
    folder: Path,
    policy_path: Path | None,
    folders: Sequence[Path],
    mitmproxy_arguments: Sequence[str],
) -> None:
    """Learn where the banner of a site keeps the answer: answer it once each way, and say which.

    For banners that no catalogue describes. What follows your answers is shown as an entry, with what it rests on, before it is
    written. Nothing else of the site is kept.

    \b
    consentwire learn shop.example
    consentwire learn https://shop.example/welcome --browser none

    \b
    0  the entry was written
    1  you did not approve it
    2  the lesson could not be held
    3  nothing was learned; the reasons are said
    """
    from addon.launcher.browser import find, require_display
    from addon.launcher.lesson import LessonFailed, LessonSetup, lesson

    with said_plainly():
        known = knowledge_of(policy_path, folders)
        if browser != "none":
            find(browser)
            require_display()
        host, address = _site(site)
        over = [*folders, folder] if folder.is_dir() else folders
        setup = LessonSetup(host, address, port, browser, known.path, folders, mitmproxy_arguments)
        try:
            with lesson(setup) as given:
                draft = _taught(given, setup, known.catalogue)
            code = ExitCode.UNPROVEN if draft is None else _approved(draft, host, folder, over, known.path)
        except LessonFailed as error:
            raise BadInput(str(error)) from error
    sys.exit(code)


def _site(text: str) -> tuple[str, str]:
    """A site's registrable domain, and the address at which its banner is shown."""
    from addon.addresses import site_of

    address = text if "://" in text else f"https://{text}/"
    try:
        host = urlsplit(address).hostname
    except ValueError:
        host = None
    if not host or " " in text:
        raise BadInput(f"{text}: expected a site such as shop.example, or an address on it")
    return site_of(host), address


def _taught(given: Lesson, setup: LessonSetup, catalogue: Catalogue) -> Draft | None:
    """What was learned; ``None`` if nothing was, which is said."""
    from addon.manager_draft import NoDraft, drafted

    answers: list[Answer] = []
    in_parts = True
    out.print(f"The banner of {setup.site} is answered in a fresh window each time.", markup=False)
    for kind in ("accepted", "rejected", "partly"):
        answer = _answered(given, setup, kind, catalogue)
        in_parts = answer is not None or kind != "partly"
        answers += [] if answer is None else [answer]
    while True:
        try:
            return drafted(setup.site, answers, catalogue, given.managers, in_parts=in_parts)
        except NoDraft as nothing:
            out.print("\nNothing was learned:", style="bold yellow")
            for reason in nothing.reasons:
                out.print(f"· {_plain(reason)}", markup=False, soft_wrap=True)
        again = _reply("Answer once more? a accept, r refuse, p in part, Enter to give up").lower()[:1]
        if again not in _KINDS:
            return None
        more = _answered(given, setup, _KINDS[again], catalogue)
        in_parts = in_parts or (more is not None and again == "p")
        answers += [] if more is None else [more]


def _answered(given: Lesson, setup: LessonSetup, kind: str, catalogue: Catalogue) -> Answer | None:
    """One answer; ``None`` if the banner offers no such."""
    from addon.manager_draft import AnswerKind

    allowed: frozenset[Category] = frozenset()
    refused: frozenset[Category] = frozenset()
    if kind == "partly":
        allowed = _categories("Which single category can be allowed: functional, analytics or marketing? Enter if none")
        if not allowed:
            return None
        refused = _categories("Which others does the banner offer, to be refused?") - allowed
    given.open_window()
    window = "in a fresh private window" if setup.browser == "none" else "in the window that opens"
    _reply(f"\n{setup.address} {window}: leave the banner unanswered, and press Enter when it stands there")
    before, since = given.snapshot(), time.time()
    _reply(f"Now {_DOES[kind]}, then open another page of the site or reload this one, and press Enter")
    return given.answer(AnswerKind(kind), before, since, allowed, refused)


def _categories(question: str) -> frozenset[Category]:
    from vendor_catalog import Category

    named = _reply(question).replace(",", " ").lower().split()
    known = {category.value: category for category in Category if category is not Category.NECESSARY}
    unknown = [name for name in named if name not in known]
    if unknown:
        out.print(f"{_plain(unknown[0])} is none of {', '.join(known)}; nothing is taken for it.", markup=False)
    return frozenset(known[name] for name in named if name in known)


def _approved(draft: Draft, site: str, folder: Path, over: Sequence[Path], policy: Path | None) -> ExitCode:
    """Shows a draft, and keeps it if the tester says so."""
    from addon.launcher.lesson import entry_text, keep

    adds = f" (adds to {draft.adds_to})" if draft.adds_to is not None else ""
    out.print(f"\nWhat was learned{adds}:\n", style="bold", markup=False)
    out.print(_plain_lines(entry_text(draft)), markup=False, soft_wrap=True)
    out.print("It rests on this:", style="bold")
    for line in draft.evidence:
        out.print(f"· {_plain(line)}", markup=False, soft_wrap=True)
    if _reply(f"\nWrite it into {folder}? y or n").lower()[:1] != "y":
        out.print("Nothing was written.")
        return ExitCode.FOUND
    file = keep(
        draft, folder, over, lambda there: _reply(f"{there} is there already. Replace it? y or n").lower() == "y"
    )
    if file is None:
        out.print("Nothing was written.")
        return ExitCode.FOUND
    out.print(Text.assemble("Written to ", (_plain(str(file)), "bold"), "; the file can be handed on as it is."))
    _put_to_use(draft, site, folder, policy)
    return ExitCode.CLEAN


def _put_to_use(draft: Draft, site: str, folder: Path, policy: Path | None) -> None:
    """Names the folder and the site's consent manager in a policy, if there is none yet; else says what to add to it."""
    import tomli_w

    named = folder if policy is None else folder.resolve()
    needed = {"catalogue": {"folders": [str(named)]}, "sites": {site: {"consent_manager": draft.manager.id}}}
    if policy is None and not Path(DEFAULT_NAME).exists():
        Path(DEFAULT_NAME).write_text(tomli_w.dumps(needed), encoding="utf-8")
        out.print(f"It is used from now on in this folder: {DEFAULT_NAME} names it.", markup=False)
        return
    out.print(f"To use it, add this to {policy or DEFAULT_NAME}:\n", markup=False)
    out.print(_plain_lines(tomli_w.dumps(needed)), markup=False, soft_wrap=True)


def _reply(question: str) -> str:
    """What the tester types; empty at the end of the input."""
    out.print(question, markup=False, soft_wrap=True)
    return sys.stdin.readline().strip()


def _plain(text: str) -> str:
    from addon.report.text import plain

    return plain(text)


def _plain_lines(text: str) -> str:
    return "\n".join(_plain(line) for line in text.splitlines()) + "\n"


COMMAND, PLACE = learn, 65
