"""Real consent managers, each with a page that obeys them and pages that do not: no false accusation, and no miss."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from mitmproxy.io import FlowReader, FlowWriter
from playwright.sync_api import Browser, Error, Page

from addon.policy import Policy
from addon.readers.flow_exchange import OWN
from addon.runner import Analysis, analyse_files, open_captures, opened

from .libraries import LIBRARIES, Library
from .origin import Origin
from .proxy import Run
from .scenarios import close

GATES, EAGER, DEAF = "gates", "sends-at-once", "ignores-the-answer"
"""Scripts below ``web/src/sites``: one obeys, one asks nobody, one waits for an answer and does not listen to it."""


@dataclass(frozen=True)
class Case:
    """What a person does on one page. Each has a site of its own, so that all can share a capture."""

    library: Library
    choice: str
    behaviour: str

    def __str__(self) -> str:
        return f"{self.library.name}-{self.choice}-{self.behaviour}"

    @property
    def site(self) -> str:
        return f"{self}.example"

    @property
    def address(self) -> str:
        return f"https://www.{self.site}/"


CHOICES = (
    ("ignore", EAGER),
    ("accept", EAGER),
    ("reject", DEAF),
    ("partial", DEAF),
    ("withdraw", DEAF),
)
"""What a person chooses, and the page on which that is not respected."""

CASES = [
    Case(library, choice, behaviour)
    for library in LIBRARIES
    for choice, leaking in CHOICES
    if choice != "partial" or library.partial is not None
    for behaviour in (GATES, leaking)
]
STAYS = [Case(library, "stay", GATES) for library in LIBRARIES]

type Kind = tuple[str, str, str | None, str | None, str | None]
"""Rule, phase, vendor, category and name of what was found."""


SDK, COOKIE = "sdk-load-without-consent", "cookie-without-consent"
PAGE, ORDER = "page", "Order Completed"
NAMES = (PAGE, f"track {ORDER!r}")
DESTINATIONS = {"amplitude": "analytics", "braze": "marketing", "meta-pixel": "marketing"}
UNANSWERED, DENIED, WITHDRAWN = "unanswered", "after-denial", "after-withdrawal"


def lacking(phase: str, names: Iterable[str], categories: Iterable[str] = ("analytics", "marketing")) -> set[Kind]:
    """What a page does wrong that loads Segment and a pixel, and sends messages, while categories are not granted."""
    kinds: set[Kind] = set()
    if "analytics" in categories:
        kinds.add((SDK, phase, "segment", "analytics", None))
        kinds.add((COOKIE, phase, "segment", "analytics", "ajs_anonymous_id"))
        kinds |= {("event-without-consent", phase, "segment", "analytics", name) for name in names}
    if "marketing" in categories:
        kinds.add(("destination-without-consent", phase, "meta-pixel", "marketing", "PageView"))
    for vendor, category in DESTINATIONS.items():
        if category in categories:
            kinds |= {("fanout-without-consent", phase, vendor, category, name) for name in names}
    return kinds


def unstamped(names: Iterable[str]) -> set[Kind]:
    return {("consent-not-stamped", UNANSWERED, "segment", None, name) for name in names}


def expected(case: Case) -> tuple[set[Kind], set[Kind]]:
    """What must be found in a case, and what else may be."""
    segments_own = case.library.name == "segment-consent-manager"
    may = _of_segments_own(case.choice) if segments_own else set()
    if case.choice == "withdraw":
        # a library that asks for each service reports each answer, the last ones without a change
        may |= {
            ("preference-event-repeated", UNANSWERED, "segment", None, "track 'Segment Consent Preference Updated'")
        }
    if case.behaviour == GATES:
        return set(), may if case.choice == "withdraw" else set()
    match case.choice:
        case "ignore":
            return lacking(UNANSWERED, NAMES) | unstamped(NAMES), set()
        case "accept":
            # what comes after the choice is granted; Segment's own consent manager stamps it
            return lacking(UNANSWERED, [PAGE]) | unstamped([PAGE] if segments_own else NAMES), may
        case "reject":
            return lacking(DENIED, NAMES) | unstamped(NAMES), may
        case "partial":
            if segments_own:  # it loads Segment itself, stamped, and only the pixel is out of its hands
                return lacking(DENIED, [], ["marketing"]), set()
            return lacking(DENIED, NAMES, ["marketing"]) | unstamped(NAMES), set()
        case _:
            # a library that removes cookies finds Segment's set again by the page that does not care
            may |= {("identifier-respawned", WITHDRAWN, "segment", "analytics", "ajs_anonymous_id")}
            return lacking(WITHDRAWN, NAMES) | unstamped(NAMES), may


def _of_segments_own(choice: str) -> set[Kind]:
    """Segment's own consent manager tells Segment of each choice with an ``identify`` of its own, which carries what was
    chosen before. After a withdrawal it reloads the page, so that the message may leave or not."""
    phase = {"reject": DENIED, "withdraw": WITHDRAWN}.get(choice, UNANSWERED)
    kinds = lacking(phase, ["identify"]) - lacking(phase, [], ["marketing"]) | unstamped(["identify"])
    kinds |= {
        ("integrations-override", phase, vendor, category, "identify") for vendor, category in DESTINATIONS.items()
    }
    kinds.add(("stamp-contradicts-choice", phase, "segment", "analytics", "identify"))
    kinds.discard((SDK, phase, "segment", "analytics", None))
    return kinds


def play(case: Case, page: Page, origin: Origin) -> None:
    """Makes the choice of a case, and goes on to further pages, unless it is to stay."""
    library, leaks = case.library, case.behaviour != GATES
    page.goto(case.address, wait_until="load")
    page.locator(library.banner).first.wait_for(state="visible", timeout=10_000)
    page.wait_for_timeout(library.settles)
    if case.behaviour == EAGER:
        await_another(case, origin, PAGE, 0)
    match case.choice:
        case "accept" | "withdraw" | "stay":
            press(page, library.accept, library.banner)
        case "reject":
            press(page, library.reject, library.banner)
        case "partial":
            assert library.partial is not None
            library.partial(page)
        case _:
            page.wait_for_timeout(300)
    sends = leaks or case.choice not in ("reject", "ignore")
    if sends:
        reloaded = case.behaviour == EAGER and case.choice == "accept" and library.reloads
        await_another(case, origin, PAGE, 1 if reloaded else 0)
        act(case, page, origin)
    else:
        page.wait_for_timeout(300)
    if case.choice == "stay":
        page.wait_for_timeout(600)
        return
    session(case, page, "basket", origin, sends=sends)
    if case.choice == "withdraw":
        library.withdraw(page)
        page.wait_for_timeout(700)
        sends = leaks
    session(case, page, "account", origin, sends=sends)
    if sends:
        act(case, page, origin)


def press(page: Page, button: str, banner: str) -> None:
    """Presses a button that takes the banner away; again if it does not, as a person would whose click came too early."""
    for _ in range(3):
        page.locator(button).click()
        try:
            page.locator(banner).first.wait_for(state="hidden", timeout=3000)
        except Error:
            continue
        return
    raise AssertionError(f"{button} does not take the banner away")


def session(case: Case, page: Page, path: str, origin: Origin, *, sends: bool) -> None:
    before = sent(case, origin, PAGE)
    page.goto(case.address + path, wait_until="load")
    if sends:
        await_another(case, origin, PAGE, before)
    else:
        page.wait_for_timeout(200)


def act(case: Case, page: Page, origin: Origin) -> None:
    before = sent(case, origin, ORDER)
    page.locator("#buy").click()
    await_another(case, origin, ORDER, before)


def sent(case: Case, origin: Origin, name: str) -> int:
    """How many messages of a name have arrived from the site of a case."""
    arrived = [message for message in origin.messages() if case.address in json.dumps(message["context"])]
    return sum(name == (message.get("event") or message["type"]) for message in arrived)


def await_another(case: Case, origin: Origin, name: str, before: int) -> None:
    origin.wait_until(lambda: sent(case, origin, name) > before, f"{name} of {case}")


@dataclass
class Played:
    """A capture of cases: what was found on each site, and what the wire alone would have shown."""

    probed: dict[str, list[Found]]
    wire: dict[str, list[Found]]
    failures: dict[Case, str]


@dataclass(frozen=True)
class Found:
    kind: Kind
    decided: bool


def findings(database: Path) -> dict[str, list[Found]]:
    """What was found, by site."""
    found: dict[str, list[Found]] = {}
    with closing(sqlite3.connect(database)) as connection:
        for site, verdict, rule, phase, vendor, category, name in connection.execute(
            "SELECT site, verdict, rule, phase, vendor, category, event_name FROM violations WHERE verdict <> 'cleared'"
        ):
            # whether an answer was seen later makes no difference to what was lacking
            stage = UNANSWERED if phase in ("before-choice", "no-signal") else phase
            found.setdefault(site, []).append(Found((rule, stage, vendor, category, name), verdict != "unproven"))
    return found


def analysed(capture: Path, database: Path) -> dict[str, list[Found]]:
    with opened(database) as store:
        (result,) = analyse_files(open_captures([capture]), store, Policy())
    assert isinstance(result, Analysis), result
    return findings(database)


def without_the_probe(capture: Path, target: Path) -> Path:
    """The capture as it would be without what the probe told: the probe changes nothing else."""
    with capture.open("rb") as source, target.open("wb") as sink:
        writer = FlowWriter(sink)
        for flow in FlowReader(source).stream():
            if not flow.metadata.get(OWN):
                writer.add(flow)
    return target


@pytest.fixture(scope="module")
def plays() -> dict[str, Played]:
    """What was played so far, by library."""
    return {}


@pytest.fixture
def played(
    case: Case,
    plays: dict[str, Played],
    web: Path,
    browser: Browser,
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> Played:
    """A capture of all selected cases of one library, which are played when the first of them is tested."""
    if case.library.name not in plays:
        parameters = [getattr(item, "callspec", None) for item in request.session.items if item.path == request.path]
        selected = dict.fromkeys(call.params["case"] for call in parameters if call is not None)
        cases = [each for each in selected if each.library == case.library]
        plays[case.library.name] = play_all(cases, web, browser, tmp_path_factory.mktemp(case.library.name))
    return plays[case.library.name]


def play_all(cases: list[Case], web: Path, browser: Browser, folder: Path) -> Played:
    """Plays cases one after another through one capture."""
    failures: dict[Case, str] = {}
    with Origin(web, "", "") as origin, Run(folder, origin.port, "--no-datasette", "--probe") as run:
        for case in cases:
            page = (web / "page" / f"{case.library.name}.html").read_text(encoding="utf-8")
            origin.pages[f"www.{case.site}"] = page.replace("BEHAVIOUR", case.behaviour)
        for case in cases:
            origin.requests.clear()
            context = browser.new_context(proxy={"server": run.url}, ignore_https_errors=True, locale="en-GB")
            context.set_default_timeout(10_000)
            try:
                play(case, context.new_page(), origin)
            except (AssertionError, Error) as error:
                failures[case] = str(error)
            close(context)
        assert run.stop() == 0, run.output
    probed = findings(run.database)
    assert count(analysed(run.flows, folder / "again.db")) == count(probed)
    alone = without_the_probe(run.flows, folder / "alone.mitm")
    return Played(probed, analysed(alone, folder / "alone.db"), failures)


def count(found: dict[str, list[Found]]) -> dict[str, Counter[Found]]:
    return {site: Counter(rows) for site, rows in found.items()}


def by_library(cases: Iterable[Case]) -> list[object]:
    """Cases as parameters; those of one library are tested by one process, since they share a capture."""
    return [pytest.param(case, id=str(case), marks=pytest.mark.xdist_group(case.library.name)) for case in cases]


def beside_cookies(found: Iterable[Found], lacking_consent: set[Kind]) -> set[Kind]:
    """What Segment keeps in the page's storage, where its cookie needs the same consent: which entries it has there is its own
    affair."""
    stored = {each.kind for each in found if each.kind[0] == COOKIE and str(each.kind[4]).endswith(" (storage)")}
    return {kind for kind in stored if (*kind[:4], "ajs_anonymous_id") in lacking_consent}


@pytest.mark.parametrize("case", by_library(CASES))
def test_what_a_consent_manager_was_told_is_what_is_found(case: Case, played: Played) -> None:
    assert case not in played.failures, played.failures[case]
    must, may = expected(case)

    found = played.probed.get(case.site, [])
    kinds = {each.kind for each in found} - beside_cookies(found, must | may)
    assert kinds - must - may == set(), "nobody is accused falsely"
    assert must - kinds == set(), "nothing is missed"
    assert [each.kind for each in found if not each.decided] == []

    # the wire shows a choice late, so less is decided there, and when a cookie was written it does not show
    alone = played.wire.get(case.site, [])
    assert {unphased(each.kind) for each in alone if each.decided} <= {unphased(kind) for kind in must | may}
    owed = {unphased(kind) for kind in must if kind[0] != COOKIE}
    assert owed <= {unphased(each.kind) for each in alone}


@pytest.mark.parametrize("case", by_library(STAYS))
def test_a_page_that_is_never_left_is_decided_by_the_probe_alone(case: Case, played: Played) -> None:
    assert case not in played.failures, played.failures[case]
    assert played.probed.get(case.site, []) == []
    alone = played.wire.get(case.site, [])
    assert alone, "on the wire the choice cannot be told from none"
    assert not any(each.decided for each in alone)


def unphased(kind: Kind) -> tuple[str | None, ...]:
    return (kind[0], *kind[2:])
