"""A CDP is three files, and nothing else that ships knows of it: its decoder, its router, and its entry in the catalogue."""

from __future__ import annotations

import ast
import importlib.util
import pkgutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from addon import decode, routing
from addon.decode import decoders
from addon.exchange import Exchange
from addon.pipeline import CaptureTraits, Pipeline
from addon.policy import Policy
from addon.policy.catalogue import catalogue_with
from addon.routing import Router, routers
from addon.routing.segment import ROUTER
from tests.addon.building import Browser, Run, dated_choice

_ROOT = Path(routing.__file__).parents[2]
_ROUTER = """
from addon.decode.facts import DestinationSetting, Mode
from addon.routing.delivery import Outcome
from addon.routing.router import Router


class AcmeRouter(Router):
    cdp = "acme-cdp"
    has_settings = False

    def named(self, message):
        return [DestinationSetting("Braze", (), Mode.CLOUD, (), mapping_shown=False)]

    def deliveries(self, message, plan):
        return [plan.delivery(each, (Outcome.FLOWS, "Acme sends everything on")) for each in plan.destinations]


ROUTER = AcmeRouter()
"""
_DECODER = """
from addon.decode import collection
from addon.decode.message import Dialect, category_preferences, sent_before


class AcmeDecoder:
    cdp = "acme-cdp"
    name = "Acme"
    stamping = None
    decodes = ("messages at `in.acme.example/v1/track`",)
    sources = ("Acme's documentation",)

    def decode(self, exchange, match, learned):
        return collection.collect(exchange, DIALECT) if collection.takes(exchange, match, self.cdp) else None


DECODER = AcmeDecoder()
DIALECT = Dialect(
    cdp="acme-cdp",
    surfaces={},
    consent_events=(),
    stamp_key="consent",
    stamp=category_preferences,
    sent_before=sent_before,
)
"""
_VENDOR = """
id = "acme-cdp"
name = "Acme"
category = "analytics"
category_reason = "It routes what it collects."
website = "https://acme.example"
sources = ["Acme's documentation"]

[[endpoints]]
host = "in.acme.example"
path = "^/v1/track$"
kind = "collect"
matches = ["https://in.acme.example/v1/track"]
rejects = ["https://www.acme.example/"]
sources = ["Acme's documentation"]
"""

_KNOWN_BY_OTHERS = {
    ("addon/decode/hightouch.py", "segment"): "a fork of analytics.js, with its settings",
    ("addon/routing/hightouch.py", "segment"): "likewise",
    (
        "addon/decoding.py",
        "segment",
    ): "a body without marks is read as of the CDP whose protocol the others took over",
}
"""Who imports a CDP's own modules outside its own place, and why."""

type Drop = Callable[[ModuleType, str, str], None]


@pytest.fixture
def drop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Drop]:
    """Puts a module into a room, as one that is added to its folder would stand there."""
    dropped: list[str] = []

    def forget() -> None:
        for known in (decode.decoders, decode.decoders_by_cdp, routers):
            known.cache_clear()

    def put(room: ModuleType, name: str, text: str) -> None:
        folder = tmp_path / room.__name__
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.py").write_text(text)
        monkeypatch.setattr(room, "__path__", [*room.__path__, str(folder)])
        dropped.append(f"{room.__name__}.{name}")
        forget()

    yield put
    for name in dropped:
        sys.modules.pop(name, None)
    forget()


def test_every_router_of_the_folder_is_picked_up() -> None:
    shared = {"delivery", "destinations", "message", "plan", "router", "source"}
    folder = {module.name for module in pkgutil.iter_modules(routing.__path__)}
    assert folder - shared == {cdp.replace("-", "_") for cdp in routers()}
    assert routers()["segment"] is ROUTER
    assert all(isinstance(router, Router) and router.cdp == cdp for cdp, router in routers().items())
    assert routers().keys() <= {decoder.cdp for decoder in decoders()}


def imported(file: Path) -> Iterator[str]:
    """The modules that a file imports, in full."""
    package = ".".join(file.relative_to(_ROOT).parent.parts)
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            name = "." * node.level + (node.module or "")
            base = importlib.util.resolve_name(name, package) if node.level else name
            yield from (f"{base}.{each.name}" for each in node.names)


def test_a_cdps_own_modules_are_known_in_its_own_place_alone() -> None:
    cdps = {decoder.cdp.replace("-", "_") for decoder in decoders()}
    found: set[tuple[str, str]] = set()
    for file in [*(_ROOT / "addon").rglob("*.py"), *(_ROOT / "datasette_plugins").rglob("*.py")]:
        path = file.relative_to(_ROOT)
        for name in imported(file):
            room, _, rest = name.removeprefix("addon.").partition(".")
            cdp = rest.partition(".")[0]
            own = path.parts[1] in ("decode", "routing") and path.with_suffix("").parts[2] == cdp
            if name.startswith("addon.") and room in ("decode", "routing") and cdp in cdps and not own:
                found.add((path.as_posix(), cdp))
    assert found == _KNOWN_BY_OTHERS.keys()


def test_two_routers_of_one_cdp_are_refused(drop: Drop) -> None:
    drop(routing, "acme", _ROUTER)
    drop(routing, "acme_again", _ROUTER)
    with pytest.raises(ValueError, match="two modules route the messages of acme-cdp; the second is acme_again"):
        routers()


def acme(catalogue: Path, *, accepted: str) -> Run:
    """A page that sends Acme one message after a choice."""
    browser = Browser(cookies=dated_choice(accepted, at=-10))
    sent = browser.send(1, {"type": "track", "event": "Viewed", "userId": "7"}, url="https://in.acme.example/v1/track")
    known = catalogue_with([catalogue])
    assert known.unread == ()
    pipeline = Pipeline(1, known, Policy(), CaptureTraits())
    story: list[Exchange] = [browser.open(0), sent, browser.open(20, "/next")]
    records = [record for exchange in story for record in pipeline.process(exchange)]
    return Run([*records, *pipeline.close()])


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    folder = tmp_path / "catalogue"
    (folder / "vendors").mkdir(parents=True)
    (folder / "vendors" / "acme-cdp.toml").write_text(_VENDOR)
    return folder


def test_a_cdp_is_a_decoder_a_router_and_an_entry_in_the_catalogue(drop: Drop, catalogue: Path) -> None:
    drop(decode, "acme", _DECODER)
    drop(routing, "acme", _ROUTER)
    found = acme(catalogue, accepted="analytics")
    assert [(event.cdp, event.name) for event in found.events] == [("acme-cdp", "Viewed")]
    assert found.outcomes == {"Braze": ("flows", "predicted")}
    assert [(one.destination, str(one.verdict)) for one in found.found("fanout-without-consent")] == [
        ("Braze", "confirmed")
    ]
    assert not acme(catalogue, accepted="marketing").found("fanout-without-consent")


def test_of_a_cdp_without_a_router_nothing_is_predicted(drop: Drop, catalogue: Path) -> None:
    drop(decode, "acme", _DECODER)
    found = acme(catalogue, accepted="analytics")
    assert [event.name for event in found.events] == ["Viewed"]
    assert found.deliveries == {}
